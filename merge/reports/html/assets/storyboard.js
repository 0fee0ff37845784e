// Scenes as drawings: layouts are drawn once for all rows, and each row fills them in.

import { make } from "./elements.js";

/**
 * A script: who says it, in what language (a BCP 47 code or ""), in how many seconds, and its text in pieces
 * that are by turns the template's and the row's.
 * @typedef {[avatar: string, language: string, seconds: number, pieces: string[]]} Said
 */
/**
 * A scene of a row.
 * @typedef {{layout: number, fills: string[], alt: string, scripts: Said[], shown?: [kind: string, pieces: string[]][]}} Scene
 */

const SVG = "http://www.w3.org/2000/svg";

/** @param {string} name @param {Record<string, string | number>} attributes */
export function inSvg(name, attributes) {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, String(value));
  return element;
}

/** @param {string} address */
const isLoadable = (address) => { try { return new URL(address).protocol === "https:"; } catch { return false; } };

/** Text in pieces as nodes, the row's words marked. @param {string[]} texts @returns {(string | HTMLElement)[]} */
export const pieces = (texts) => texts.map((text, place) => (place % 2 && text ? make("mark", {}, text) : text));

const languages = new Intl.DisplayNames("en", { type: "language" });

/** What a language's code means; what isn't a code stays as it is. @param {string} code */
export function languageOf(code) {
  try {
    return code ? (languages.of(code.replace("_", "-")) ?? code) : "";
  } catch {
    return code;
  }
}

export class Storyboard {
  /**
   * @param {Element[]} layouts by number
   */
  constructor(layouts) {
    this.layouts = layouts;
    this.withPictures = false;
  }

  /** Whether a scene is higher than wide. @param {Scene} scene */
  isUpright(scene) {
    return this.layouts[scene.layout].classList.contains("upright");
  }

  /** A layout with a row's own words in it. @param {Scene} scene @returns {Element} */
  draw(scene) {
    const drawing = /** @type {Element} */ (this.layouts[scene.layout].cloneNode(true));
    for (const text of /** @type {NodeListOf<SVGElement>} */ (drawing.querySelectorAll("[data-slot]"))) {
      const step = Number(text.dataset.step);
      const x = text.getAttribute("x") ?? "0";
      const y = Number(text.getAttribute("y"));
      scene.fills[Number(text.dataset.slot)].split("\n").forEach((line, number) => {
        const span = inSvg("tspan", { x, y: y + step * number });
        span.textContent = line;
        text.append(span);
      });
    }
    if (this.withPictures) {
      for (const frame of /** @type {NodeListOf<SVGElement>} */ (drawing.querySelectorAll("[data-address]"))) {
        loadPicture(frame, scene.fills[Number(frame.dataset.address)]);
      }
    }
    return drawing;
  }

  /** The hosts that a scene's pictures are on. @param {Scene} scene @returns {string[]} */
  hosts(scene) {
    const frames = /** @type {NodeListOf<SVGElement>} */ (this.layouts[scene.layout].querySelectorAll("[data-address]:not(.video)"));
    const addresses = [...frames].map((frame) => scene.fills[Number(frame.dataset.address)]);
    return addresses.filter(isLoadable).map((address) => new URL(address).host);
  }
}

/** @param {SVGElement} frame @param {string} address */
function loadPicture(frame, address) {
  if (frame.classList.contains("video") || !isLoadable(address)) return;
  const [width, height] = (frame.dataset.box ?? "").split(" ");
  const circle = frame.dataset.circle;
  const image = inSvg("image", { width, height, preserveAspectRatio: circle ? "none" : "xMidYMid slice", href: address });
  if (circle) image.setAttribute("clip-path", circle);
  // The circle behind a head stays: the picture may end within it.
  const under = [...frame.children].slice(circle ? 1 : 0);
  image.addEventListener("load", () => under.forEach((part) => part.remove()));
  image.addEventListener("error", () => image.remove());
  frame.append(image);
}

/** Lines that were broken to fit their box keep to it, whatever font this computer has for them. @param {Element} root */
export function fitLines(root) {
  for (const text of /** @type {NodeListOf<SVGTextElement>} */ (root.querySelectorAll("text[data-width]"))) {
    const width = Number(text.dataset.width);
    for (const line of /** @type {Iterable<SVGTSpanElement>} */ (text.children)) {
      if (line.textContent?.trim().includes(" ") && line.getComputedTextLength() > width) {
        line.setAttribute("textLength", String(width));
        line.setAttribute("lengthAdjust", "spacingAndGlyphs");
      }
    }
  }
}
