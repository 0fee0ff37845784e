// What a proof and a report do with their scenes: enlarge one, and load its pictures when the reader asks.

import { byId, make } from "./elements.js";
import { fitLines, Storyboard } from "./storyboard.js";

/** @typedef {import("./storyboard.js").Scene} Scene */
/** @typedef {[place: string, words: string, stops: boolean]} Note */

export const data = JSON.parse(byId("data").textContent ?? "");
const templates = /** @type {NodeListOf<HTMLTemplateElement>} */ (document.querySelectorAll("template.layout"));
export const board = new Storyboard([...templates].map((template) => /** @type {Element} */ (template.content.firstElementChild)));

/** Show something in the large dialog. @param {Element} content @param {string} name */
export function showLarge(content, name) {
  const dialog = /** @type {HTMLDialogElement} */ (byId("large"));
  dialog.setAttribute("aria-label", name);
  /** @type {HTMLElement} */ (dialog.querySelector("div")).replaceChildren(content);
  dialog.showModal();
  fitLines(dialog);
  return dialog;
}

/** @param {{number: number}} row @param {Scene} scene @param {number} number */
export function drawingOf(row, scene, number) {
  const title = `Scene ${number + 1} of row ${row.number}: ${scene.alt}`;
  const drawing = board.draw(scene);
  drawing.setAttribute("aria-hidden", "true");
  const button = make("button", { type: "button", class: "drawing", "aria-label": `${title}. Enlarge`, title: "Enlarge" });
  button.append(drawing);
  button.addEventListener("click", () => {
    const large = board.draw(scene);
    large.setAttribute("role", "img");
    large.setAttribute("aria-label", title);
    showLarge(large, "Scene, enlarged");
  });
  return button;
}

/** @param {Note} note */
export function noteOf([place, words, stops]) {
  return make("p", { class: stops ? "note stop" : "note" }, place ? make("b", {}, place) : null, words);
}

/** Pictures come from other computers, so they are loaded only once somebody asks for them. @param {() => void} redraw */
export function offerPictures(redraw) {
  const hosts = new Set();
  for (const row of /** @type {{scenes: Scene[]}[]} */ (data.rows)) for (const scene of row.scenes) for (const host of board.hosts(scene)) hosts.add(host);
  if (!hosts.size) return;
  const button = byId("pictures");
  button.hidden = false;
  button.title = `Loaded from ${[...hosts].slice(0, 5).join(", ")}. Nothing is loaded until you ask`;
  button.addEventListener("click", () => {
    board.withPictures = !board.withPictures;
    button.textContent = board.withPictures ? "Hide pictures" : "Load pictures";
    redraw();
  });
}
