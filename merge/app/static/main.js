// The page: its frame, its steps, and which view is shown. `#rows?row=5` is the step Rows with row 5 open.

import { announce, byId, make } from "/shared/elements.js";
import { stopPlaying } from "/shared/play.js";
import { post, sayWhenUnreachable } from "./api.js";
import { showApprove } from "./approve.js";
import { openConnect } from "./connect.js";
import { showFiles } from "./files.js";
import { showMake } from "./make.js";
import { showRows } from "./rows.js";
import { showScript } from "./script.js";
import { begin, listen, state, take } from "./store.js";
import { T } from "./texts.js";
import { button, confirmed, handleFaults, openDialog, redraw, sentence, toast, toggle } from "./ui.js";
import { showVideos } from "./videos.js";

/** @typedef {keyof typeof T.steps} Step */
/** @typedef {(main: HTMLElement, query: URLSearchParams) => () => void} View */

/** @type {Record<Step, View>} */
const views = { files: showFiles, script: showScript, rows: showRows, approve: showApprove, make: showMake, videos: showVideos };
const order = /** @type {Step[]} */ (Object.keys(views));

/** @type {() => void} */
let leave = () => {};
let shown = "";
// What the steps and the frame were drawn for. What is the same isn't drawn again, so that no press on it is lost.
let stepsDrawn = "";
let frameDrawn = "";

const chosen = () => Boolean(state.choice.workbook && state.choice.template);
const running = () => state.run !== null && state.run.state !== "finished";

/** @returns {Step} */
function firstStep() {
  if (!chosen()) return "files";
  return running() ? "make" : "rows";
}

function here() {
  const [name, query] = location.hash.slice(1).split("?");
  const step = order.find((each) => each === name);
  return { step: step && (step === "files" || chosen()) ? step : firstStep(), query: new URLSearchParams(query) };
}

function show() {
  const { step, query } = here();
  const address = `${step}?${query}`;
  if (address === shown) return;
  const first = !shown;
  // The first step is in the address too, so that a choice doesn't lead elsewhere by itself.
  if (!location.hash.startsWith(`#${step}`)) history.replaceState(null, "", `#${step}`);
  shown = address;
  stopPlaying();
  leave();
  const main = byId("main");
  main.replaceChildren();
  main.className = `view view-${step}`;
  leave = views[step](main, query);
  const next = nextOf(step);
  if (next) main.append(next);
  drawSteps();
  document.title = `${T.steps[step]} · ${state.folder.name} · castmerge`;
  scrollTo(0, 0);
  if (!first) {
    const title = main.querySelector("h1");
    title?.setAttribute("tabindex", "-1");
    title?.focus({ preventScroll: true });
  }
}

/** The way to the next step, at the end of each. @param {Step} step */
function nextOf(step) {
  const next = order[order.indexOf(step) + 1];
  if (!next || step === "make") return null;
  const link = make("a", { class: "button primary next", href: `#${next}`, "data-step": next }, T.next(T.steps[next]));
  return make("footer", { class: "view-foot" }, link);
}

function drawSteps() {
  const { step } = here();
  const ready = chosen();
  for (const link of document.querySelectorAll(".view-foot .next")) /** @type {HTMLElement} */ (link).hidden = !ready;
  if (stepsDrawn === `${step} ${ready}`) return;
  stepsDrawn = `${step} ${ready}`;
  const items = order.map((name, place) => {
    const off = !ready && name !== "files";
    const link = make("a", { href: off ? null : `./#${name}`, role: off ? "link" : null, "aria-disabled": off ? "true" : null, "aria-current": name === step ? "step" : null, "data-key": `step-${name}` },
      make("span", { class: "step-number", "aria-hidden": "true" }, String(place + 1)), make("span", { class: "step-name" }, T.steps[name]));
    return make("li", {}, link);
  });
  const steps = byId("steps");
  steps.setAttribute("aria-label", T.stepLabel);
  redraw(steps, make("ol", {}, ...items));
  steps.hidden = false;
  // On a narrow screen the steps scroll; the one that is shown should be in sight.
  const current = /** @type {HTMLElement | null} */ (steps.querySelector("[aria-current]"));
  if (current) steps.scrollLeft = current.offsetLeft - 24;
}

function drawFrame() {
  const { practice } = state.choice;
  if (frameDrawn === `${practice} ${state.connection.connected}`) return;
  frameDrawn = `${practice} ${state.connection.connected}`;
  byId("folder").textContent = state.folder.name;
  document.documentElement.classList.toggle("is-practice", practice);
  const bar = byId("practice");
  bar.hidden = !practice;
  redraw(bar, practice ? make("p", {}, T.frame.practiceOn) : null, practice ? button(T.frame.leavePractice, () => setPractice(false), { "data-key": "leave" }) : null);
  const connection = button(state.connection.connected ? T.frame.connected : T.frame.connect, () => openConnect(), {
    class: state.connection.connected ? "quiet connected" : "quiet", "data-key": "connection",
  });
  redraw(byId("top-actions"), toggle(T.frame.practice, practice, setPractice, "practice"), practice ? null : connection,
    make("a", { class: "button quiet", href: "/help", target: "_blank", "data-key": "help" }, T.frame.help),
    button(T.frame.quit, quit, { class: "quiet", "data-key": "quit" }));
}

/** @param {boolean} practice */
async function setPractice(practice) {
  try {
    take(await post("/api/choice", { practice }));
  } finally {
    frameDrawn = "";
    drawFrame();
  }
}

async function quit() {
  if (!(await confirmed(T.frame.quitTitle, [make("p", {}, running() || state.check.counts.working ? T.frame.quitWords : T.frame.quitIdle)], T.frame.quitYes))) return;
  await post("/api/quit");
  ended();
}

/** Ends when castmerge has: nothing of the page is drawn again. */
const open = new AbortController();

function ended() {
  open.abort();
  leave();
  leave = () => {};
  const title = make("h1", { tabindex: -1 }, T.frame.gone);
  document.title = T.frame.gone;
  document.body.replaceChildren(make("main", { class: "alone" }, title, make("p", {}, T.frame.goneWords)));
  title.focus();
}

/** Several things that an error asks for are not a message. */
handleFaults((fault) => {
  if (fault.kind === "key") {
    openConnect(sentence(fault));
    return true;
  }
  if (fault.kind === "encoding" && fault.guesses) {
    const guesses = fault.guesses;
    openDialog(T.files.encodingTitle, (close) => [
      make("p", {}, T.files.encodingLead),
      make("div", { class: "choices" }, ...guesses.map((guess) => {
        const choose = button("", async () => { close(); take(await post("/api/choice", { encoding: guess.name })); }, { class: "choice" });
        choose.append(make("b", { dir: "auto" }, guess.sample), make("span", { class: "small" }, guess.label));
        return choose;
      })),
    ]);
    return true;
  }
  return false;
});

sayWhenUnreachable(T.frame.unreachable, T.frame.unreachableHint);
await begin();
drawFrame();
show();
window.addEventListener("hashchange", show, { signal: open.signal });
listen(["state"], () => {
  drawFrame();
  const { step } = here();
  if (!shown.startsWith(`${step}?`)) show();
  else drawSteps();
});
listen(["lost"], () => toast(T.frame.lost, true));
listen(["back"], () => toast(T.frame.back));
listen(["bye"], ended);
window.addEventListener("resize", () => { stepsDrawn = ""; drawSteps(); }, { signal: open.signal });
byId("skip").addEventListener("click", (event) => {
  event.preventDefault();
  byId("main").focus();
});
announce("");
