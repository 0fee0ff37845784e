// Approving: here by name, or by mail with a proof page and its code. Every decision is kept.

import { make } from "/shared/elements.js";
import { get, post } from "./api.js";
import { listen, state, take } from "./store.js";
import { T } from "./texts.js";
import { rowsOf } from "./ticks.js";
import { busy, button, complain, field, notice, openDialog, redraw, toast, toggle } from "./ui.js";

/** @typedef {import("./contract").Approvals} Approvals */
/** @typedef {import("./contract").Page} Page */

/** Ask for name and comment, and note a decision about rows. @param {"approved" | "rejected"} decision @param {string} rows @param {() => void} [after] */
export function decide(decision, rows, after = () => {}) {
  const name = make("input", { type: "text", value: state.preferences.name, autocomplete: "name", autofocus: true, required: true });
  const comment = make("textarea", { rows: 2 });
  const said = make("div", { role: "alert" });
  openDialog(T.approve.decide(decision === "approved", rowsOf(rows)), (close) => {
    const form = make("form", { class: "form", novalidate: true }, field(T.approve.name, name), field(T.approve.comment, comment, T.approve.commentHint), said,
      make("div", { class: "actions end" }, button(T.frame.cancel, close), make("button", { type: "submit", class: "primary" }, decision === "approved" ? T.rowsView.approve : T.rowsView.reject)));
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      if (!name.value.trim()) {
        said.replaceChildren(notice("problem", make("p", {}, T.approve.nameMissing)));
        name.focus();
        return;
      }
      send({ decision, rows, comment: comment.value.trim(), by: name.value.trim() }).then(() => { close(); after(); }, complain);
    });
    return [form];
  });
}

/** @param {{decision: string, rows: string, comment: string, by: string}} said */
async function send(said) {
  if (said.by !== state.preferences.name) take(await post("/api/preferences", { name: said.by }));
  await post("/api/approvals", said);
  toast(T.approve.done);
}

/** @param {HTMLElement} main */
export function showApprove(main) {
  const body = make("div", { class: "approve-body" }, busy(T.frame.loading));
  const proof = make("div", { role: "status" });
  const code = make("input", { type: "text", autocomplete: "off", spellcheck: "false", class: "code-input", placeholder: "K7F3-9X2M", "data-key": "code" });
  main.append(make("header", { class: "view-head" }, make("h1", {}, T.approve.title), make("p", { class: "lead" }, T.approve.lead)), body);

  const load = async () => draw(await get("/api/approvals"));
  /** @param {Approvals} approvals */
  const draw = (approvals) => {
    const open = state.check.counts.to_make ?? 0;
    redraw(body,
      make("section", { class: "card" }, make("h2", {}, T.approve.now), make("p", {}, T.approve.nowWords(open, state.check.counts.approved ?? 0)),
        make("p", { class: "actions" }, open ? button(T.approve.approveAll(open), approveAll, { class: "primary", "data-key": "approve-all" }) : null,
          make("a", { class: "button", href: "#rows", "data-key": "look" }, T.make.lookAtRows)),
        toggle(T.approve.only, approvals.only_approved, async (only) => draw(await post("/api/approvals/only", { only_approved: only })), "only"),
        make("p", { class: "small" }, T.approve.onlyHint)),
      make("section", { class: "card" }, make("h2", {}, T.approve.byMail), make("p", {}, T.approve.byMailWords),
        make("p", { class: "actions" }, button(T.approve.proof, makeProof, { "data-key": "proof" })), proof, codeForm()),
      make("section", { class: "card wide" }, make("h2", {}, T.approve.record),
        approvals.records.length ? make("ol", { class: "records" }, ...approvals.records.map(recordItem)) : make("p", { class: "small" }, T.approve.recordNone)));
  };
  const approveAll = async () => {
    const { rows } = /** @type {{rows: string}} */ (await get("/api/rows/numbers", { filter: "to_make" }));
    decide("approved", rows, () => void load().catch(complain));
  };
  const makeProof = async () => {
    const page = /** @type {Page} */ (await post("/api/proof", {}));
    proof.replaceChildren(notice("good", make("p", {}, T.approve.proofDone(page.file)), make("p", {}, make("a", { href: page.url, target: "_blank", rel: "noopener" }, T.approve.openProof))));
  };
  const codeForm = () => {
    const use = make("button", { type: "submit", "data-key": "use-code" }, T.approve.codeUse);
    const form = make("form", { class: "code-form", novalidate: true }, field(T.approve.code, code), use);
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      if (!code.value.trim()) {
        toast(T.approve.codeMissing);
        code.focus();
        return;
      }
      post("/api/approvals/code", { code: code.value.trim(), by: state.preferences.name }).then((approvals) => {
        code.value = "";
        toast(T.approve.done);
        draw(/** @type {Approvals} */ (approvals));
      }, complain);
    });
    return form;
  };
  load().catch(complain);
  let version = state.check.version;
  return listen(["check"], () => {
    if (state.check.version === version) return;
    version = state.check.version;
    load().catch(complain);
  });
}

/** @param {import("./contract").ApprovalRecord} record */
function recordItem(record) {
  return make("li", {}, make("span", { class: `chip ${record.decision === "approved" ? "done" : "problem"}` }, T.approve[record.decision]),
    make("div", {}, make("p", {}, T.approve.rowsOf(record.rows, record.count)),
      record.comment ? make("p", { dir: "auto" }, `“${record.comment}”`) : null,
      make("p", { class: "small" }, [T.approve.by(record.by, T.when(record.at)), record.code].filter(Boolean).join(" · "))));
}
