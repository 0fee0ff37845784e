// Building blocks of every view: buttons, notices, dialogs, and drawing again without losing the focus.

import { announce, make } from "/shared/elements.js";
import { Storyboard } from "/shared/storyboard.js";
import { Refused } from "./api.js";
import { T } from "./texts.js";

/** @typedef {import("/shared/elements.js").Child} Child */
/** @typedef {import("./contract").Fault} Fault */
/** @typedef {import("./contract").Lock} Lock */
/** @typedef {import("./contract").Status} Status */

/** @param {string} words @param {(event: MouseEvent) => unknown} act @param {Record<string, any>} [attributes] */
export function button(words, act, attributes = {}) {
  const element = make("button", { type: "button", ...attributes }, words);
  element.addEventListener("click", (event) => {
    if (element.getAttribute("aria-disabled") !== "true") void trying(element, () => act(event));
  });
  return element;
}

/**
 * Do something that may be refused: the button is busy until then, and a refusal becomes a message.
 * @param {HTMLElement | null} element
 * @param {() => unknown} act
 */
export async function trying(element, act) {
  const result = guarded(act);
  if (!(result instanceof Promise)) return;
  element?.setAttribute("aria-busy", "true");
  try { await result; } finally { element?.removeAttribute("aria-busy"); }
}

/** @param {() => unknown} act */
function guarded(act) {
  try {
    const result = act();
    return result instanceof Promise ? result.catch(complain) : result;
  } catch (error) {
    complain(error);
    return null;
  }
}

/** @type {(fault: Fault) => boolean} */
let handler = () => false;
/** Look at refusals first; true where it was dealt with. @param {(fault: Fault) => boolean} act */
export function handleFaults(act) { handler = act; }

/** @param {unknown} error */
export function complain(error) {
  if (!(error instanceof Refused)) throw error;
  if (!handler(error.fault)) toast(sentence(error.fault), true);
}

/** @param {{place?: string, message: string, hint?: string}} said */
export function sentence(said) {
  const { place } = said;
  return [place && !said.message.includes(place) ? `${place}: ${said.message}` : said.message, said.hint].filter(Boolean).map((part) => (/[.?!…]$/.test(part ?? "") ? part : `${part}.`)).join(" ");
}

/** @type {number | undefined} */
let vanishing;
/** A short message at the bottom of the page. @param {string} words @param {boolean} [stays] */
export function toast(words, stays = false) {
  const place = /** @type {HTMLElement} */ (document.getElementById("toast"));
  clearTimeout(vanishing);
  const leave = () => { place.hidden = true; place.replaceChildren(); };
  place.replaceChildren(make("p", {}, words));
  if (stays) place.append(button(T.frame.close, leave, { class: "quiet" }));
  else vanishing = setTimeout(leave, 5000);
  place.classList.toggle("bad", stays);
  place.hidden = false;
  announce(words);
}

/** @param {"info" | "warning" | "problem" | "good"} kind @param {...Child} children */
export const notice = (kind, ...children) => make("div", { class: `notice ${kind}` }, ...children);

/** @param {{place?: string, message: string, hint?: string}} fault @param {...Child} actions */
export function faultNotice(fault, ...actions) {
  const { place } = fault;
  return notice("problem",
    make("p", {}, place && !fault.message.includes(place) ? make("b", {}, `${place}: `) : null, fault.message),
    fault.hint ? make("p", {}, fault.hint) : null,
    actions.length ? make("p", { class: "actions" }, ...actions) : null);
}

/** @param {Lock} lock */
export const lockNotice = (lock) => notice("warning", make("p", {}, make("b", {}, lock.message)), lock.hint ? make("p", {}, lock.hint) : null);

/** @param {Status} status @param {string} [more] */
export const chip = (status, more = "") => make("span", { class: `chip ${status.group}` }, more ? `${status.label} ${more}` : status.label);

/** A busy dot with words. @param {string} words */
export const busy = (words) => make("p", { class: "busy" }, make("span", { class: "spinner", "aria-hidden": "true" }), words);

/**
 * Put new children into an element; what had the focus has it again, if it has the same `data-key`.
 * @param {HTMLElement} element
 * @param {...Child} children
 */
export function redraw(element, ...children) {
  const active = document.activeElement;
  const key = active instanceof HTMLElement && element.contains(active) ? active.dataset.key : undefined;
  element.replaceChildren(.../** @type {Node[]} */ (children.filter((child) => child !== null && child !== undefined && child !== "")));
  if (key) /** @type {HTMLElement | null} */ (element.querySelector(`[data-key="${CSS.escape(key)}"]`))?.focus({ preventScroll: true });
}

/**
 * A dialog with a title; it is removed when it closes, and the focus goes back to where it was.
 * @param {string} title
 * @param {(close: () => void) => Child[]} content
 * @param {{wide?: boolean, closed?: () => void}} [how]
 */
export function openDialog(title, content, how = {}) {
  const dialog = make("dialog", { class: how.wide ? "wide" : null, "aria-labelledby": "dialog-title" });
  const close = () => dialog.close();
  const head = make("header", {}, make("h2", { id: "dialog-title", tabindex: -1 }, title), button(T.frame.close, close, { class: "quiet close" }));
  dialog.append(head, make("div", { class: "dialog-body" }, ...content(close)));
  dialog.addEventListener("close", () => { dialog.remove(); how.closed?.(); });
  // A click outside the dialog closes it.
  dialog.addEventListener("pointerdown", (event) => { if (event.target === dialog) close(); });
  document.body.append(dialog);
  dialog.showModal();
  if (!dialog.querySelector("[autofocus]")) /** @type {HTMLElement} */ (head.firstElementChild).focus();
  return dialog;
}

/** Ask before something that can't be undone. @param {string} title @param {Child[]} words @param {string} yes @returns {Promise<boolean>} */
export function confirmed(title, words, yes) {
  return new Promise((resolve) => {
    let answer = false;
    openDialog(title, (close) => [
      ...words,
      make("div", { class: "actions end" },
        button(T.frame.cancel, close),
        button(yes, () => { answer = true; close(); }, { class: "primary" })),
    ], { closed: () => resolve(answer) });
  });
}

/**
 * @param {string} label
 * @param {HTMLElement} input
 * @param {string} [hint]
 */
export function field(label, input, hint = "") {
  const id = input.id || `field-${Math.random().toString(36).slice(2)}`;
  input.id = id;
  if (hint) input.setAttribute("aria-describedby", `${id}-hint`);
  return make("div", { class: "field" }, make("label", { for: id }, label), input, hint ? make("p", { class: "small", id: `${id}-hint` }, hint) : null);
}

/** A switch. @param {string} label @param {boolean} on @param {(on: boolean) => unknown} act @param {string} [key] */
export function toggle(label, on, act, key = "") {
  const input = make("input", { type: "checkbox", role: "switch", checked: on, "data-key": key || null });
  input.addEventListener("change", () => void trying(input, () => act(input.checked)));
  return make("label", { class: "switch" }, input, make("span", {}, label));
}

/** @type {{createHTML(svg: string): string}} */
const policy = /** @type {any} */ (globalThis).trustedTypes?.createPolicy("castmerge", { createHTML: (/** @type {string} */ svg) => svg }) ?? { createHTML: (svg) => svg };

/** The layouts that the server drew, as a storyboard. Texts in them are escaped where they were drawn. @param {string[]} layouts */
export function storyboardOf(layouts) {
  const parser = new DOMParser();
  return new Storyboard(layouts.map((svg) => document.importNode(parser.parseFromString(policy.createHTML(svg), "image/svg+xml").documentElement, true)));
}

/** @param {() => void} act @param {number} wait milliseconds */
export function later(act, wait) {
  /** @type {number | undefined} */
  let timer;
  return () => { clearTimeout(timer); timer = setTimeout(act, wait); };
}

/** Copy a text; says so. @param {string} text @param {string} said */
export async function copyText(text, said) {
  try {
    await navigator.clipboard.writeText(text);
    toast(said);
  } catch {
    const area = make("textarea", { rows: 6, readonly: true, "aria-label": said });
    area.value = text;
    openDialog(T.videos.copy, () => [area]);
    area.select();
  }
}
