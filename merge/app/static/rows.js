// Every row of the sheet, live: filters, search, ticks, and the preview of one next to them.

import { announce, make } from "/shared/elements.js";
import { stopPlaying } from "/shared/play.js";
import { get, Refused } from "./api.js";
import { decide } from "./approve.js";
import { columnMapping } from "./columns.js";
import { Grid } from "./grid.js";
import { previewOf } from "./preview.js";
import { isFirstReading, listen, state } from "./store.js";
import { textOf } from "./ticks.js";
import { T } from "./texts.js";
import { busy, button, complain, faultNotice, later, notice, openDialog, redraw, sentence } from "./ui.js";

/** @typedef {import("./contract").Filter} Filter */

const SEARCH_AFTER = 150;
const BESIDE = 1100;
/** Filters that are always offered; the others only where rows are like that. */
const ALWAYS = new Set(["all", "to_make"]);

class RowsView {
  /** @param {HTMLElement} main @param {URLSearchParams} query */
  constructor(main, query) {
    this.main = main;
    this.filters = make("div", { class: "filters", role: "group", "aria-label": T.rowsView.filterLabel });
    this.search = make("input", { type: "search", placeholder: T.rowsView.search, "aria-label": T.rowsView.search, autocomplete: "off", spellcheck: "false", value: query.get("search") ?? "" });
    this.status = make("p", { class: "small live-note" });
    this.notes = make("div", { class: "sheet-notes" });
    this.selection = make("div", { class: "selection", hidden: true });
    this.nothing = make("div", { class: "nothing", hidden: true });
    this.beside = make("aside", { class: "beside", hidden: true });
    this.grid = new Grid({ open: (row) => void this.open(row), ticked: () => this.drawSelection(), loaded: () => this.drawCounts() });
    this.grid.filter = query.get("filter") ?? "all";
    this.grid.search = this.search.value;
    this.row = 0;
    /** The open preview. @type {Awaited<ReturnType<typeof previewOf>> | null} */
    this.preview = null;
    /** Whether another step is shown; answers that come later change nothing. */
    this.left = false;
    const help = make("p", { class: "small keys" }, T.rowsView.help);
    main.append(make("header", { class: "view-head" }, make("h1", {}, T.rowsView.title), make("p", { class: "lead" }, T.rowsView.lead)),
      this.notes,
      make("div", { class: "rows-tools" }, this.filters, make("div", { class: "find" }, this.search), this.status),
      make("div", { class: "rows-body" }, make("div", { class: "rows-grid" }, this.grid.element, this.nothing, this.selection, help), this.beside), this.grid.bubble);
    this.search.addEventListener("input", later(() => { this.grid.search = this.search.value.trim(); void this.reload(false); }, SEARCH_AFTER));
    this.drawStatus();
    void this.begin(Number(query.get("row")) || 0);
  }

  /** @param {number} row */
  async begin(row) {
    if (isFirstReading()) {
      this.row = row;
      return;
    }
    await this.reload(false);
    if (row) await this.goTo(row);
  }

  /** @param {number} row */
  async goTo(row) {
    const { index } = /** @type {{index: number | null}} */ (await get("/api/rows/index", { row, filter: this.grid.filter, search: this.grid.search }));
    if (index !== null) this.grid.goTo(index);
    await this.open(row, false);
  }

  /** @param {boolean} keepPlace */
  async reload(keepPlace) {
    try {
      await this.grid.reload(keepPlace);
      if (!keepPlace && (this.grid.search || this.grid.filter !== "all")) announce(T.rowsView.found(this.grid.matching));
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      this.grid.element.hidden = true;
      this.nothing.hidden = false;
      redraw(this.nothing, faultNotice(error.fault));
    }
    this.remember();
  }

  remember() {
    if (this.left) return;
    const query = new URLSearchParams();
    if (this.row) query.set("row", String(this.row));
    if (this.grid.filter !== "all") query.set("filter", this.grid.filter);
    if (this.grid.search) query.set("search", this.grid.search);
    const said = query.toString();
    history.replaceState(null, "", said ? `#rows?${said}` : "#rows");
  }

  drawCounts() {
    const { counts } = state.check;
    const offered = /** @type {Filter[]} */ (Object.keys(T.rowsView.filters)).filter((name) => ALWAYS.has(name) || counts[name] || name === this.grid.filter);
    redraw(this.filters, ...offered.map((name) => {
      const filter = button("", () => { this.grid.filter = name; this.drawCounts(); return this.reload(false); }, { class: `filter ${name}`, "aria-pressed": String(name === this.grid.filter), "data-key": `filter-${name}` });
      filter.append(T.rowsView.filters[name], " ", make("small", {}, T.number(counts[name] ?? 0)));
      return filter;
    }), counts.unplaced ? make("a", { class: "button filter unplaced", href: "#videos", "data-key": "unplaced" }, T.rowsView.unplaced(counts.unplaced)) : null);
    const empty = this.grid.matching === 0;
    this.grid.element.hidden = empty;
    this.nothing.hidden = !empty;
    if (!empty) return;
    const all = this.grid.filter === "all" && !this.grid.search;
    redraw(this.nothing, make("p", {}, all ? T.rowsView.noRows : T.rowsView.none), all ? null : button(T.rowsView.showAll, () => {
      this.grid.filter = "all";
      this.grid.search = this.search.value = "";
      return this.reload(false);
    }, { "data-key": "show-all" }));
  }

  drawStatus() {
    const { check } = state;
    const at = check.checked_at ? new Date(check.checked_at).toLocaleTimeString("en", { timeStyle: "medium" }) : "";
    this.status.replaceChildren(check.state === "reading" ? busy(check.rows ? T.rowsView.checking(check.rows) : T.rowsView.reading) : make("span", {}, [at ? T.rowsView.fresh(at) : "", T.rowsView.live].filter(Boolean).join(". ")));
    const said = JSON.stringify([check.error, check.unknown, check.notes, check.warnings]);
    if (this.notes.dataset.key === said) return;
    this.notes.dataset.key = said;
    const words = [...check.notes, ...check.warnings.map(sentence)];
    redraw(this.notes, columnMapping(), check.error && !check.unknown.length ? faultNotice(check.error) : null,
      words.length ? make("details", { open: words.length < 4 }, make("summary", {}, `${T.rowsView.notes} (${words.length})`), make("ul", {}, ...words.map((line) => make("li", {}, line)))) : null);
  }

  drawSelection() {
    const { ticks } = this.grid;
    this.selection.hidden = !ticks.size;
    if (!ticks.size) {
      redraw(this.selection);
      return;
    }
    const rows = textOf(ticks);
    redraw(this.selection, make("b", {}, T.rowsView.ticked(ticks.size)),
      make("a", { class: "button primary", href: `#make?rows=${rows}`, "data-key": "make" }, T.rowsView.make),
      button(T.rowsView.approve, () => decide("approved", rows), { "data-key": "approve" }),
      button(T.rowsView.reject, () => decide("rejected", rows), { "data-key": "reject" }),
      button(T.rowsView.compare, () => this.compare([...ticks]), { "data-key": "compare", disabled: ticks.size !== 2, title: ticks.size === 2 ? null : T.rowsView.compareHint }),
      button(T.rowsView.clear, () => this.grid.tickAll(false), { class: "quiet", "data-key": "clear" }));
  }

  /** @param {number[]} rows */
  async compare(rows) {
    const both = await Promise.all(rows.sort((one, other) => one - other).map(previewOf));
    openDialog(T.preview.compareTitle, () => [make("div", { class: "compare" }, ...both.map((each) => each.element))], { wide: true, closed: stopPlaying });
    for (const each of both) each.stage?.redraw();
  }

  /** Open a row's preview; without the focus it is only brought up to date, and Play keeps its place. @param {number} row @param {boolean} [focus] */
  async open(row, focus = true) {
    if (focus) stopPlaying();
    this.row = row;
    this.grid.mark(row);
    this.remember();
    try {
      const fresh = await previewOf(row);
      if (row !== this.row || this.left || (!focus && fresh.key === this.preview?.key)) return;
      const { element, stage, stopped } = fresh;
      const position = focus ? 0 : (this.preview?.stage?.player.position ?? 0);
      stopPlaying();
      this.preview = fresh;
      const actions = stopped ? null : make("div", { class: "preview-actions" },
        make("a", { class: "button", href: `#make?rows=${row}` }, T.preview.make),
        button(T.rowsView.approve, () => decide("approved", String(row)), { "data-key": "approve-row" }),
        button(T.rowsView.reject, () => decide("rejected", String(row)), { class: "quiet", "data-key": "reject-row" }));
      if (innerWidth >= BESIDE) {
        const close = button(T.preview.close, () => this.close(), { class: "quiet close", "data-key": "close-preview" });
        const keep = this.beside.scrollTop;
        redraw(this.beside, close, element, actions);
        this.beside.hidden = false;
        if (!focus) this.beside.scrollTop = keep;
      } else if (focus) {
        openDialog(T.preview.title(row), () => [element, actions], { wide: true, closed: () => { stopPlaying(); this.forget(); } });
      }
      if (position) stage?.player.seek(position);
      stage?.redraw();
    } catch (error) { complain(error); }
  }

  close() {
    stopPlaying();
    this.beside.hidden = true;
    this.beside.replaceChildren();
    this.forget();
    this.grid.focusCell();
  }

  forget() {
    this.row = 0;
    this.preview = null;
    this.grid.mark(0);
    this.remember();
  }

  async refresh() {
    this.drawStatus();
    if (isFirstReading() || state.check.version === this.grid.version) return;
    await this.reload(true);
    if (this.row) await this.open(this.row, false);
  }
}

/** @param {HTMLElement} main @param {URLSearchParams} query */
export function showRows(main, query) {
  const view = new RowsView(main, query);
  const stop = [
    listen(["state", "check"], () => { view.refresh().catch(complain); }),
    listen(["rows"], ({ rows }) => view.grid.change(rows)),
  ];
  return () => {
    view.left = true;
    stop.forEach((each) => each());
  };
}
