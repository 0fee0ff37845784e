// Videos that belong to no row: what they say, and what to do about them.

import { make } from "/shared/elements.js";
import { get, post } from "./api.js";
import { take } from "./store.js";
import { T } from "./texts.js";
import { busy, button, complain, openDialog, redraw } from "./ui.js";

/** @typedef {import("./contract").Results} Results */

/** @param {Results} results @param {() => void} after */
export function unplacedList(results, after) {
  const help = results.unplaced_help;
  return make("div", { class: "unplaced" },
    help ? make("p", {}, `${help.message} ${help.hint}`) : null,
    make("ul", {}, ...results.unplaced.map((video) => make("li", {}, make("b", { dir: "auto" }, video.text || video.id), make("span", { class: "small" }, [video.made_from, T.when(video.at)].filter(Boolean).join(" · ")),
      video.url ? make("a", { href: video.url, target: "_blank", rel: "noopener noreferrer" }, T.videos.watch) : null))),
    help ? make("div", { class: "unplaced-actions" }, ...help.actions.map((action, place) => {
      const select = action.columns?.length ? make("select", { "aria-label": T.videos.column }, ...action.columns.map((header) => make("option", {}, header))) : null;
      return make("p", { class: "actions" }, button(action.label, async () => { take(await post("/api/unplaced", { do: action.do, column: select?.value })); after(); }, { class: place ? null : "primary" }), select);
    })) : null);
}

export function openUnplaced() {
  openDialog(T.videos.unplaced, (close) => {
    const body = make("div", {}, busy(T.frame.loading));
    get("/api/results", { limit: 1 }).then((results) => redraw(body, unplacedList(/** @type {Results} */ (results), close)), complain);
    return [body];
  }, { wide: true });
}
