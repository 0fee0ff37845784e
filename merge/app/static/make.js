// Making: what it costs and what is skipped, one sample first, then the rest; and the run while it goes on.

import { make } from "/shared/elements.js";
import { get, post, Refused } from "./api.js";
import { columnMapping } from "./columns.js";
import { openConnect } from "./connect.js";
import { isSample, runPanel } from "./run.js";
import { isFirstReading, listen, state, take } from "./store.js";
import { T } from "./texts.js";
import { openUnplaced } from "./unplaced.js";
import { busy, button, confirmed, faultNotice, lockNotice, notice, redraw, sentence, toast } from "./ui.js";

/** @typedef {import("./contract").Plan} Plan */
/** @typedef {import("./contract").Ask} Ask */

/** Start a run, and show it. @param {Ask & {code?: string}} ask */
export async function start(ask) {
  const run = /** @type {import("./contract").Run} */ (await post("/api/run", ask));
  take({ ...state, run });
  if (location.hash !== "#make") location.hash = "#make";
}

/** Make rows again, once somebody has agreed to what it costs. @param {Ask} ask */
export async function makeAgain(ask) {
  const plan = /** @type {Plan} */ (await get("/api/plan", { ...ask }));
  if (await agreed(plan)) await start({ ...ask, code: plan.code, anyway: plan.lock !== null });
}

/** Whether to make what a plan contains; practice costs nothing, so nobody is asked. @param {Plan} plan */
async function agreed(plan) {
  if (plan.practice) return true;
  const words = [plan.credits.text, plan.time.text, plan.lock ? sentence(plan.lock) : ""].filter(Boolean).map((text) => make("p", {}, text));
  return confirmed(T.make.confirmTitle(plan.make), words, plan.make === 1 ? T.make.confirmOne : T.make.confirmYes);
}

class MakeView {
  /** @param {HTMLElement} main @param {URLSearchParams} query */
  constructor(main, query) {
    this.rows = query.get("rows") ?? "";
    /** Whether the plan is shown although a run has ended. */
    this.again = Boolean(this.rows);
    this.version = -1;
    this.lock = "";
    /** @type {ReturnType<typeof runPanel> | undefined} */
    this.panel = undefined;
    this.head = make("header", { class: "view-head" });
    this.body = make("div", { class: "make-body" });
    main.append(this.head, this.body);
    this.draw();
  }

  get run() {
    const { run } = state;
    return run && (run.state !== "finished" || !this.again) ? run : null;
  }

  draw() {
    const { run } = this;
    if (!run) {
      this.panel = undefined;
      void this.loadPlan();
      return;
    }
    if (this.panel?.id !== run.id) {
      this.panel = runPanel(run.id, () => { this.again = true; this.rows = ""; this.draw(); });
      redraw(this.head, make("h1", {}, run.practice ? T.run.practice : T.run.title));
      redraw(this.body, this.panel.element);
    }
    this.panel.show(run);
    const title = /** @type {HTMLElement} */ (this.head.querySelector("h1"));
    const words = isSample(run) ? T.run.sampleDone : run.state === "finished" && run.outcome ? T.run.outcomes[run.outcome] : run.practice ? T.run.practice : T.run.title;
    if (title.textContent !== words) title.textContent = words;
  }

  async loadPlan() {
    if (!this.body.childElementCount || this.body.querySelector(".run")) {
      redraw(this.head, make("h1", {}, T.make.title));
      redraw(this.body, busy(T.frame.loading));
    }
    if (isFirstReading()) return;
    try {
      const all = /** @type {Plan} */ (await get("/api/plan", this.rows ? { what: "rows", rows: this.rows } : { what: "all" }));
      const first = !this.rows && all.make > 1;
      const sample = first ? /** @type {Plan} */ (await get("/api/plan", { what: "sample" })) : null;
      if (this.run) return;
      this.version = all.version;
      this.drawPlan(all, sample?.sample && sample.make ? sample : null);
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      redraw(this.body, faultNotice(error.fault, make("a", { class: "button", href: "#rows" }, T.make.lookAtRows), button(T.frame.tryAgain, () => this.loadPlan())));
    }
  }

  /** @param {Plan} plan @param {Plan | null} sample */
  drawPlan(plan, sample) {
    const made = state.check.counts.done ?? 0;
    redraw(this.body,
      this.rows ? notice("info", make("p", {}, T.make.onlyRows(this.rows), " ", button(T.make.everything, () => { this.rows = ""; location.hash = "#make"; this.draw(); }, { class: "link", "data-key": "everything" }))) : null,
      columnMapping() ?? (plan.blocked ? this.blocked(plan.blocked) : null),
      plan.unplaced.length ? notice("warning", make("p", {}, T.rowsView.unplaced(plan.unplaced.length)), make("p", { class: "actions" }, button(T.frame.more, () => openUnplaced(), { "data-key": "unplaced" }))) : null,
      ...plan.notes.map((words) => notice("info", make("p", {}, words))),
      plan.lock ? lockNotice({ ...plan.lock, hint: plan.lock.hint || T.make.locked }) : null,
      plan.make ? make("div", { class: "plan" }, sample && !made ? this.sampleCard(sample) : null, this.allCard(plan, sample !== null && !made, made)) : plan.follow ? this.followCard() : state.check.unknown.length ? null : this.nothing(),
      plan.skipped.length ? make("section", { class: "card skipped" }, make("h2", {}, T.make.skipped), make("ul", {}, ...plan.skipped.map((each) => make("li", {},
        make("span", {}, each.reason), make("span", { class: "small" }, T.make.skippedRows(each.count, each.rows)))))) : null);
  }

  /** @param {import("./contract").Fault} fault */
  blocked(fault) {
    if (fault.kind !== "key") return faultNotice(fault, make("a", { class: "button", href: "#rows" }, T.make.lookAtRows));
    return faultNotice(fault, button(T.make.connectFirst, () => openConnect(), { class: "primary", "data-key": "connect" }),
      button(T.connect.practice, async () => take(await post("/api/choice", { practice: true })), { "data-key": "use-practice" }));
  }

  /** Nothing new is to be made, but videos of an earlier run are on their way. */
  followCard() {
    return make("section", { class: "card" }, make("h2", {}, T.make.followTitle), make("p", {}, T.make.followWords),
      make("p", { class: "actions" }, button(T.make.follow, async () => { this.again = false; take({ ...state, run: await post("/api/follow") }); }, { class: "primary big", "data-key": "follow" })));
  }

  nothing() {
    return make("section", { class: "card" }, make("h2", {}, T.make.nothing), make("p", {}, T.make.nothingWords),
      make("p", { class: "actions" }, make("a", { class: "button", href: "#rows" }, T.make.lookAtRows), make("a", { class: "button", href: "#videos" }, T.run.see)));
  }

  /** @param {Plan} plan */
  sampleCard(plan) {
    const sample = /** @type {NonNullable<Plan["sample"]>} */ (plan.sample);
    return make("section", { class: "card sample" }, make("h2", {}, T.make.sampleTitle),
      make("p", { dir: "auto" }, make("b", {}, T.make.sampleWhy(sample.row, sample.title))), make("p", {}, sample.why), facts({ ...plan, limits: [] }),
      make("p", { class: "actions" }, button(T.make.sample, () => this.ask(plan, { what: "sample" }), { class: "primary big", "aria-disabled": plan.blocked ? "true" : null, "data-key": "sample" }),
        make("a", { class: "button quiet", href: `#rows?row=${sample.row}` }, T.make.lookAtRows)));
  }

  /** @param {Plan} plan @param {boolean} sampleFirst @param {number} made */
  allCard(plan, sampleFirst, made) {
    const words = this.rows ? T.make.rest(plan.make, true) : T.make.rest(plan.make, made === 0);
    /** @type {Ask} */
    const ask = this.rows ? { what: "rows", rows: this.rows } : { what: "all" };
    return make("section", { class: "card all" }, make("h2", {}, T.make.restTitle(plan.make)), facts(plan),
      make("p", { class: "actions" }, button(words, () => this.ask(plan, ask), { class: sampleFirst ? "big" : "primary big", "aria-disabled": plan.blocked ? "true" : null, "data-key": "all" })));
  }

  /** @param {Plan} plan @param {Ask} ask */
  async ask(plan, ask) {
    if (!(await agreed(plan))) return;
    this.again = false;
    try {
      await start({ ...ask, code: plan.code, anyway: plan.lock !== null });
    } catch (error) {
      this.again = true;
      if (!(error instanceof Refused)) throw error;
      if (error.fault.kind === "unplaced") openUnplaced();
      else if (error.fault.kind === "locked") {
        if (await confirmed(error.fault.message, [make("p", {}, T.make.locked)], T.make.startAnyway)) await start({ ...ask, code: plan.code, anyway: true });
      } else if (error.fault.kind === "conflict") {
        toast(T.make.outdated, true);
        await this.loadPlan();
      } else throw error;
    }
  }

  refresh() {
    if (this.run) this.draw();
    else if (this.panel || state.check.version !== this.version || this.lock !== JSON.stringify([state.lock, state.connection, state.choice.practice])) {
      this.lock = JSON.stringify([state.lock, state.connection, state.choice.practice]);
      if (state.check.state !== "reading") this.draw();
    }
  }
}

/** What is known about cost and time before it. @param {Plan} plan */
function facts(plan) {
  const lines = [[T.make.credits, plan.credits.text], [T.make.time, plan.time.text], [T.make.speech, plan.speech.text]];
  const limits = plan.limits.map((limit) => [T.make.limit, limit.text]);
  return make("dl", { class: "facts" }, ...[...lines, ...limits].filter(([, words]) => words).flatMap(([name, words]) => [make("dt", {}, name), make("dd", {}, words)]));
}

/** @param {HTMLElement} main @param {URLSearchParams} query */
export function showMake(main, query) {
  const view = new MakeView(main, query);
  const stop = [listen(["state", "check", "run"], () => view.refresh()), listen(["rows"], ({ rows }) => view.panel?.change(rows))];
  return () => stop.forEach((each) => each());
}

