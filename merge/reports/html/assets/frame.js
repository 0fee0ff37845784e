// What every page of castmerge does: find and page rows, choose a theme, print.

import { announce, byId, counted, folded, make } from "./elements.js";
import { fitLines } from "./storyboard.js";

function chooseTheme() {
  const names = { "": "automatic", light: "light", dark: "dark" };
  const order = Object.keys(names);
  const button = byId("theme");
  const remember = (value) => { try { localStorage.setItem("castmerge theme", value); } catch { /* a page in a mail may not remember */ } };
  const remembered = () => { try { return localStorage.getItem("castmerge theme") ?? ""; } catch { return ""; } };
  const show = (value) => {
    if (value) document.documentElement.dataset.theme = value;
    else delete document.documentElement.dataset.theme;
    button.querySelector("span").textContent = names[value] ?? names[""];
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
 * @param {object} how
 *   rows: the data; words(row): what is searched in it; card(row): its element;
 *   filters: [name, words, (row) => boolean], the first of them shows all; orders: {name: comparison};
 *   noun: what a row is called; none: what is said where there are no rows.
 */
export class RowList {
  static PAGE = 20;

  constructor(how) {
    Object.assign(this, how);
    this.list = byId("rows");
    this.pager = byId("pager");
    this.filter = this.filters[0][0];
    this.start = 0;
    this.found = this.rows;
    this.drawFilters();
    byId("tools").hidden = !this.rows.length;
    byId("find").addEventListener("input", () => this.search());
    byId("order").addEventListener("change", () => this.search());
    this.list.addEventListener("keydown", (event) => this.step(event));
    window.addEventListener("beforeprint", () => this.draw(this.found));
    window.addEventListener("afterprint", () => this.draw());
    window.addEventListener("hashchange", () => this.goToHash());
    this.search();
    this.goToHash();
  }

  drawFilters() {
    for (const [name, words, holds] of this.filters) {
      const number = this.rows.filter(holds).length;
      if (!number && name !== this.filter) continue;
      const button = make("button", { type: "button", "aria-pressed": String(name === this.filter), "data-filter": name }, words, " ", make("small", {}, number.toLocaleString("en")));
      button.addEventListener("click", () => {
        this.filter = name;
        for (const other of byId("filters").children) other.setAttribute("aria-pressed", other === button);
        this.search();
      });
      byId("filters").append(button);
    }
  }

  search() {
    this.index ??= this.rows.map((row) => folded(this.words(row)));
    const wanted = folded(byId("find").value).split(/\s+/).filter(Boolean);
    const holds = this.filters.find(([name]) => name === this.filter)[2];
    const found = this.rows.filter((row, place) => holds(row) && wanted.every((word) => this.index[place].includes(word)));
    const order = this.orders[byId("order").value];
    this.found = order ? found.sort(order) : found;
    this.start = 0;
    this.draw();
    announce(`${counted(this.found.length, this.noun)} found`);
  }

  draw(rows = this.found.slice(this.start, this.start + RowList.PAGE)) {
    this.list.replaceChildren(...rows.map((row) => make("li", {}, this.card(row))));
    if (!this.found.length) this.list.append(this.nothing());
    fitLines(this.list);
    this.drawPager();
  }

  nothing() {
    if (!this.rows.length) return make("li", { class: "empty" }, make("p", {}, this.none));
    const button = make("button", { type: "button" }, "Show all rows");
    button.addEventListener("click", () => {
      byId("find").value = "";
      byId("filters").firstElementChild.click();
      byId("find").focus();
    });
    return make("li", { class: "empty" }, make("p", {}, "No rows match your search."), button);
  }

  drawPager() {
    const last = Math.min(this.start + RowList.PAGE, this.found.length);
    this.pager.hidden = this.found.length <= RowList.PAGE;
    const turn = (words, start) => {
      const button = make("button", { type: "button", disabled: start < 0 || start >= this.found.length }, words);
      button.addEventListener("click", () => this.turn(start));
      return button;
    };
    const where = `${(this.start + 1).toLocaleString("en")} to ${last.toLocaleString("en")} of ${this.found.length.toLocaleString("en")}`;
    this.pager.replaceChildren(turn("Back", this.start - RowList.PAGE), make("span", {}, where), turn("Next", this.start + RowList.PAGE));
  }

  turn(start) {
    this.start = start;
    this.draw();
    this.list.focus({ preventScroll: true });
    this.list.parentElement.scrollIntoView({ block: "start" });
    announce(`Rows ${start + 1} and on`);
  }

  /** Page Down and Page Up go from card to card while one of them has the focus. */
  step(event) {
    const by = { PageDown: 1, PageUp: -1 }[event.key];
    const card = event.target.closest(".card");
    if (!by || !card || event.altKey || event.ctrlKey || event.metaKey) return;
    const cards = [...this.list.querySelectorAll(".card")];
    const next = cards[cards.indexOf(card) + by];
    event.preventDefault();
    if (next) {
      next.focus();
    } else if (by > 0 ? this.start + RowList.PAGE < this.found.length : this.start > 0) {
      this.turn(this.start + by * RowList.PAGE);
      const drawn = this.list.querySelectorAll(".card");
      drawn[by > 0 ? 0 : drawn.length - 1].focus();
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
