// Build elements without any HTML text, and say things to people who use a screen reader.

/** @typedef {string | number | boolean | null | undefined} Attribute */
/** @typedef {Node | string | null | undefined} Child */

/**
 * The element with an id that the page is known to have.
 * @param {string} id
 * @returns {HTMLElement}
 */
export const byId = (id) => /** @type {HTMLElement} */ (document.getElementById(id));

/**
 * Make an element. Attributes that are null, undefined or false are left out; texts become text, never markup.
 * @template {keyof HTMLElementTagNameMap} Name
 * @param {Name} name
 * @param {Record<string, Attribute>} [attributes]
 * @param {...Child} children
 * @returns {HTMLElementTagNameMap[Name]}
 */
export function make(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value !== null && value !== undefined && value !== false) element.setAttribute(key, value === true ? "" : String(value));
  }
  element.append(.../** @type {(Node | string)[]} */ (children.filter((child) => child !== null && child !== undefined && child !== "")));
  return element;
}

/** @param {number} number @param {string} noun */
export const counted = (number, noun) => `${number.toLocaleString("en")} ${noun}${number === 1 ? "" : "s"}`;

/** A text for comparing: without case and accents. @param {string} text */
export const folded = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();

/** Say something in the page's one live region. @param {string} text */
export const announce = (text) => { byId("announced").textContent = text; };

/** Seconds as a player shows them: 0:18, 12:05. @param {number} seconds */
export function clock(seconds) {
  const whole = Math.round(seconds);
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}

/**
 * Copy a text, and say so on the button for a moment.
 * @param {HTMLElement} button
 * @param {HTMLElement} source its text is selected where the page may not copy
 */
export async function copy(button, source) {
  const said = button.textContent;
  try {
    await navigator.clipboard.writeText(source.textContent ?? "");
    button.textContent = "Copied";
    announce("Copied");
  } catch {
    getSelection()?.selectAllChildren(source);
    button.textContent = "Selected";
    announce("Selected. To copy it, press Ctrl+C");
  }
  setTimeout(() => { button.textContent = said; }, 1600);
}
