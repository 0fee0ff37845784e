// One row: its scenes with Play, the exact words, problems in plain words, and the cells it is made from.

import { make } from "/shared/elements.js";
import { Stage } from "/shared/play.js";
import { pieces } from "/shared/storyboard.js";
import { get, post } from "./api.js";
import { state, take } from "./store.js";
import { T } from "./texts.js";
import { button, notice, storyboardOf, toggle } from "./ui.js";

/** @typedef {import("./contract").Preview} Preview */

/** A row's preview as an element, with a key that changes with what it shows. @param {number} number */
export async function previewOf(number) {
  const preview = /** @type {Preview} */ (await get("/api/preview", { row: number }));
  const { row } = preview;
  const board = storyboardOf(preview.layouts);
  board.withPictures = state.preferences.pictures === true;
  const stage = row.scenes.length ? new Stage(board, row.scenes, T.stage, row.title) : null;
  const hosts = [...new Set(row.scenes.flatMap((scene) => board.hosts(scene)))];
  const pictures = make("div", { class: "pictures" });
  const drawPictures = () => pictures.replaceChildren(...(hosts.length && stage ? [picturesChoice(hosts, (on) => {
    board.withPictures = on;
    stage.redraw();
    drawPictures();
  })] : []));
  drawPictures();
  const shown = row.scenes.flatMap((scene) => scene.shown ?? []);
  const title = row.title || T.row(number);
  const element = make("article", { class: "preview", "aria-label": T.preview.title(number) },
    make("header", {}, make("h2", { dir: "auto" }, title),
      make("p", { class: "small" }, [title === T.row(number) ? "" : T.row(number), row.seconds ? T.preview.speaking(T.preview.seconds(row.seconds)) : "", row.remark].filter(Boolean).join(" · "))),
    row.stopped ? make("p", { class: "stopped" }, T.preview.stopped) : null,
    ...row.notes.map(([place, words, stops]) => notice(stops ? "problem" : "warning", make("p", {}, place ? make("b", {}, `${place}: `) : null, words))),
    stage?.element ?? null,
    pictures,
    shown.length ? make("section", { class: "on-screen" }, make("h3", {}, T.preview.onScreen), make("ul", {}, ...shown.map(([kind, texts]) => make("li", { dir: "auto" },
      T.preview.kinds[/** @type {"text" | "picture" | "video"} */ (kind)] ?? "", ...pieces(texts))))) : null,
    row.cells.length ? make("details", { class: "cells" }, make("summary", {}, T.preview.cells(row.cells.length)),
      make("dl", {}, ...row.cells.flatMap(([header, address, text, remark]) => [
        make("dt", {}, header, " ", make("span", { class: "small" }, address)), make("dd", { dir: "auto" }, text || T.preview.blank, remark ? make("span", { class: "small" }, ` ${remark}`) : null)]))) : null);
  return { element, stage, stopped: row.stopped, key: JSON.stringify([row, preview.layouts, state.preferences.pictures]) };
}

/** Pictures come from other computers, so somebody is asked once. @param {string[]} hosts @param {(on: boolean) => void} act */
function picturesChoice(hosts, act) {
  /** @param {boolean} pictures */
  const keep = async (pictures) => {
    take(await post("/api/preferences", { pictures }));
    act(pictures);
  };
  if (state.preferences.pictures !== null) return toggle(T.preview.picturesToggle, state.preferences.pictures, keep);
  return notice("info", make("p", {}, T.preview.picturesAsk(hosts.slice(0, 4).join(", "))),
    make("p", { class: "actions" }, button(T.preview.picturesYes, () => keep(true)), button(T.preview.picturesNo, () => keep(false), { class: "quiet" })));
}
