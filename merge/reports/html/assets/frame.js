// What every page of castmerge does: find and page rows, choose a theme, print.

import { announce, byId, counted, folded, make } from "./elements.js";
import { fitLines } from "./storyboard.js";

function chooseTheme() {
  /** @type {Record<string, string>} */
  const names = { "": "automatic", light: "light", dark: "dark" };
  const order = Object.keys(names);
  const button = byId("theme");
  /** @param {string} value */
  const remember = (value) => { try { localStorage.setItem("castmerge theme", value); } catch { /* a page in a mail may not remember */ } };
  const remembered = () => { try { return localStorage.getItem("castmerge theme") ?? ""; } catch { return ""; } };
  /** @param {string} value */
  const show = (value) => {
    if (value) document.documentElement.dataset.theme = value;
    else delete document.documentElement.dataset.theme;
    /** @type {HTMLElement} */ (button.querySelector("span")).textContent = names[value] ?? names[""];
  };
  show(remembered());
  button.addEventListener("click", () => {
    const next = order[(order.indexOf(document.documentElement.dataset.theme ?? "") + 1) % order.length];
    remember(next);
    show(next);
  });
}

/**
 * Rows that can be searched, filtered, ordered and paged. Only the rows of one page are in the document;
 * for printing all that are found.
 *
 * @template {{number: number}} Row
 */
export class RowList {
  static PAGE = 20;

  /**
   * The first filter shows all rows. `noun` is what a row is called, `none` the text if there are none.
   * @param {{
   *   rows: Row[], words: (row: Row) => string, card: (row: Row) => HTMLElement, noun: string, none: string,
   *   filters: [name: string, words: string, holds: (row: Row) => boolean][],
   *   orders: Record<string, (one: Row, other: Row) => number>,
   * }} how
   */
  constructor(how) {
    this.how = how;
    this.rows = how.rows;
    this.box = /** @type {HTMLInputElement} */ (byId("find"));
    this.order = /** @type {HTMLSelectElement} */ (byId("order"));
    /** @type {string[] | undefined} */
    this.index = undefined;
    this.list = byId("rows");
    this.pager = byId("pager");
    this.filter = how.filters[0][0];
    this.start = 0;
    this.found = this.rows;
    this.drawFilters();
    byId("tools").hidden = !this.rows.length;
    this.box.addEventListener("input", () => this.search());
    this.order.addEventListener("change", () => this.search());
    this.list.addEventListener("keydown", (event) => this.step(event));
    window.addEventListener("beforeprint", () => this.draw(this.found));
    window.addEventListener("afterprint", () => this.draw());
    window.addEventListener("hashchange", () => this.goToHash());
    this.search();
    this.goToHash();
  }

  drawFilters() {
    for (const [name, words, holds] of this.how.filters) {
      const number = this.rows.filter(holds).length;
      if (!number && name !== this.filter) continue;
      const button = make("button", { type: "button", "aria-pressed": String(name === this.filter), "data-filter": name }, words, " ", make("small", {}, number.toLocaleString("en")));
      button.addEventListener("click", () => {
        this.filter = name;
        for (const other of byId("filters").children) other.setAttribute("aria-pressed", String(other === button));
        this.search();
      });
      byId("filters").append(button);
    }
  }

  search() {
    const index = (this.index ??= this.rows.map((row) => folded(this.how.words(row))));
    const wanted = folded(this.box.value).split(/\s+/).filter(Boolean);
    const [, , holds] = this.how.filters.find(([name]) => name === this.filter) ?? this.how.filters[0];
    const found = this.rows.filter((row, place) => holds(row) && wanted.every((word) => index[place].includes(word)));
    const order = this.how.orders[this.order.value];
    this.found = order ? found.sort(order) : found;
    this.start = 0;
    this.draw();
    announce(`${counted(this.found.length, this.how.noun)} found`);
  }

  draw(rows = this.found.slice(this.start, this.start + RowList.PAGE)) {
    this.list.replaceChildren(...rows.map((row) => make("li", {}, this.how.card(row))));
    if (!this.found.length) this.list.append(this.nothing());
    fitLines(this.list);
    this.drawPager();
  }

  nothing() {
    if (!this.rows.length) return make("li", { class: "empty" }, make("p", {}, this.how.none));
    const button = make("button", { type: "button" }, "Show all rows");
    button.addEventListener("click", () => {
      this.box.value = "";
      /** @type {HTMLElement} */ (byId("filters").firstElementChild).click();
      this.box.focus();
    });
    return make("li", { class: "empty" }, make("p", {}, "No rows match your search."), button);
  }

  drawPager() {
    const last = Math.min(this.start + RowList.PAGE, this.found.length);
    this.pager.hidden = this.found.length <= RowList.PAGE;
    /** @param {string} words @param {number} start */
    const turn = (words, start) => {
      const button = make("button", { type: "button", disabled: start < 0 || start >= this.found.length }, words);
      button.addEventListener("click", () => this.turn(start));
      return button;
    };
    const where = `${(this.start + 1).toLocaleString("en")} to ${last.toLocaleString("en")} of ${this.found.length.toLocaleString("en")}`;
    this.pager.replaceChildren(turn("Back", this.start - RowList.PAGE), make("span", {}, where), turn("Next", this.start + RowList.PAGE));
  }

  /** @param {number} start */
  turn(start) {
    this.start = start;
    this.draw();
    this.list.focus({ preventScroll: true });
    this.list.parentElement?.scrollIntoView({ block: "start" });
    announce(`Rows ${start + 1} and on`);
  }

  get cards() {
    return /** @type {HTMLElement[]} */ ([...this.list.querySelectorAll(".card")]);
  }

  /** Page Down and Page Up go from card to card while one of them has the focus. @param {KeyboardEvent} event */
  step(event) {
    const by = event.key === "PageDown" ? 1 : event.key === "PageUp" ? -1 : 0;
    const card = /** @type {HTMLElement | null} */ (/** @type {Element} */ (event.target).closest(".card"));
    if (!by || !card || event.altKey || event.ctrlKey || event.metaKey) return;
    const { cards } = this;
    const next = cards[cards.indexOf(card) + by];
    event.preventDefault();
    if (next) {
      next.focus();
    } else if (by > 0 ? this.start + RowList.PAGE < this.found.length : this.start > 0) {
      this.turn(this.start + by * RowList.PAGE);
      this.cards.at(by > 0 ? 0 : -1)?.focus();
    }
  }

  /** `#row-57` leads to that row. */
  goToHash() {
    const number = Number(/^#row-(\d+)$/.exec(location.hash)?.[1]);
    const place = this.found.findIndex((row) => row.number === number);
    if (place < 0) return;
    this.start = place - (place % RowList.PAGE);
    this.draw();
    byId(`row-${number}`)?.focus();
  }
}

chooseTheme();
// What only works with scripts is shown by one.
for (const name of ["print", "theme", "copy"]) byId(name)?.removeAttribute("hidden");
byId("print").addEventListener("click", () => window.print());
