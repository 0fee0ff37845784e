// The report: one card a row, failures first, times in the reader's own zone.

import { make } from "./elements.js";
import { RowList } from "./frame.js";
import { board, data, drawingOf, noteOf, offerPictures } from "./pages.js";
import { inSvg } from "./storyboard.js";

/**
 * A row of a report; times are in UTC, ISO 8601, or "".
 * @typedef {{
 *   number: number, anchor: string, title: string, kind: string, rank: number, status: string, link: string, written: string,
 *   id: string, submitted: string, completed: string, took: number | null, credits: string, remark: string,
 *   notes: import("./pages.js").Note[], scenes: import("./storyboard.js").Scene[],
 * }} Row
 */

const moment = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });
const zone = new Intl.DateTimeFormat("en", { timeZoneName: "short" });
const zoneName = () => zone.formatToParts(new Date()).find((part) => part.type === "timeZoneName")?.value ?? "";

/** A time as the reader's clocks show it, and in UTC for paper, which may travel. @param {string} stamp */
function timeOf(stamp) {
  return make("time", { datetime: stamp },
    make("span", { class: "local-time" }, moment.format(new Date(stamp))),
    make("span", { class: "utc-time" }, `${stamp.slice(0, 10)} ${stamp.slice(11, 16)} UTC`));
}

/** @param {number} seconds */
function spoken(seconds) {
  const whole = Math.round(seconds);
  const [minutes, rest] = [Math.floor(whole / 60), whole % 60];
  if (whole < 60) return `${whole} s`;
  if (minutes < 60) return rest ? `${minutes} min ${rest} s` : `${minutes} min`;
  return minutes % 60 ? `${Math.floor(minutes / 60)} h ${minutes % 60} min` : `${minutes / 60} h`;
}

/** @param {string} name @param {string | HTMLElement} value */
const fact = (name, value) => (value ? make("div", {}, make("dt", {}, name), make("dd", {}, value)) : null);

/** @param {Row} row */
function factsOf(row) {
  const facts = [
    fact("Submitted", row.submitted && timeOf(row.submitted)),
    fact(["made", "changed", "left"].includes(row.kind) ? "Complete" : "Ended", row.completed && timeOf(row.completed)),
    fact("Took", row.took === null ? "" : spoken(row.took)),
    fact("Credits", row.credits),
    fact("Video ID", row.id),
  ].filter((each) => each !== null);
  return facts.length ? make("dl", { class: "took" }, ...facts) : null;
}

/** @param {Row} row */
function linkOf(row) {
  if (row.link) return make("a", { class: "open-video", href: row.link, target: "_blank", rel: "noopener noreferrer", "aria-label": `Open the video of ${row.title}` }, "Open the video");
  return row.written ? make("p", { class: "written" }, `Not a web address: ${row.written}`) : null;
}

/** @param {Row} row */
function scenesOf(row) {
  if (!row.scenes.length) return null;
  const upright = board.isUpright(row.scenes[0]);
  const scenes = row.scenes.map((scene, number) => drawingOf(row, scene, number));
  return make("div", { class: `scenes${scenes.length === 1 ? " one" : ""}${upright ? " upright" : ""}` }, ...scenes);
}

/** @param {Row} row */
function card(row) {
  const id = row.anchor;
  const scenes = scenesOf(row);
  const words = make("div", {},
    make("header", { class: "standing" },
      make("h2", { id: `${id}-title` }, row.title),
      row.kind === "left" ? null : make("span", { class: "number" }, `Row ${row.number}`),
      make("span", { class: `tag ${row.kind}` }, row.status)),
    ...row.notes.map(noteOf),
    linkOf(row),
    factsOf(row),
    row.remark ? make("p", { class: "remark" }, row.remark) : null);
  return make("article", { class: "card", id, tabindex: 0, "aria-labelledby": `${id}-title` },
    make("div", { class: scenes ? "made-of" : "made-of plain" }, scenes, words));
}

/** @param {Row} row */
const wordsOf = (row) => [`row ${row.number}`, row.title, row.status, row.id, row.link, row.written, ...row.notes.map((note) => note.slice(0, 2).join(" ")), ...row.scenes.map((scene) => scene.alt)].join(" ");

/** The time axes of plots once more, in the reader's zone. */
function localAxes() {
  const steps = [...[1, 2, 5, 10, 15, 30, 60, 120, 180, 360, 720].map((minutes) => minutes * 60), ...[1, 2, 7, 14, 30, 91, 183, 365].map((days) => days * 86400)];
  for (const plot of /** @type {NodeListOf<SVGElement>} */ (document.querySelectorAll(".plot[data-from]"))) {
    const [from, to] = [Number(plot.dataset.from), Number(plot.dataset.to)];
    const axis = plot.querySelector(".level")?.getAttribute("d") ?? "";
    const [, left, across] = (/^M([\d.]+) [\d.]+h([\d.]+)$/.exec(axis) ?? []).map(Number);
    const title = /** @type {SVGElement} */ (plot.querySelector(".utc .name"));
    const y = Number(title.getAttribute("y")) - 22;
    const step = steps.find((each) => (to - from) / each <= 4) ?? steps[steps.length - 1];
    const byDay = step >= 86400;
    const format = new Intl.DateTimeFormat(undefined, byDay ? { day: "numeric", month: "short" } : { hour: "2-digit", minute: "2-digit" });
    const shift = new Date(from * 1000).getTimezoneOffset() * 60;
    const group = inSvg("g", { class: "local" });
    for (let at = Math.ceil((from - shift) / step) * step + shift; at <= to; at += step) {
      const text = inSvg("text", { x: left + (across * (at - from)) / (to - from), y, "text-anchor": "middle" });
      text.textContent = format.format(new Date(at * 1000));
      group.append(text);
    }
    const name = title.cloneNode();
    name.textContent = `Time (${zoneName()})`;
    group.append(name);
    plot.querySelector(".utc")?.before(group);
  }
}

for (const time of document.querySelectorAll("time")) {
  const stamp = `${new Date(time.dateTime).toISOString().slice(0, 19)}Z`;
  time.replaceWith(timeOf(stamp));
}
for (const place of document.querySelectorAll(".zone")) place.textContent = `Times are in your zone, ${zoneName()}.`;
localAxes();

/** @param {Row} row */
const when = (row) => row.completed || row.submitted;
const list = new RowList({
  rows: /** @type {Row[]} */ (data.rows),
  words: wordsOf,
  card,
  noun: "row",
  none: "The sheet has no rows below its headers.",
  filters: [
    ["all", "All", () => true],
    ["attention", "Needs attention", (row) => row.kind === "attention"],
    ["changed", "Edited since", (row) => row.kind === "changed"],
    ["open", "In progress", (row) => row.kind === "open"],
    ["made", "Made", (row) => row.kind === "made"],
    ["left", "No longer in the workbook", (row) => row.kind === "left"],
  ],
  orders: {
    rank: (one, other) => one.rank - other.rank || one.number - other.number,
    latest: (one, other) => when(other).localeCompare(when(one)),
    longest: (one, other) => (other.took ?? -1) - (one.took ?? -1),
  },
});
offerPictures(() => list.draw());
