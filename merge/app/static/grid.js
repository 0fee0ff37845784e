// The rows of the sheet as a grid: only those in sight are in the page, so that 100,000 scroll like ten.

import { make } from "/shared/elements.js";
import { get } from "./api.js";
import { rowsOf } from "./ticks.js";
import { T } from "./texts.js";
import { chip, complain, trying } from "./ui.js";

/** @typedef {import("./contract").Row} Row */
/** @typedef {import("./contract").Rows} Rows */
/** @typedef {import("./contract").Column} Column */
/** @typedef {import("./contract").RowChange} RowChange */

const HEIGHT = 38;
const PAGE = 100;
const AROUND = 8;
const MOST_COLUMNS = 80;
const LETTER = 8.8;
const FIXED = [44, 64, 148];
/** Columns before the sheet's own: tick, row number, status. */
const BEFORE = FIXED.length;

export class Grid {
  /**
   * @param {{open: (row: number) => void, ticked: () => void, loaded: (rows: Rows) => void}} tell
   */
  constructor(tell) {
    this.tell = tell;
    this.filter = "all";
    this.search = "";
    this.version = -1;
    this.matching = 0;
    this.opened = 0;
    /** @type {Set<number>} */
    this.ticks = new Set();
    /** @type {[index: number, column: Column][]} */
    this.columns = [];
    /** @type {Map<number, Row[]>} */
    this.pages = new Map();
    /** @type {Map<number, HTMLElement>} by index */
    this.drawn = new Map();
    /** @type {Set<number>} */
    this.asked = new Set();
    this.generation = 0;
    this.active = { index: 0, column: 1 };
    this.head = make("div", { class: "grid-head", role: "rowgroup" });
    this.body = make("div", { class: "grid-body", role: "rowgroup" });
    this.element = make("div", { class: "grid", role: "grid", "aria-label": T.rowsView.grid, "aria-multiselectable": "true" }, this.head, this.body);
    this.bubble = make("div", { class: "bubble", role: "tooltip", id: "bubble", hidden: true });
    this.element.addEventListener("scroll", () => { this.placeBubble(); this.schedule(); }, { passive: true });
    this.element.addEventListener("keydown", (event) => this.key(event));
    this.element.addEventListener("click", (event) => this.click(event));
    this.element.addEventListener("focusin", (event) => this.focused(event));
    this.element.addEventListener("focusout", () => this.hideBubble());
    this.element.addEventListener("pointerover", (event) => { if (event.pointerType === "mouse") this.showBubble(cellOf(event)); });
    this.element.addEventListener("pointerleave", () => this.hideBubble());
    new ResizeObserver(() => this.schedule()).observe(this.element);
  }

  /** Get the rows from the server again. @param {boolean} keepPlace */
  async reload(keepPlace) {
    const generation = (this.generation += 1);
    const first = keepPlace ? Math.floor(this.firstInSight / PAGE) : 0;
    const rows = await this.fetch(first);
    if (generation !== this.generation) return;
    this.asked = new Set([first]);
    this.pages = new Map([[first, rows.rows]]);
    this.take(rows);
    if (!keepPlace) {
      this.element.scrollTop = 0;
      this.active = { index: 0, column: 1 };
    }
    this.drawn.forEach((row) => row.remove());
    this.drawn.clear();
    this.draw();
    this.tell.loaded(rows);
  }

  /** @param {number} page @returns {Promise<Rows>} */
  fetch(page) {
    return get("/api/rows", { offset: page * PAGE, limit: PAGE, filter: this.filter, search: this.search });
  }

  /** @param {Rows} rows */
  take(rows) {
    this.version = rows.version;
    this.matching = rows.matching;
    const key = JSON.stringify(rows.columns);
    if (this.head.dataset.key !== key) {
      this.head.dataset.key = key;
      const all = /** @type {[number, Column][]} */ (rows.columns.map((column, index) => [index, column]));
      this.columns = all.length > MOST_COLUMNS ? all.filter(([index, column]) => column.used || index < MOST_COLUMNS) : all;
      this.drawHead();
    }
    this.body.style.height = `${this.matching * HEIGHT}px`;
    // Few rows need no tall grid; there is room for the head and a scroll bar.
    this.element.style.setProperty("--whole", `${this.matching * HEIGHT + 66}px`);
    this.element.setAttribute("aria-rowcount", String(this.matching + 1));
    this.element.setAttribute("aria-colcount", String(this.columns.length + BEFORE));
  }

  drawHead() {
    const widths = [...FIXED, ...this.columns.map(([, column]) => Math.round(Math.min(Math.max(column.width, column.header.length + 2, 7), 44) * LETTER + 28))];
    this.element.style.setProperty("--columns", widths.map((width) => `${width}px`).join(" "));
    this.element.style.setProperty("--width", `${widths.reduce((sum, width) => sum + width, 0)}px`);
    this.all = make("input", { type: "checkbox", "aria-label": T.rowsView.tickAll, "data-key": "tick-all" });
    this.all.addEventListener("change", () => void trying(this.all ?? null, () => this.tickAll(this.all?.checked ?? false)));
    const names = [this.all, T.rowsView.rowNumber, T.rowsView.status];
    const before = names.map((name, place) => make("div", { role: "columnheader", class: `fixed-${place}`, "aria-colindex": place + 1 }, name));
    const own = this.columns.map(([, column], place) => make("div", { role: "columnheader", class: [column.used ? "used" : "", column.align].join(" "), "aria-colindex": place + BEFORE + 1, title: column.header },
      make("span", { class: "letter", "aria-hidden": "true" }, column.letter), make("span", { dir: "auto" }, column.header)));
    this.head.replaceChildren(make("div", { role: "row", class: "grid-row", "aria-rowindex": 1 }, ...before, ...own));
  }

  get firstInSight() { return Math.max(Math.floor(this.element.scrollTop / HEIGHT), 0); }

  schedule() {
    if (this.waiting) return;
    this.waiting = true;
    requestAnimationFrame(() => { this.waiting = false; this.draw(); });
  }

  draw() {
    const first = Math.max(this.firstInSight - AROUND, 0);
    const last = Math.min(this.firstInSight + Math.ceil(this.element.clientHeight / HEIGHT) + AROUND, this.matching);
    for (const [index, row] of this.drawn) {
      if (index < first || index >= last) {
        // The cell with the focus stays, so that the keyboard doesn't lose its place.
        if (row.contains(document.activeElement)) continue;
        row.remove();
        this.drawn.delete(index);
      }
    }
    const fresh = document.createDocumentFragment();
    for (let index = first; index < last; index += 1) {
      const row = this.pages.get(Math.floor(index / PAGE))?.[index % PAGE];
      const there = this.drawn.get(index);
      if (there && (there.dataset.row || !row)) continue;
      there?.remove();
      const element = row ? this.rowOf(row, index) : make("div", { class: "grid-row empty", role: "row", "aria-rowindex": index + 2 }, make("div", { role: "gridcell" }));
      element.style.top = `${index * HEIGHT}px`;
      this.drawn.set(index, element);
      fresh.append(element);
    }
    this.body.append(fresh);
    // The grid always has one cell that Tab leads to.
    if (!this.drawn.has(this.active.index) && last > first) {
      this.active = { index: Math.min(this.firstInSight, last - 1), column: this.active.column };
      this.again(this.active.index);
    }
    this.need(Math.floor(first / PAGE), Math.floor(Math.max(last - 1, first) / PAGE));
  }

  /** @param {number} first @param {number} last */
  need(first, last) {
    for (let page = first; page <= last; page += 1) {
      if (this.asked.has(page) || page * PAGE >= this.matching) continue;
      this.asked.add(page);
      const generation = this.generation;
      this.fetch(page).then((rows) => {
        if (generation !== this.generation) return;
        this.pages.set(page, rows.rows);
        this.draw();
      }).catch((error) => { this.asked.delete(page); complain(error); });
    }
  }

  /** @param {Row} row @param {number} index */
  rowOf(row, index) {
    const marks = new Map(row.marks.map((mark) => [mark[0], mark]));
    const ticked = this.ticks.has(row.number);
    const box = make("input", { type: "checkbox", checked: ticked, tabindex: -1, "aria-label": T.rowsView.tickRow(row.number) });
    const percent = row.percent !== null && row.status.group === "working" ? T.rowsView.percent(row.percent) : "";
    const decided = row.approval?.current ? make("span", { class: `decided ${row.approval.decision}`, title: T.rowsView[row.approval.decision] }, make("span", { class: "hidden" }, T.rowsView[row.approval.decision])) : null;
    const cells = [
      make("div", { role: "gridcell", class: "fixed-0", "aria-colindex": 1 }, box),
      make("div", { role: "rowheader", class: "fixed-1", "aria-colindex": 2, tabindex: -1 }, T.number(row.number)),
      make("div", { role: "gridcell", class: "fixed-2", "aria-colindex": 3, tabindex: -1 }, chip(row.status, percent), decided),
      ...this.columns.map(([place, column], turn) => {
        const mark = marks.get(place);
        const cell = make("div", { role: "gridcell", class: [column.align, mark ? mark[1] : ""].join(" "), "aria-colindex": turn + BEFORE + 1, tabindex: -1, dir: "auto" }, row.cells[place] ?? "");
        if (mark) {
          cell.dataset.said = [mark[2], mark[3]].filter(Boolean).join("\n");
          cell.setAttribute("aria-invalid", mark[1] === "problem" ? "true" : "false");
        }
        return cell;
      }),
    ];
    // Problems of the row as a whole are shown at its status.
    const whole = [...row.problems, ...row.warnings].filter((each) => !each.place.includes("!")).map((each) => `${each.message}${each.hint ? `\n${each.hint}` : ""}`);
    const said = [row.note, ...whole].filter(Boolean).join("\n");
    if (said) cells[2].dataset.said = said;
    const element = make("div", { role: "row", class: `grid-row${row.number === this.opened ? " opened" : ""}${row.hidden ? " hidden-row" : ""}`, "aria-rowindex": index + 2, "aria-selected": String(ticked), "data-row": row.number, "data-index": index }, ...cells);
    if (index === this.active.index) focusTarget(cells[this.active.column] ?? cells[1]).tabIndex = 0;
    return element;
  }

  /** @param {number} index */
  again(index) {
    const there = this.drawn.get(index);
    const row = this.pages.get(Math.floor(index / PAGE))?.[index % PAGE];
    if (!there || !row) return;
    const element = this.rowOf(row, index);
    element.style.top = there.style.top;
    const hadFocus = there.contains(document.activeElement);
    there.replaceWith(element);
    this.drawn.set(index, element);
    if (hadFocus) this.focusCell();
  }

  /** Changes of a run. @param {RowChange[]} changes */
  change(changes) {
    const fresh = new Map(changes.map((change) => [change.number, change]));
    for (const [page, rows] of this.pages) {
      rows.forEach((row, place) => {
        const change = fresh.get(row.number);
        if (!change) return;
        Object.assign(row, change);
        this.again(page * PAGE + place);
      });
    }
  }

  /** Mark the row whose preview is open. @param {number} row */
  mark(row) {
    this.opened = row;
    for (const element of this.drawn.values()) element.classList.toggle("opened", element.dataset.row === String(row));
  }

  /** @param {number} row @param {boolean} on */
  tick(row, on) {
    if (on) this.ticks.add(row);
    else this.ticks.delete(row);
    for (const element of this.drawn.values()) {
      if (element.dataset.row !== String(row)) continue;
      element.setAttribute("aria-selected", String(on));
      /** @type {HTMLInputElement} */ (element.querySelector("input")).checked = on;
    }
    this.tell.ticked();
  }

  /** @param {boolean} on */
  async tickAll(on) {
    if (on) {
      const { rows } = /** @type {{rows: string}} */ (await get("/api/rows/numbers", { filter: this.filter, search: this.search }));
      for (const row of rowsOf(rows)) this.ticks.add(row);
    } else this.ticks.clear();
    this.drawn.forEach((row, index) => this.again(index));
    if (this.all) this.all.checked = on;
    this.tell.ticked();
  }

  /** @param {MouseEvent} event */
  click(event) {
    const cell = cellOf(event);
    const row = Number(cell?.parentElement?.dataset.row);
    if (!cell || !row) return;
    if (event.target instanceof HTMLInputElement) {
      this.tick(row, event.target.checked);
      return;
    }
    if (cell.classList.contains("fixed-0")) {
      this.tick(row, !this.ticks.has(row));
      return;
    }
    this.tell.open(row);
  }

  /** @param {FocusEvent} event */
  focused(event) {
    const cell = cellOf(event);
    const index = Number(cell?.parentElement?.dataset.index ?? NaN);
    if (!cell || Number.isNaN(index)) return;
    for (const old of this.body.querySelectorAll("[tabindex='0']")) /** @type {HTMLElement} */ (old).tabIndex = -1;
    this.active = { index, column: [...(cell.parentElement?.children ?? [])].indexOf(cell) };
    focusTarget(cell).tabIndex = 0;
    this.showBubble(cell);
  }

  /** @param {KeyboardEvent} event */
  key(event) {
    const cell = cellOf(event);
    const row = Number(cell?.parentElement?.dataset.row);
    if (!cell || !row || event.altKey || event.metaKey) return;
    const { index, column } = this.active;
    const page = Math.max(Math.floor(this.element.clientHeight / HEIGHT) - 2, 1);
    const last = BEFORE + this.columns.length - 1;
    /** @type {Record<string, [number, number]>} */
    const moves = {
      ArrowDown: [index + 1, column], ArrowUp: [index - 1, column], ArrowRight: [index, column + 1], ArrowLeft: [index, column - 1],
      PageDown: [index + page, column], PageUp: [index - page, column],
      Home: [event.ctrlKey ? 0 : index, 0], End: [event.ctrlKey ? this.matching - 1 : index, last],
    };
    const to = moves[event.key];
    if (to) {
      event.preventDefault();
      this.active = { index: clamp(to[0], 0, this.matching - 1), column: clamp(to[1], 0, last) };
      this.bringIntoSight();
      this.focusCell();
    } else if (event.key === " ") {
      event.preventDefault();
      this.tick(row, !this.ticks.has(row));
    } else if (event.key === "Enter") {
      event.preventDefault();
      this.tell.open(row);
    } else if (event.key === "Escape") this.hideBubble();
  }

  bringIntoSight() {
    const top = this.active.index * HEIGHT;
    const room = this.element.clientHeight - this.head.offsetHeight;
    if (top < this.element.scrollTop) this.element.scrollTop = top;
    else if (top + HEIGHT > this.element.scrollTop + room) this.element.scrollTop = top + HEIGHT - room;
    this.draw();
  }

  /** Go to a row by its place among those shown. @param {number} index */
  goTo(index) {
    this.active = { index, column: 1 };
    this.bringIntoSight();
  }

  focusCell() {
    const cell = this.drawn.get(this.active.index)?.children[this.active.column];
    if (!(cell instanceof HTMLElement)) return;
    const target = focusTarget(cell);
    target.focus({ preventScroll: true });
    // Fixed columns cover the beginning; keep the cell out from under them.
    const left = cell.offsetLeft - FIXED[0] - FIXED[1];
    if (this.active.column >= BEFORE) {
      if (left < this.element.scrollLeft) this.element.scrollLeft = left;
      else if (cell.offsetLeft + cell.offsetWidth > this.element.scrollLeft + this.element.clientWidth) this.element.scrollLeft = cell.offsetLeft + cell.offsetWidth - this.element.clientWidth;
    } else this.element.scrollLeft = 0;
  }

  /** @param {HTMLElement | null} cell */
  showBubble(cell) {
    const said = cell?.dataset.said;
    if (!cell || !said) {
      this.hideBubble();
      return;
    }
    this.bubble.replaceChildren(...said.split("\n").map((line) => make("p", {}, line)));
    this.bubble.hidden = false;
    this.bubble.classList.toggle("problem", cell.classList.contains("problem"));
    cell.setAttribute("aria-describedby", "bubble");
    const place = cell.getBoundingClientRect();
    const { offsetWidth, offsetHeight } = this.bubble;
    const above = place.bottom + offsetHeight + 12 > innerHeight;
    this.bubble.style.left = `${clamp(place.left, 8, Math.max(innerWidth - offsetWidth - 8, 8))}px`;
    this.bubble.style.top = `${above ? place.top - offsetHeight - 6 : place.bottom + 6}px`;
  }

  /** The bubble goes along with its cell while that is pointed at or has the focus. */
  placeBubble() {
    const cell = /** @type {HTMLElement | null} */ (this.body.querySelector("[aria-describedby]"));
    this.showBubble(cell && (cell.matches(":hover") || cell.contains(document.activeElement)) ? cell : null);
  }

  hideBubble() {
    if (this.bubble.hidden) return;
    this.bubble.hidden = true;
    for (const cell of this.body.querySelectorAll("[aria-describedby]")) cell.removeAttribute("aria-describedby");
  }
}

/** @param {Event} event */
const cellOf = (event) => /** @type {HTMLElement | null} */ (/** @type {Element} */ (event.target).closest?.(".grid-body .grid-row > [role]") ?? null);

/** @param {HTMLElement} cell @returns {HTMLElement} */
const focusTarget = (cell) => cell.querySelector("input") ?? cell;

/** @param {number} value @param {number} least @param {number} most */
const clamp = (value, least, most) => Math.min(Math.max(value, least), Math.max(most, least));
