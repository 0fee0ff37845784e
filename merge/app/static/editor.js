// A text with columns in it: typed like any text, each column a chip that can't be broken.

import { make } from "/shared/elements.js";

/** @typedef {import("./contract").Piece} Piece */

/** Marks the caret's place around chips, so that one can type before and after them. */
const EDGE = "\u200b";
/** Words of these scripts have spaces between them. */
const ENDS_WORD = /[\p{Script=Latin}\p{Script=Cyrillic}\p{Script=Greek}\d.,;:!?]$/u;
const BEGINS_WORD = /^[\p{Script=Latin}\p{Script=Cyrillic}\p{Script=Greek}\d]/u;

export class Editor {
  /**
   * @param {string} label
   * @param {string} language
   * @param {string} codeWords what a rule is that the page doesn't take apart
   * @param {() => void} changed
   */
  constructor(label, language, codeWords, changed) {
    this.codeWords = codeWords;
    this.changed = changed;
    /** @type {Map<HTMLElement, Piece>} */
    this.chips = new Map();
    /** @type {Range | null} */
    this.place = null;
    this.element = make("div", { class: "editor", role: "textbox", contenteditable: "true", "aria-multiline": "true", "aria-label": label, lang: language || null, dir: "auto", spellcheck: "true", tabindex: 0 });
    this.element.addEventListener("input", () => changed());
    this.element.addEventListener("keydown", (event) => this.key(event));
    this.element.addEventListener("paste", (event) => {
      event.preventDefault();
      this.type(event.clipboardData?.getData("text/plain") ?? "");
    });
    this.element.addEventListener("drop", (event) => event.preventDefault());
    this.element.addEventListener("blur", () => this.keepPlace());
  }

  /** @param {KeyboardEvent} event */
  key(event) {
    if (event.key === "Enter" && !event.isComposing) {
      event.preventDefault();
      this.type("\n");
    } else if ((event.ctrlKey || event.metaKey) && "biu".includes(event.key.toLowerCase())) {
      event.preventDefault();
    }
  }

  /** @param {Piece[]} pieces */
  show(pieces) {
    this.chips.clear();
    this.element.replaceChildren(...pieces.map((piece) => ("text" in piece ? document.createTextNode(piece.text) : this.chip(piece))));
    this.pad();
    this.place = null;
  }

  /** @returns {Piece[]} */
  get pieces() {
    /** @type {Piece[]} */
    const found = [];
    /** @param {string} text */
    const add = (text) => {
      const last = found.at(-1);
      if (last && "text" in last) last.text += text;
      else if (text) found.push({ text });
    };
    /** @param {Node} node */
    const walk = (node) => {
      const piece = node instanceof HTMLElement ? this.chips.get(node) : undefined;
      if (piece) found.push({ ...piece });
      else if (node.nodeType === Node.TEXT_NODE) add((node.textContent ?? "").replaceAll(EDGE, ""));
      else if (node.nodeName === "BR") add("\n");
      else node.childNodes.forEach(walk);
    };
    this.element.childNodes.forEach(walk);
    return found;
  }

  /** @param {Piece} piece */
  chip(piece) {
    const isColumn = "column" in piece;
    const chip = make("span", { class: isColumn ? "chip-column" : "chip-code", contenteditable: "false", title: isColumn ? null : this.codeWords },
      isColumn ? piece.column : "code" in piece ? piece.code : "");
    this.chips.set(chip, piece);
    return chip;
  }

  /** The column chips in their order. @returns {[HTMLElement, {column: string, fallback: string, format: string}][]} */
  get columns() {
    const those = [...this.chips].filter(([chip, piece]) => "column" in piece && this.element.contains(chip));
    those.sort(([one], [other]) => (one.compareDocumentPosition(other) & Node.DOCUMENT_POSITION_FOLLOWING ? -1 : 1));
    return /** @type {[HTMLElement, {column: string, fallback: string, format: string}][]} */ (those);
  }

  keepPlace() {
    const selection = getSelection();
    const range = selection?.rangeCount ? selection.getRangeAt(0) : null;
    if (range && this.element.contains(range.commonAncestorContainer)) this.place = range.cloneRange();
  }

  /** Put a column in place of what is selected, or at the cursor, or at the end. @param {string} column @param {string} format */
  insert(column, format) {
    const chip = this.chip({ column, fallback: "", format });
    this.put(chip, () => this.space(chip));
  }

  /** Keep a new column apart from the word or the column next to it. @param {HTMLElement} chip */
  space(chip) {
    /** @param {Node | null} node */
    const textOf = (node) => (node?.nodeType === Node.TEXT_NODE ? (node.textContent ?? "").replaceAll(EDGE, "") : "");
    const [before, after] = [textOf(chip.previousSibling), textOf(chip.nextSibling)];
    const beforeChip = !before && [chip.previousSibling, chip.previousSibling?.previousSibling].some((node) => node instanceof HTMLElement && this.chips.has(node));
    if (ENDS_WORD.test(before) || beforeChip) chip.before(" ");
    if (BEGINS_WORD.test(after)) chip.after(" ");
  }

  /** @param {string} text */
  type(text) {
    if (text) this.put(document.createTextNode(text));
  }

  /** @param {Node} node @param {() => void} [then] what to do once it is there */
  put(node, then) {
    if (document.activeElement === this.element) this.keepPlace();
    let range = this.place;
    if (!range || !this.element.contains(range.commonAncestorContainer)) {
      range = new Range();
      range.selectNodeContents(this.element);
      range.collapse(false);
    }
    range.deleteContents();
    range.insertNode(node);
    then?.();
    this.pad();
    this.element.focus();
    const after = new Range();
    const next = node.nextSibling;
    if (node.nodeType !== Node.TEXT_NODE && next?.nodeType === Node.TEXT_NODE) after.setStart(next, next.textContent?.startsWith(EDGE) ? 1 : 0);
    else after.setStartAfter(node);
    after.collapse(true);
    const selection = getSelection();
    selection?.removeAllRanges();
    selection?.addRange(after);
    this.place = after.cloneRange();
    this.changed();
  }

  /** @param {HTMLElement} chip */
  remove(chip) {
    chip.remove();
    this.chips.delete(chip);
    this.changed();
    this.element.focus();
  }

  /** A place for the caret next to each chip that has none, and a last line that can be reached. */
  pad() {
    for (const chip of this.chips.keys()) {
      if (!this.element.contains(chip)) continue;
      if (chip.previousSibling?.nodeType !== Node.TEXT_NODE) chip.before(document.createTextNode(EDGE));
      if (chip.nextSibling?.nodeType !== Node.TEXT_NODE) chip.after(document.createTextNode(EDGE));
    }
    const last = this.element.lastChild;
    if (last?.nodeType === Node.TEXT_NODE && last.textContent?.endsWith("\n")) last.textContent += EDGE;
  }
}
