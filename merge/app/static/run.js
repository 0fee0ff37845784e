// A run while it goes on: one bar for all of it, each row's progress, pause and stop, and how it ended.

import { announce, make } from "/shared/elements.js";
import { get, post } from "./api.js";
import { state, take } from "./store.js";
import { T } from "./texts.js";
import { button, chip, complain, confirmed, faultNotice, lockNotice, notice, redraw } from "./ui.js";

/** @typedef {import("./contract").Run} Run */
/** @typedef {import("./contract").RowChange} RowChange */

const MOST_ROWS = 200;
/** Milliseconds between two things that a screen reader says about progress. */
const QUIET = 15_000;

/** Whether a run has made its one sample. @param {Run} run */
export const isSample = (run) => run.what === "sample" && run.outcome === "complete";

/** @param {number} id @param {() => void} toPlan */
export function runPanel(id, toPlan) {
  const bar = make("progress", { max: 100, value: 0, "aria-label": T.run.bar });
  const words = make("p", { class: "run-words" });
  const left = make("p", { class: "run-left" });
  const tiles = make("dl", { class: "tiles" });
  const said = make("div", { class: "run-notes" });
  const actions = make("p", { class: "actions" });
  const rows = make("ol", { class: "run-rows" });
  const byRow = make("details", { class: "by-row", open: true }, make("summary", {}, T.run.rows), rows);
  const element = make("section", { class: "run" }, make("div", { class: "card" }, make("div", { class: "run-head" }, words, left), bar, tiles, said, actions), byRow);
  /** @type {Map<number, RowChange & {title?: string}>} */
  const known = new Map();
  let announced = 0;
  let last = "";

  /** @param {string} what */
  const control = async (what) => {
    const run = /** @type {Run} */ (await post(`/api/run/${what}`));
    take({ ...state, run });
  };
  const stop = async () => { if (await confirmed(T.run.stopTitle, [make("p", {}, T.run.stopWords)], T.run.stopYes)) await control("stop"); };

  /** @param {Run} run */
  const show = (run) => {
    bar.value = run.percent;
    element.classList.toggle("paused", run.state === "paused");
    element.dataset.state = run.state;
    words.textContent = T.run.states[run.state] || run.message || T.run.said(run.done, run.total);
    left.textContent = run.state === "running" && run.left_text ? T.run.left(run.left_text) : "";
    const counts = [["done", run.done], ["working", run.working], ["waiting", run.waiting], ["failed", run.failed]];
    tiles.replaceChildren(...counts.filter(([name, count]) => count || name === "done").map(([name, count]) => make("div", { class: String(name) },
      make("dt", {}, T.run[/** @type {"done"} */ (name)]), make("dd", {}, T.number(Number(count))))));
    const fresh = JSON.stringify([run.network, run.lock, run.error, run.notes, run.state]);
    if (fresh !== last) {
      last = fresh;
      redraw(said, run.network ? notice("warning", make("p", {}, run.network.message), run.network.hint ? make("p", {}, run.network.hint) : null) : null, run.lock ? lockNotice(run.lock) : null,
        run.error ? faultNotice(run.error) : null, ...run.notes.map((line) => notice("info", make("p", {}, line))),
        run.state === "finished" ? null : make("p", { class: "small" }, T.run.leave));
      redraw(actions, ...buttons(run));
      announce([words.textContent, run.network?.message].filter(Boolean).join(" "));
      announced = Date.now();
    } else if (Date.now() - announced > QUIET) {
      announced = Date.now();
      announce([words.textContent, left.textContent].filter(Boolean).join(" "));
    }
  };

  /** @param {Run} run */
  const buttons = (run) => {
    if (run.state === "finished") {
      const open = run.outcome === "open" || run.outcome === "interrupted";
      const sample = isSample(run);
      return [make("a", { class: sample ? "button" : "button primary", href: "#videos", "data-key": "see" }, sample ? T.run.seeSample : T.run.see),
        run.outcome === "not_written" ? button(T.videos.needWriteBack, async () => take(await post("/api/write-back")), { "data-key": "write" }) : null,
        open ? button(T.run.follow, async () => { const next = /** @type {Run} */ (await post("/api/follow")); take({ ...state, run: next }); }, { "data-key": "follow" }) : null,
        button(sample ? T.run.rest : T.run.again, toPlan, { class: sample ? "primary" : "quiet", "data-key": "again" })];
    }
    const paused = run.state === "paused" || run.state === "pausing";
    return [
      paused ? button(T.run.resume, () => control("resume"), { class: "primary", "data-key": "pause" }) : button(T.run.pause, () => control("pause"), { "data-key": "pause", disabled: run.state !== "running" }),
      button(T.run.stop, stop, { class: "quiet", "data-key": "stop", disabled: run.state === "stopping" }),
    ];
  };

  const drawRows = () => {
    const list = [...known.values()].sort((one, other) => one.number - other.number).slice(0, MOST_ROWS);
    byRow.hidden = !list.length;
    redraw(rows, ...list.map((row) => make("li", {},
      make("span", { class: "row-number" }, T.row(row.number)),
      make("progress", { max: 100, value: row.status.group === "done" ? 100 : (row.percent ?? 0), "aria-label": T.row(row.number) }),
      chip(row.status), row.note ? make("span", { class: "small" }, row.note) : null)));
  };
  const begin = async () => {
    const { rows: first } = /** @type {import("./contract").Rows} */ (await get("/api/rows", { filter: "working", limit: MOST_ROWS }));
    for (const row of first) if (!known.has(row.number)) known.set(row.number, row);
    drawRows();
  };
  byRow.hidden = true;
  begin().catch(complain);

  /** @param {RowChange[]} changes */
  const change = (changes) => {
    for (const each of changes) known.set(each.number, each);
    drawRows();
  };
  return { id, element, show, change };
}
