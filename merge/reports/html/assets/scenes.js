// Scenes as drawings: layouts were drawn once for all rows, and each row fills them in.

const SVG = "http://www.w3.org/2000/svg";
const data = JSON.parse(byId("data").textContent);
const layouts = [...document.querySelectorAll("template.layout")].map((template) => template.content.firstElementChild);
let withPictures = false;

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
  // The circle behind a head stays: the picture may end within it.
  const under = [...frame.children].slice(frame.dataset.circle ? 1 : 0);
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
  fitLines(dialog);
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

function noteOf([place, words, stops]) {
  return make("p", { class: stops ? "note stop" : "note" }, place ? make("b", {}, place) : null, words);
}

/** Lines that were broken to fit their box keep to it, whatever font this computer has for them. */
function fitLines(root) {
  for (const text of root.querySelectorAll("text[data-width]")) {
    const width = Number(text.dataset.width);
    for (const line of text.children) {
      if (line.textContent.trim().includes(" ") && line.getComputedTextLength() > width) {
        line.setAttribute("textLength", width);
        line.setAttribute("lengthAdjust", "spacingAndGlyphs");
      }
    }
  }
}

/** Pictures come from other computers, so they are loaded only once somebody asks for them. */
function offerPictures(redraw) {
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
    redraw();
  });
}
