// The proof sheet: one card a row, its scenes drawn from layouts that were drawn once for all rows.

import { byId, clock, copy, counted, make } from "./elements.js";
import { RowList } from "./frame.js";
import { board, data, drawingOf, noteOf, offerPictures, showLarge } from "./pages.js";
import { Stage, STAGE_TEXTS, stopPlaying } from "./play.js";
import { languageOf, pieces } from "./storyboard.js";

/** @typedef {import("./storyboard.js").Scene} Scene */
/** @typedef {import("./storyboard.js").Said} Said */
/**
 * A row of a proof.
 * @typedef {{
 *   number: number, title: string, seconds: number, stopped: boolean, remark: string, notes: import("./pages.js").Note[],
 *   cells: [header: string, address: string, text: string, remark: string][], scenes: Scene[],
 * }} Row
 */

const LONG = 1500;
/** @type {Record<string, string>} */
const NAMES = { text: "", picture: "Picture: ", video: "Video: " };

/** Cells with unusual values, except for those that a note is about already. @param {Row} row */
function oddCells(row) {
  const noted = new Set(row.notes.map((note) => note[0]));
  return row.cells.filter((cell) => cell[3] && !noted.has(cell[1]));
}

/** @param {Said} script @param {boolean} several */
function saidIn(script, several) {
  const [avatar, language, seconds, texts] = script;
  const words = make("p", { class: "said", dir: "auto" }, ...pieces(texts));
  const who = [avatar && `Avatar ${avatar}`, languageOf(language), `about ${clock(seconds)}`].filter(Boolean).join(", ");
  /** @type {(HTMLElement | null)[]} */
  const parts = [several ? make("p", { class: "who" }, who) : null, words];
  if (texts.join("").length > LONG) {
    words.classList.add("folded");
    const button = make("button", { type: "button", class: "unfold" }, "Show the whole script");
    button.addEventListener("click", () => { words.classList.remove("folded"); button.remove(); });
    parts.push(button);
  }
  return parts.filter((part) => part !== null);
}

/** @param {Row} row @param {Scene} scene @param {number} number */
function sceneOf(row, scene, number) {
  const several = scene.scripts.length > 1 || row.scenes.length > 1;
  const words = make("div", { class: "words" });
  if (row.scenes.length > 1) words.append(make("h3", {}, `Scene ${number + 1}`));
  words.append(...scene.scripts.flatMap((script) => saidIn(script, several)));
  if (!scene.scripts.length) words.append(make("p", { class: "silent" }, "Nobody speaks in this scene."));
  if (scene.shown?.length) {
    const texts = scene.shown.map(([kind, texts]) => make("li", { class: kind, dir: kind === "text" ? "auto" : null }, NAMES[kind], ...pieces(texts)));
    words.append(make("div", { class: "shown" }, make("h3", {}, "On screen"), make("ul", {}, ...texts)));
  }
  const upright = board.isUpright(scene);
  return make("div", { class: upright ? "scene upright" : "scene" }, drawingOf(row, scene, number), words);
}

/** @param {Row} row */
function cellsOf(row) {
  const cells = row.cells.map(([header, address, text, remark]) =>
    make("div", {}, make("dt", {}, header, " ", make("span", { class: "where" }, address)), make("dd", { class: remark ? "odd" : null }, text || "(blank)")));
  return make("details", { class: "cells" }, make("summary", {}, `${counted(cells.length, "cell")} used`), make("dl", {}, ...cells));
}

/** @param {Row} row */
function oddValues(row) {
  const odd = oddCells(row);
  if (!odd.length) return null;
  return make("p", { class: "odd-values" }, ...odd.map(([header, address, text, remark]) => make("span", { class: "tag", title: address }, `${header}: ${text ? `${text.slice(0, 60)}, ` : ""}${remark}`)));
}

/** @param {Row} row */
function metaOf(row) {
  const languages = new Set(row.scenes.flatMap((scene) => scene.scripts.map((script) => languageOf(script[1]))));
  const [language] = languages;
  return `about ${clock(row.seconds)} of speech${languages.size === 1 && language ? ` in ${language}` : ""}`;
}

/** The row's scenes and scripts, one after the other, in the large dialog. @param {Row} row */
function playButton(row) {
  const button = make("button", { type: "button", class: "play", "aria-label": `Play row ${row.number}: ${row.title}` }, "Play");
  button.addEventListener("click", () => {
    const stage = new Stage(board, row.scenes, STAGE_TEXTS, row.title);
    const dialog = showLarge(stage.element, `Row ${row.number}: ${row.title}`);
    stage.redraw();
    stage.button.focus();
    stage.toggle();
    dialog.addEventListener("close", stopPlaying, { once: true });
  });
  return button;
}

/** @param {Row} row */
function card(row) {
  const id = `row-${row.number}`;
  return make("article", { class: "card", id, tabindex: 0, "aria-labelledby": `${id}-title` },
    make("header", {},
      make("h2", { id: `${id}-title` }, row.title),
      make("span", { class: "number" }, `Row ${row.number}`),
      row.stopped ? make("span", { class: "tag attention" }, "Has a problem") : make("span", { class: "meta" }, metaOf(row)),
      row.remark ? make("span", { class: "tag" }, row.remark) : null,
      row.stopped ? null : playButton(row)),
    ...row.notes.map(noteOf),
    oddValues(row),
    ...row.scenes.map((scene, number) => sceneOf(row, scene, number)),
    row.cells.length ? cellsOf(row) : null);
}

/** @param {Row} row */
function wordsOf(row) {
  /** @param {string[][]} lists */
  const texts = (lists) => lists.map((list) => list.join("")).join(" ");
  const scenes = row.scenes.map((scene) => `${texts(scene.scripts.map((script) => script[3]))} ${texts((scene.shown ?? []).map((shown) => shown[1]))}`);
  const cells = row.cells.map((cell) => cell.slice(0, 3).join(" "));
  return [`row ${row.number}`, row.title, row.remark, ...scenes, ...cells, ...row.notes.map((note) => note.slice(0, 2).join(" "))].join(" ");
}

const list = new RowList({
  rows: /** @type {Row[]} */ (data.rows),
  words: wordsOf,
  card,
  noun: "row",
  none: "There’s nothing to approve. All selected rows already have videos, or are skipped.",
  filters: [
    ["all", "All", () => true],
    ["warnings", "With warnings", (row) => row.notes.length > 0 && !row.stopped],
    ["stopped", "With problems", (row) => row.stopped],
    ["odd", "Unusual values", (row) => Boolean(row.remark) || oddCells(row).length > 0],
  ],
  orders: { longest: (one, other) => other.seconds - one.seconds, shortest: (one, other) => one.seconds - other.seconds },
});
for (const term of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("[data-language]"))) term.textContent = languageOf(term.dataset.language ?? "");
offerPictures(() => list.draw());
const copyButton = byId("copy");
copyButton?.addEventListener("click", () => copy(copyButton, byId("code")));
