// Choosing: the workbook with its sheet, and the template as a drawing, of this folder or from AI Studios.

import { make } from "/shared/elements.js";
import { fitLines } from "/shared/storyboard.js";
import { get, post, upload } from "./api.js";
import { importSlides, openBusinessTemplates, openStudio } from "./studio.js";
import { listen, state, take } from "./store.js";
import { T } from "./texts.js";
import { busy, button, complain, faultNotice, redraw, sentence, storyboardOf, toast, trying } from "./ui.js";

/** @typedef {import("./contract").Folder} Folder */
/** @typedef {import("./contract").Workbook} Workbook */
/** @typedef {import("./contract").TemplateCard} TemplateCard */
/** @typedef {import("./contract").Choice} Choice */

const TYPES = ".xlsx,.xlsm,.csv,.tsv,.txt,.json,.j2";

/** @param {Partial<Choice>} choice */
async function choose(choice) {
  take(await post("/api/choice", choice));
}

/** @param {HTMLElement} main */
export function showFiles(main) {
  /** @type {Folder | null} */
  let folder = null;
  const body = make("div", { class: "files" }, busy(T.frame.loading));
  main.append(make("header", { class: "view-head" }, make("h1", {}, T.files.title), make("p", { class: "lead" }, T.files.lead)), body);

  const draw = () => {
    if (folder) redraw(body, ...content(folder));
    fitLines(body);
  };
  const fetchAll = async () => {
    try {
      folder = await get("/api/folder");
      draw();
    } catch (error) { complain(error); }
  };
  void fetchAll();
  const stop = [listen(["folder"], () => void fetchAll()), listen(["state"], draw), acceptDrops()];
  return () => stop.forEach((each) => each());
}

/** @param {Folder} folder */
function content(folder) {
  const empty = !folder.workbooks.length && !folder.templates.length;
  return [
    empty ? welcome() : null,
    make("section", { class: "pick", "aria-labelledby": "pick-workbook" },
      make("h2", { id: "pick-workbook" }, T.files.workbook),
      folder.workbooks.length ? make("ul", { class: "books" }, ...folder.workbooks.map(bookCard)) : make("p", { class: "nothing" }, T.files.workbookNone),
      adder()),
    make("section", { class: "pick", "aria-labelledby": "pick-template" },
      make("h2", { id: "pick-template" }, T.files.template),
      folder.templates.length ? make("ul", { class: "gallery" }, ...folder.templates.map(templateCard)) : make("p", { class: "nothing" }, T.files.templateNone),
      make("p", { class: "actions" }, button(T.files.fromStudio, () => openStudio(), { "data-key": "studio", class: folder.templates.length ? null : "primary" }),
        button(T.files.fromBusiness, () => openBusinessTemplates(), { "data-key": "business" }), ...slides())),
    folder.unusable.length ? make("section", { class: "pick unusable", "aria-labelledby": "pick-unusable" }, make("h2", { id: "pick-unusable" }, T.files.cannotUse),
      make("ul", {}, ...folder.unusable.map((file) => make("li", {}, make("b", {}, file.file), " ", sentence(file))))) : null,
    folder.recent.some((each) => !each.here) ? make("section", { class: "pick", "aria-labelledby": "pick-recent" }, make("h2", { id: "pick-recent" }, T.files.recent),
      make("ul", { class: "recent" }, ...folder.recent.filter((each) => !each.here).map((each) => make("li", {},
        make("span", {}, make("b", {}, each.folder), " ", make("span", { class: "small" }, [each.workbook, T.when(each.at)].filter(Boolean).join(", "))),
        button(T.files.open, async () => { const { url } = await post("/api/recent", { id: each.id }); location.href = url; }, { "aria-label": `${T.files.open} ${each.folder}` }))))) : null,
  ];
}

function welcome() {
  return make("section", { class: "welcome" }, make("h2", {}, T.files.empty), make("p", {}, T.files.emptyLead),
    make("p", { class: "actions" }, button(T.files.example, async () => {
      await post("/api/example");
      take(await get("/api/state"));
    }, { class: "primary", "data-key": "example" })));
}

/** @param {Workbook} book */
function bookCard(book) {
  const on = state.choice.workbook === book.file;
  const rows = book.sheets.filter((sheet) => !sheet.hidden && sheet.rows !== null).reduce((sum, sheet) => sum + (sheet.rows ?? 0), 0);
  const about = [book.kind === "csv" ? T.files.csv : book.sheets.length > 1 ? T.files.sheets(book.sheets.length) : "", book.sheets.length ? T.rows(rows) : "", T.files.changed(T.when(book.modified))];
  const card = make("button", { type: "button", class: "book", "aria-pressed": String(on), disabled: Boolean(book.problem), "data-key": `book-${book.file}` },
    make("span", { class: `file-icon ${book.kind}`, "aria-hidden": "true" }),
    make("span", { class: "book-words" }, make("b", {}, book.file), make("span", { class: "small" }, about.filter(Boolean).join(" · "))),
    on ? make("span", { class: "mark-on", "aria-hidden": "true" }) : null);
  card.addEventListener("click", () => void trying(card, () => choose({ workbook: book.file })));
  const sheets = book.sheets.filter((sheet) => !sheet.hidden);
  return make("li", { class: on ? "on" : null }, card,
    book.problem ? faultNotice(book.problem) : null,
    on && sheets.length > 1 ? sheetChoice(sheets) : null,
    book.lock ? make("p", { class: "small locked" }, book.lock.message) : null);
}

/** @param {import("./contract").Sheet[]} sheets */
function sheetChoice(sheets) {
  const select = make("select", { id: "sheet", "data-key": "sheet" },
    make("option", { value: "" }, T.files.sheetAuto),
    ...sheets.map((sheet) => make("option", { value: sheet.name, selected: state.choice.sheet === sheet.name }, T.files.sheetOption(sheet.name, sheet.rows))));
  select.addEventListener("change", () => void trying(select, () => choose({ sheet: select.value || null })));
  return make("p", { class: "sheet-choice" }, make("label", { for: "sheet" }, T.files.sheet), select);
}

/** @param {TemplateCard} template */
function templateCard(template) {
  const on = state.choice.template === template.file;
  const picture = make("span", { class: `thumb ${template.orientation}`, "aria-hidden": "true" });
  const [scene] = template.drawings;
  if (scene) picture.append(storyboardOf(template.layouts).draw(scene));
  const uses = template.placeholders.length ? T.files.uses(template.placeholders) : T.files.noPlaceholders;
  const card = make("button", { type: "button", class: "template", "aria-pressed": String(on), disabled: Boolean(template.problem), "data-key": `template-${template.file}` },
    picture,
    make("span", { class: "template-words" }, make("b", {}, template.file),
      make("span", { class: "small" }, [T.files.scenes(template.scenes), template.seconds_text].filter(Boolean).join(" · ")),
      make("span", { class: "small uses" }, uses)),
    on ? make("span", { class: "mark-on", "aria-hidden": "true" }) : null);
  card.addEventListener("click", () => void trying(card, () => choose({ template: template.file })));
  return make("li", { class: on ? "on" : null }, card, template.problem ? faultNotice(template.problem) : null);
}

/** A deck becomes a project with one scene a slide. */
function slides() {
  const input = make("input", { type: "file", accept: ".pptx,.ppt,.pdf", class: "hidden", tabindex: -1, "aria-hidden": "true", id: "slides-input" });
  const choose = button(T.files.fromSlides, () => input.click(), { "data-key": "slides" });
  input.addEventListener("change", () => { const file = input.files?.[0]; if (file) void trying(choose, () => importSlides(file)); });
  return [input, choose];
}

function adder() {
  const input = make("input", { type: "file", accept: TYPES, multiple: true, class: "hidden", tabindex: -1, "aria-hidden": "true", id: "file-input" });
  input.addEventListener("change", () => void addAll([...(input.files ?? [])]));
  return make("p", { class: "actions adder" }, input, button(T.files.add, () => input.click(), { "data-key": "add" }), make("span", { class: "small" }, T.files.drop));
}

/** @param {File[]} files */
async function addAll(files) {
  for (const file of files) {
    toast(T.files.adding(file.name));
    try {
      const added = /** @type {{file: string}} */ (await upload(`/api/upload?name=${encodeURIComponent(file.name)}`, file));
      toast(T.files.added(added.file));
      const isTemplate = /\.(?:json|j2)$/i.test(added.file);
      await choose(isTemplate ? { template: added.file } : { workbook: added.file });
    } catch (error) { complain(error); }
  }
}

/** Files may be dropped anywhere on the page. */
function acceptDrops() {
  const over = make("div", { class: "drop-here", hidden: true }, make("p", {}, T.files.dropNow));
  document.body.append(over);
  const stop = new AbortController();
  const how = { signal: stop.signal };
  /** @param {DragEvent} event */
  const holdsFiles = (event) => event.dataTransfer?.types.includes("Files") ?? false;
  addEventListener("dragover", (event) => { if (holdsFiles(event)) { event.preventDefault(); over.hidden = false; } }, how);
  addEventListener("dragleave", (event) => { if (!event.relatedTarget) over.hidden = true; }, how);
  addEventListener("drop", (event) => {
    if (!holdsFiles(event)) return;
    event.preventDefault();
    over.hidden = true;
    void addAll([...(event.dataTransfer?.files ?? [])]);
  }, how);
  return () => { stop.abort(); over.remove(); };
}
