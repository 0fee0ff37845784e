// Writing placeholders by clicking: every text of the template, the columns, and what the chosen row gets.

import { make } from "/shared/elements.js";
import { get, patch, post, Refused } from "./api.js";
import { columnMapping } from "./columns.js";
import { Editor } from "./editor.js";
import { isFirstReading, listen, state } from "./store.js";
import { T } from "./texts.js";
import { busy, button, complain, faultNotice, later, notice, redraw, sentence, toast, trying } from "./ui.js";

/** @typedef {import("./contract").Template} Template */
/** @typedef {import("./contract").Text} Text */
/** @typedef {import("./contract").Live} Live */
/** @typedef {import("./contract").TemplateColumn} TemplateColumn */

const TRY_AFTER = 200;

/** One text: its editor, the settings of its columns, and the live result. */
class TextCard {
  /** @param {Text} text @param {ScriptView} view */
  constructor(text, view) {
    this.text = text;
    this.view = view;
    this.saved = JSON.stringify(text.pieces);
    this.editor = new Editor(T.script.edit(text.label), text.language, T.script.code, () => this.changed());
    this.editor.show(text.pieces);
    this.editor.element.addEventListener("focus", () => view.focus(this));
    this.settings = make("div", { class: "settings" });
    this.live = make("div", { class: "live" });
    this.element = make("section", { class: `text-card ${text.kind}`, "aria-label": text.label },
      make("header", {}, make("h2", {}, text.label)), this.editor.element, this.settings, this.live);
    this.tryLater = later(() => void this.tryNow(), TRY_AFTER);
    this.drawSettings();
    this.drawLive(text.live);
  }

  get dirty() { return JSON.stringify(this.editor.pieces) !== this.saved; }

  changed() {
    this.drawSettings();
    this.tryLater();
    this.view.drawSave();
  }

  async tryNow() {
    try {
      this.drawLive(await post("/api/template/try", { path: this.text.path, pieces: this.editor.pieces, row: this.view.row }));
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      redraw(this.live, make("p", { class: "live-problem" }, sentence(error.fault)));
    }
  }

  /** @param {Live | null} live */
  drawLive(live) {
    if (!live) {
      redraw(this.live);
      return;
    }
    const words = live.pieces.map((text, place) => (place % 2 ? make("mark", {}, text) : text));
    redraw(this.live, make("h3", {}, T.script.result(live.row)),
      make("p", { dir: "auto", class: "result" }, ...(live.pieces.join("") ? words : [make("span", { class: "small" }, T.script.blank)])),
      ...live.problems.map((problem) => make("p", { class: "live-problem" }, sentence(problem))));
  }

  drawSettings() {
    const columns = this.editor.columns;
    const key = JSON.stringify(columns.map(([, piece]) => piece.column));
    if (this.settings.dataset.key === key) return;
    this.settings.dataset.key = key;
    redraw(this.settings, ...(columns.length ? [make("h3", {}, T.script.settings)] : []), ...columns.map(([chip, piece], place) => this.setting(chip, piece, place)));
  }

  /** @param {HTMLElement} chip @param {{column: string, fallback: string, format: string}} piece @param {number} place */
  setting(chip, piece, place) {
    const fallback = make("input", { type: "text", value: piece.fallback, placeholder: T.script.fallbackPlaceholder, id: `${this.text.path}-${place}-fallback`, autocomplete: "off" });
    fallback.addEventListener("input", () => { piece.fallback = fallback.value; this.changed(); });
    const kind = this.view.template.columns.find((column) => column.header === piece.column)?.kind ?? "text";
    const formats = this.view.template.formats.filter((format) => !format.for || format.for.includes(kind) || format.id === piece.format);
    const format = make("select", { id: `${this.text.path}-${place}-format` }, ...formats.map((each) => make("option", { value: each.id, selected: each.id === piece.format }, each.label)));
    format.addEventListener("change", () => { piece.format = format.value; this.changed(); });
    const line = make("div", { class: "setting", role: "group", "aria-label": piece.column },
      make("span", { class: "chip-column" }, piece.column),
      make("label", { for: fallback.id }, T.script.fallback), fallback,
      make("label", { for: format.id }, T.script.format), format,
      button(T.script.remove, () => { this.editor.remove(chip); this.editor.pad(); }, { class: "quiet", "aria-label": T.script.removeLabel(piece.column) }));
    chip.addEventListener("click", () => fallback.focus());
    return line;
  }

  async save() {
    const pieces = this.editor.pieces;
    const fresh = /** @type {Template} */ (await patch("/api/template", { path: this.text.path, pieces, version: this.view.template.version, row: this.view.row }));
    this.saved = JSON.stringify(pieces);
    return fresh;
  }

  undo() {
    this.editor.show(JSON.parse(this.saved));
    this.settings.dataset.key = "";
    this.changed();
  }
}

class ScriptView {
  /** @param {HTMLElement} main @param {number | null} row */
  constructor(main, row) {
    this.row = row;
    /** @type {Template} */
    this.template = { file: "", version: "", saved_as: null, editable: false, why: "", columns: [], formats: [], texts: [] };
    /** @type {TextCard[]} */
    this.cards = [];
    /** @type {TextCard | null} */
    this.focused = null;
    this.mapping = make("div", {});
    this.chooser = make("div", { class: "row-choice" });
    this.texts = make("div", { class: "texts" }, busy(T.frame.loading));
    this.palette = make("aside", { class: "palette", "aria-label": T.script.columns });
    this.saving = make("div", { class: "save-bar", hidden: true });
    main.append(make("header", { class: "view-head" }, make("h1", {}, T.script.title), make("p", { class: "lead" }, T.script.lead)),
      this.mapping, this.chooser, make("div", { class: "writing" }, this.texts, this.palette), this.saving);
    this.checkVersion = state.check.version;
    this.drawMapping();
    void this.load();
  }

  drawMapping() {
    const wanted = state.check.unknown.map((each) => each.placeholder).join("\n");
    const shown = /** @type {HTMLElement | null} */ (this.mapping.querySelector("[data-mapping]"))?.dataset.mapping ?? "";
    if (wanted !== shown || !this.mapping.childElementCount) redraw(this.mapping, columnMapping());
  }

  async load() {
    if (isFirstReading()) return;
    try {
      if (this.row === null) {
        const first = /** @type {import("./contract").Rows} */ (await get("/api/rows", { limit: 1 }));
        this.row = first.rows[0]?.number ?? null;
      }
      this.show(await get("/api/template", this.row === null ? {} : { row: this.row }));
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      redraw(this.texts, faultNotice(error.fault, button(T.frame.tryAgain, () => this.load())));
    }
  }

  /** @param {Template} template */
  show(template) {
    this.template = template;
    this.cards = template.texts.map((text) => new TextCard(text, this));
    redraw(this.texts, template.editable ? null : notice("info", make("p", {}, template.why)), ...this.cards.map((card) => card.element));
    this.drawPalette();
    this.drawRow();
    this.drawSave();
  }

  drawPalette() {
    if (!this.template.editable) {
      redraw(this.palette);
      return;
    }
    redraw(this.palette, make("h2", {}, T.script.columns), make("p", { class: "small" }, T.script.columnsLead),
      make("ul", {}, ...this.template.columns.map((column) => make("li", {}, this.columnButton(column)))));
  }

  /** @param {TemplateColumn} column */
  columnButton(column) {
    const insert = button("", () => this.insert(column), { class: "column", "aria-label": T.script.insert(column.header) });
    insert.append(make("b", {}, column.header), make("span", { class: "small", dir: "auto" }, column.sample));
    // The selection in the text stays.
    insert.addEventListener("mousedown", (event) => event.preventDefault());
    return insert;
  }

  /** @param {TemplateColumn} column */
  insert(column) {
    const card = this.focused ?? this.cards[0];
    card?.editor.insert(column.header, this.template.formats[0]?.id ?? "excel");
  }

  /** @param {TextCard} card */
  focus(card) {
    this.focused = card;
    for (const each of this.cards) each.element.classList.toggle("focused", each === card);
  }

  drawRow() {
    if (this.row === null) {
      redraw(this.chooser);
      return;
    }
    redraw(this.chooser, make("span", {}, T.script.rowLabel), button("‹", () => this.move(-1), { "aria-label": T.script.previous, "data-key": "previous" }),
      make("b", {}, T.row(this.row)), button("›", () => this.move(1), { "aria-label": T.script.following, "data-key": "next" }));
  }

  /** @param {number} by */
  async move(by) {
    const { index } = /** @type {{index: number | null}} */ (await get("/api/rows/index", { row: this.row ?? 0 }));
    const there = /** @type {import("./contract").Rows} */ (await get("/api/rows", { offset: Math.max((index ?? 0) + by, 0), limit: 1 }));
    const row = there.rows[0]?.number;
    if (row === undefined) return;
    this.row = row;
    this.drawRow();
    await Promise.all(this.cards.map((card) => card.tryNow()));
  }

  get dirty() { return this.cards.filter((card) => card.dirty); }

  drawSave() {
    const changed = this.dirty;
    this.saving.hidden = !changed.length;
    if (!changed.length) return;
    redraw(this.saving, make("p", {}, T.script.changed(changed.length)),
      button(T.script.undo, () => changed.forEach((card) => card.undo()), { "data-key": "undo" }),
      button(T.script.save, () => this.save(), { class: "primary", "data-key": "save" }));
  }

  async save() {
    // The first text that is saved makes a copy of the template.
    let copy = "";
    try {
      for (const card of this.dirty) {
        const fresh = await card.save();
        this.template = { ...this.template, version: fresh.version, file: fresh.file };
        copy ||= fresh.saved_as ?? "";
      }
      toast(copy ? T.script.savedAs(copy) : T.script.saved);
    } catch (error) {
      if (!(error instanceof Refused) || error.fault.kind !== "conflict") throw error;
      const fresh = /** @type {Template} */ (await get("/api/template", this.row === null ? {} : { row: this.row }));
      this.template = { ...this.template, version: fresh.version };
      toast(T.script.conflict, true);
    }
    this.drawSave();
  }

  /** The check is new: values of the row may have changed, and the template on disk. */
  async refresh() {
    this.drawMapping();
    if (state.check.version === this.checkVersion) return;
    this.checkVersion = state.check.version;
    if (this.dirty.length || this.texts.contains(document.activeElement)) await Promise.all(this.cards.map((card) => card.tryNow()));
    else await this.load();
  }

  leave() {
    if (this.dirty.length) void trying(null, () => this.save());
  }
}

/** @param {HTMLElement} main @param {URLSearchParams} query */
export function showScript(main, query) {
  const view = new ScriptView(main, Number(query.get("row")) || null);
  const stop = listen(["state", "check"], () => { view.refresh().catch(complain); });
  return () => { stop(); view.leave(); };
}
