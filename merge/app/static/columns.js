// Placeholders without a column: each with the likely column preselected.

import { make } from "/shared/elements.js";
import { post } from "./api.js";
import { state, take } from "./store.js";
import { T } from "./texts.js";
import { notice, toast, trying } from "./ui.js";

/** What asks for the columns that don't match, or null where all do. */
export function columnMapping() {
  const { unknown } = state.check;
  if (!unknown.length) return null;
  const rows = unknown.map((each, place) => {
    const select = make("select", { id: `column-${place}`, "data-placeholder": each.placeholder, "data-key": `column-${each.placeholder}` },
      make("option", { value: "" }, T.columns.choose),
      ...each.options.map((header) => make("option", { value: header, selected: header === each.likely }, header)));
    return make("div", { class: "mapping-row" },
      make("label", { for: `column-${place}` }, make("code", {}, each.placeholder), make("span", { class: "small" }, each.places.join(", "))),
      make("span", { class: "arrow", "aria-hidden": "true" }, "→"), select,
      make("span", { class: "small guess" }, each.likely ? T.columns.guess : ""));
  });
  const save = make("button", { type: "submit", class: "primary" }, T.columns.save);
  const form = make("form", { class: "mapping", "aria-labelledby": "mapping-title", "data-mapping": unknown.map((each) => each.placeholder).join("\n") },
    make("h2", { id: "mapping-title" }, T.columns.title), make("p", {}, T.columns.lead), ...rows, make("p", { class: "actions" }, save));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const chosen = [...form.querySelectorAll("select")].map((select) => [select.dataset.placeholder ?? "", select.value]);
    const open = form.querySelector("option[value='']:checked");
    if (open) {
      toast(T.columns.incomplete);
      /** @type {HTMLElement} */ (open.parentElement).focus();
      return;
    }
    void trying(save, async () => take(await post("/api/columns", { columns: Object.fromEntries(chosen) })));
  });
  return notice("warning", form);
}
