// After: the links, a player on demand, what failed and why, what changed, and videos without a row.

import { make } from "/shared/elements.js";
import { get, post, Refused } from "./api.js";
import { makeAgain } from "./make.js";
import { isFirstReading, listen, state, take } from "./store.js";
import { textOf } from "./ticks.js";
import { T } from "./texts.js";
import { unplacedList } from "./unplaced.js";
import { busy, button, chip, confirmed, copyText, faultNotice, later, notice, openDialog, redraw, toast } from "./ui.js";

/** @typedef {import("./contract").Result} Result */
/** @typedef {import("./contract").Results} Results */

const PAGE = 100;
const AGAIN_AFTER = 400;

/** All results, a page at a time. @returns {Promise<Result[]>} */
async function everyResult() {
  /** @type {Result[]} */
  const rows = [];
  for (;;) {
    const { rows: next, total } = /** @type {Results} */ (await get("/api/results", { offset: rows.length, limit: 500 }));
    rows.push(...next);
    if (!next.length || rows.length >= total) return rows;
  }
}

/** @param {HTMLElement} main */
export function showVideos(main) {
  const tools = make("div", { class: "video-tools" });
  const said = make("div", { role: "status" });
  const body = make("div", { class: "videos-body" }, busy(T.frame.loading));
  const lead = make("p", { class: "lead" }, T.videos.lead);
  const shared = make("div");
  main.append(make("header", { class: "view-head" }, make("h1", {}, T.videos.title), lead), tools, said, body, shared);
  void get("/api/shared").then((found) => redraw(shared, sharedList(/** @type {import("./contract").Shared} */ (found))), () => {});
  let many = PAGE;

  const load = async () => {
    if (isFirstReading()) return;
    try {
      draw(await get("/api/results", { limit: many }));
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      redraw(body, faultNotice(error.fault, button(T.frame.tryAgain, load)));
    }
  };
  /** @param {Results} results */
  const draw = (results) => {
    lead.textContent = results.practice ? T.videos.practice : T.videos.lead;
    const links = results.rows.some((row) => row.url);
    redraw(tools, links ? button(T.videos.copyAll, copyAll, { "data-key": "copy-all", class: "primary" }) : null,
      results.total ? make("a", { class: "button", href: "/api/results.csv", download: true, "data-key": "csv" }, T.videos.csv) : null,
      links ? button(T.videos.download, () => post("/api/download", { rows: null }), { "data-key": "download" }) : null,
      state.choice.workbook ? button(T.videos.openWorkbook, () => post("/api/open-workbook"), { "data-key": "open" }) : null,
      results.total ? button(T.videos.report, report, { class: "quiet", "data-key": "report" }) : null);
    const groups = [
      group(T.videos.failed, results.rows.filter((row) => row.status.group === "failed"), retryAll),
      group(T.videos.changed, results.rows.filter((row) => row.status.group === "changed")),
      group(T.videos.unconfirmed, results.rows.filter((row) => row.status.group === "unconfirmed"), follow),
      group(T.videos.working, results.rows.filter((row) => row.status.group === "working"), follow),
      group(T.videos.drafts, results.rows.filter((row) => row.status.group === "draft"), exportDrafts),
      group(T.videos.done, results.rows.filter((row) => !["failed", "changed", "working", "unconfirmed", "draft"].includes(row.status.group))),
    ];
    redraw(body,
      results.unplaced.length ? make("section", { class: "card" }, make("h2", {}, T.videos.unplaced), unplacedList(results, () => void load())) : null,
      ...groups,
      results.total > results.rows.length ? make("p", { class: "actions" }, button(T.videos.showMore, () => { many = Math.min(many + PAGE, 500); return load(); }, { "data-key": "more" })) : null,
      results.total || results.unplaced.length ? null : make("section", { class: "nothing" }, make("h2", {}, T.videos.none), make("p", {}, T.videos.noneWords), make("p", {}, make("a", { class: "button primary", href: "#make" }, T.make.title))));
  };
  const copyAll = async () => {
    const links = (await everyResult()).flatMap((row) => (row.url ? [row.url] : []));
    await copyText(links.join("\n"), T.videos.copiedAll(links.length));
  };
  const report = async () => {
    const page = /** @type {import("./contract").Page} */ (await post("/api/report"));
    said.replaceChildren(notice("good", make("p", {}, T.videos.reportDone(page.file), " ", make("a", { href: page.url, target: "_blank", rel: "noopener" }, T.videos.look))));
  };
  /** @param {Result[]} rows */
  const retryAll = (rows) => (rows.length > 1 ? button(T.videos.retryAll(rows.length), () => makeAgain({ what: "rows", rows: textOf(rows.map((row) => row.number)), retry_failed: true }), { "data-key": "retry-all" }) : null);

  const follow = () => (state.run && state.run.state !== "finished" ? null : button(T.make.follow, async () => {
    take({ ...state, run: await post("/api/follow") });
    location.hash = "#make";
  }, { "data-key": "follow" }));

  /** @param {Result[]} rows */
  const exportDrafts = (rows) => button(T.videos.exportDrafts, async () => {
    if (!state.choice.practice && !(await confirmed(T.make.confirmTitle(rows.length), [make("p", {}, T.videos.exportWords)], T.make.confirmYes))) return;
    take({ ...state, run: await post("/api/drafts") });
    location.hash = "#make";
  }, { class: "primary", "data-key": "drafts" });

  void load();
  const again = later(() => void load(), AGAIN_AFTER);
  const stop = [
    listen(["check", "rows"], again),
    listen(["download"], (download) => { toast(download.message); again(); }),
  ];
  return () => stop.forEach((each) => each());
}

/** @param {string} title @param {Result[]} rows @param {(rows: Result[]) => HTMLElement | null} [action] */
function group(title, rows, action) {
  if (!rows.length) return null;
  return make("section", { class: "results", "aria-label": title }, make("header", {}, make("h2", {}, title, " ", make("span", { class: "count" }, T.number(rows.length))), action?.(rows) ?? null),
    make("ul", {}, ...rows.map(resultItem)));
}

/** @param {Result} row */
function resultItem(row) {
  const { url } = row;
  const about = [T.row(row.number), row.completed_at ? T.when(row.completed_at) : "", row.credits ? T.videos.credits(row.credits) : "", row.file ? `${T.videos.saved} ${row.file}` : ""];
  /** @type {(HTMLElement | null)[]} */
  const actions = [
    url ? button(T.videos.watch, () => watch(row.title, url), { "aria-label": T.videos.watchLabel(row.title), "data-key": `watch-${row.number}` }) : null,
    url ? button(T.videos.copy, () => copyText(url, T.frame.copied), { class: "quiet", "aria-label": T.videos.copyLabel(row.title), "data-key": `copy-${row.number}` }) : null,
    row.status.group === "failed" ? button(T.videos.retry, () => makeAgain({ what: "rows", rows: String(row.number), retry_failed: true }), { "aria-label": T.videos.retryLabel(row.title), "data-key": `retry-${row.number}` }) : null,
    row.status.group === "unconfirmed" ? button(T.videos.sendAgain, () => makeAgain({ what: "rows", rows: String(row.number), resubmit: true }), { "aria-label": T.videos.sendAgainLabel(row.title), "data-key": `resubmit-${row.number}` }) : null,
    row.status.group === "changed" ? button(T.videos.remake, () => makeAgain({ what: "rows", rows: String(row.number), changed: true }), { "aria-label": T.videos.remakeLabel(row.title), "data-key": `remake-${row.number}` }) : null,
  ];
  return make("li", {}, make("div", { class: "result-words" }, make("b", { dir: "auto" }, row.title || T.row(row.number)), make("span", { class: "small" }, about.filter(Boolean).join(" · ")),
    row.note ? make("p", { class: "result-note" }, row.note) : row.status.group === "changed" ? make("p", { class: "result-note" }, T.videos.remakeWords) : null),
  chip(row.status), make("div", { class: "result-actions" }, ...actions));
}

/** What everybody else with this journal has made, and who is working now. @param {import("./contract").Shared} shared */
function sharedList({ campaigns }) {
  if (!campaigns.length) return null;
  return make("section", { class: "results shared", "aria-label": T.videos.shared }, make("header", {}, make("h2", {}, T.videos.shared, " ", make("span", { class: "count" }, T.number(campaigns.length)))),
    make("ul", {}, ...campaigns.map((each) => {
      const names = each.workers.map((worker) => `${worker.account || T.videos.someone} (${worker.host})`).join(", ");
      const about = [T.videos.sharedSheet(each.sheet), T.videos.halted[each.halted] ?? "", names ? T.videos.workingOn(names) : ""];
      return make("li", {}, make("div", { class: "result-words" }, make("b", { dir: "auto" }, each.workbook), make("span", { class: "small" }, about.filter(Boolean).join(" · "))),
        make("div", { class: "result-actions" }, ...each.statuses.map(({ count, ...status }) => chip(status, T.number(count)))));
    })));
}

/** The player loads the video only when it is asked for. @param {string} title @param {string} url */
function watch(title, url) {
  openDialog(title, () => {
    const said = make("p", { class: "small", role: "status" });
    const video = make("video", { controls: true, autoplay: true, playsinline: true, src: url, "aria-label": T.videos.player });
    video.addEventListener("error", () => { said.textContent = T.videos.playerFailed; });
    return [video, said, make("p", {}, make("a", { href: url, target: "_blank", rel: "noopener noreferrer" }, T.videos.openLink))];
  }, { wide: true });
}

