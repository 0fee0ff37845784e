// The proof sheet: one card a row, its scenes drawn from layouts that were drawn once for all rows.

const SVG = "http://www.w3.org/2000/svg";
const data = JSON.parse(byId("data").textContent);
const layouts = [...document.querySelectorAll("template.layout")].map((template) => template.content.firstElementChild);
const LONG = 1500;
let withPictures = false;

const pieces = (texts) => texts.map((text, place) => (place % 2 && text ? make("mark", {}, text) : text));
const isStopped = (row) => row.notes.some((note) => note[3]);
const isOdd = (row) => Boolean(row.remark) || row.cells.some((cell) => cell[3]);

function inSvg(name, attributes) {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  return element;
}

/** A layout with a row's own words in it. */
function draw(scene) {
  const drawing = layouts[scene.layout].cloneNode(true);
  for (const text of drawing.querySelectorAll("[data-slot]")) {
    const step = Number(text.dataset.step);
    const x = text.getAttribute("x");
    const y = Number(text.getAttribute("y"));
    scene.fills[text.dataset.slot].split("\n").forEach((line, number) => {
      const span = inSvg("tspan", { x, y: y + step * number });
      span.textContent = line;
      text.append(span);
    });
  }
  if (withPictures) for (const frame of drawing.querySelectorAll("[data-address]")) loadPicture(frame, scene.fills[frame.dataset.address]);
  return drawing;
}

const isLoadable = (address) => { try { return new URL(address).protocol === "https:"; } catch { return false; } };

function loadPicture(frame, address) {
  if (frame.classList.contains("video") || !isLoadable(address)) return;
  const [width, height] = frame.dataset.box.split(" ");
  const fit = frame.dataset.circle ? "none" : "xMidYMid slice";
  const image = inSvg("image", { width, height, preserveAspectRatio: fit, href: address });
  if (frame.dataset.circle) image.setAttribute("clip-path", frame.dataset.circle);
  const under = [...frame.children];
  image.addEventListener("load", () => under.forEach((part) => part.remove()));
  image.addEventListener("error", () => image.remove());
  frame.append(image);
}

function enlarge(scene, title) {
  const dialog = byId("large");
  const drawing = draw(scene);
  drawing.setAttribute("role", "img");
  drawing.setAttribute("aria-label", title);
  dialog.querySelector("div").replaceChildren(drawing);
  dialog.showModal();
}

function drawingOf(row, scene, number) {
  const title = `Scene ${number + 1} of row ${row.number}: ${scene.alt}`;
  const drawing = draw(scene);
  drawing.setAttribute("aria-hidden", "true");
  const button = make("button", { type: "button", class: "drawing", "aria-label": `${title}. Enlarge`, title: "Enlarge" });
  button.append(drawing);
  button.addEventListener("click", () => enlarge(scene, title));
  return button;
}

function saidIn(script, several) {
  const [avatar, , , texts] = script;
  const words = make("p", { class: "said" }, ...pieces(texts));
  const parts = [several && avatar ? make("p", { class: "who" }, `Avatar ${avatar} says`) : null, words];
  if (texts.join("").length > LONG) {
    words.classList.add("folded");
    const button = make("button", { type: "button", class: "unfold" }, "Show the whole script");
    button.addEventListener("click", () => { words.classList.remove("folded"); button.remove(); });
    parts.push(button);
  }
  return parts.filter(Boolean);
}

function sceneOf(row, scene, number) {
  const several = scene.scripts.length > 1;
  const words = make("div", { class: "words" });
  if (row.scenes.length > 1) words.append(make("h3", {}, `Scene ${number + 1}`));
  words.append(...scene.scripts.flatMap((script) => saidIn(script, several)));
  if (!scene.scripts.length) words.append(make("p", { class: "silent" }, "Nobody speaks in this scene."));
  if (scene.shown.length) {
    const texts = scene.shown.map((texts) => make("span", {}, ...pieces(texts)));
    words.append(make("p", { class: "shown" }, "On screen", ...texts));
  }
  const upright = layouts[scene.layout].classList.contains("upright");
  return make("div", { class: upright ? "scene upright" : "scene" }, drawingOf(row, scene, number), words);
}

function noteOf([place, message, cure, stops]) {
  const words = [place ? make("b", {}, place) : null, `${message}. ${cure}`.trim().replace(/([^.?!])$/, "$1.")];
  return make("p", { class: stops ? "note stop" : "note" }, ...words);
}

function cellsOf(row) {
  const cells = row.cells.flatMap(([header, address, text, remark]) => [
    make("div", {}, make("dt", {}, header, " ", make("span", { class: "where" }, address)), make("dd", { class: remark ? "odd" : null }, text || "(blank)")),
  ]);
  return make("details", { class: "cells" }, make("summary", {}, `The ${counted(cells.length, "cell")} it is made from`), make("dl", {}, ...cells));
}

function oddValues(row) {
  const odd = row.cells.filter((cell) => cell[3]);
  if (!odd.length) return null;
  return make("p", { class: "odd-values" }, ...odd.map(([header, address, text, remark]) => make("span", { class: "tag", title: address }, `${header}: ${text ? `${text.slice(0, 60)}, ` : ""}${remark}`)));
}

function card(row) {
  const id = `row-${row.number}`;
  const meta = row.scenes.length ? `about ${clock(row.seconds)} of speech` : "cannot be made";
  return make("article", { class: "card", id, tabindex: 0, "aria-labelledby": `${id}-title` },
    make("header", {},
      make("h2", { id: `${id}-title` }, row.title),
      make("span", { class: "number" }, `Row ${row.number}`),
      make("span", { class: "meta" }, meta),
      row.remark ? make("span", { class: "tag" }, row.remark) : null),
    ...row.notes.map(noteOf),
    oddValues(row),
    ...row.scenes.map((scene, number) => sceneOf(row, scene, number)),
    row.cells.length ? cellsOf(row) : null);
}

function wordsOf(row) {
  const texts = (lists) => lists.map((list) => list.join("")).join(" ");
  const scenes = row.scenes.map((scene) => `${texts(scene.scripts.map((script) => script[3]))} ${texts(scene.shown)}`);
  const cells = row.cells.map((cell) => cell.slice(0, 3).join(" "));
  return [`row ${row.number}`, row.title, row.remark, ...scenes, ...cells, ...row.notes.map((note) => note.slice(0, 3).join(" "))].join(" ");
}

/** Pictures come from other computers, so they are loaded only once somebody asks for them. */
function offerPictures() {
  const used = layouts.map((layout) => [...layout.querySelectorAll("[data-address]:not(.video)")].map((frame) => Number(frame.dataset.address)));
  const hosts = new Set();
  for (const row of data.rows) for (const scene of row.scenes) for (const place of used[scene.layout]) {
    if (isLoadable(scene.fills[place])) hosts.add(new URL(scene.fills[place]).host);
  }
  if (!hosts.size) return;
  const button = byId("pictures");
  button.hidden = false;
  button.title = `Loaded from ${[...hosts].slice(0, 5).join(", ")}; nothing is loaded before you ask`;
  button.addEventListener("click", () => {
    withPictures = !withPictures;
    button.textContent = withPictures ? "Hide pictures" : "Load pictures";
    list.draw();
  });
}

const list = new RowList({
  rows: data.rows,
  words: wordsOf,
  card,
  noun: "row",
  filters: [
    ["all", "All", () => true],
    ["warnings", "To look at first", (row) => row.notes.length > 0 && !isStopped(row)],
    ["stopped", "Cannot be made", isStopped],
    ["odd", "Stands out", isOdd],
  ],
  orders: { longest: (one, other) => other.seconds - one.seconds, shortest: (one, other) => one.seconds - other.seconds },
});
offerPictures();
const copyButton = byId("copy");
copyButton?.addEventListener("click", () => copy(copyButton, byId("code")));
