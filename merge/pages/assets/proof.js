// The proof sheet: one card a row, its scenes drawn from layouts that were drawn once for all rows.

const LONG = 1500;

const pieces = (texts) => texts.map((text, place) => (place % 2 && text ? make("mark", {}, text) : text));
const isStopped = (row) => row.notes.some((note) => note[3]);
const isOdd = (row) => Boolean(row.remark) || row.cells.some((cell) => cell[3]);

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
offerPictures(() => list.draw());
const copyButton = byId("copy");
copyButton?.addEventListener("click", () => copy(copyButton, byId("code")));
