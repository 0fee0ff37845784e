// Connecting AI Studios: where the key is found, trying it, keeping it; practice mode is one click away.

import { make } from "/shared/elements.js";
import { post, Refused, remove } from "./api.js";
import { state, take } from "./store.js";
import { T } from "./texts.js";
import { busy, button, complain, faultNotice, field, notice, openDialog, toast } from "./ui.js";

/** @typedef {import("./contract").Connection} Connection */

/** @param {Connection} connection */
const keep = (connection) => take({ ...state, connection });

/** Do what needs an account: at once, or as soon as there is one or practice mode is on. @param {() => unknown} act */
export function whenConnected(act) {
  if (state.connection.connected || state.choice.practice) return act();
  return openConnect("", act);
}

/** @param {string} [reason] why it is needed now @param {() => unknown} [then] what it is needed for */
export function openConnect(reason = "", then = () => {}) {
  openDialog(state.connection.connected && !reason ? T.connect.doneTitle : T.connect.title, (close) => {
    const body = make("div", { class: "connect" });
    const done = () => { close(); return then(); };
    if (state.connection.connected && !reason) showConnected(body, close);
    else showForm(body, done, reason);
    return [body];
  });
}

/** @param {HTMLElement} body @param {() => void} close */
function showConnected(body, close) {
  const { connection } = state;
  body.replaceChildren(
    make("p", {}, connection.host),
    make("p", { class: "small" }, T.connect.where[connection.where]),
    make("div", { class: "actions end" },
      connection.where === "environment" ? "" : button(T.connect.forget, async () => { keep(await remove("/api/connection")); close(); }, { class: "quiet" }),
      button(T.connect.change, () => showForm(body, close, ""))));
}

/** @param {HTMLElement} body @param {() => unknown} done @param {string} reason */
function showForm(body, done, reason) {
  const { connection } = state;
  const key = make("input", { type: "password", autocomplete: "off", spellcheck: "false", autofocus: true, required: true });
  const region = /** @type {const} */ (["global", "china"]).map((name) => {
    const radio = make("input", { type: "radio", name: "region", value: name, checked: name === connection.region });
    return make("label", { class: "radio" }, radio, T.connect[name]);
  });
  const remember = make("input", { type: "checkbox", checked: true });
  const said = make("div", { role: "alert" });
  const connect = make("button", { type: "submit", class: "primary" }, T.connect.connect);
  const form = make("form", { class: "form", novalidate: true },
    reason ? notice("warning", make("p", {}, reason)) : null,
    make("p", {}, T.connect.lead),
    make("details", { open: true }, make("summary", {}, T.connect.whereTitle), make("ol", { class: "help" }, ...connection.help.map((line) => make("li", {}, line)))),
    field(T.connect.key, key),
    make("fieldset", {}, make("legend", {}, T.connect.region), ...region),
    connection.keyring ? make("label", { class: "check" }, remember, T.connect.keep(connection.keyring)) : make("p", { class: "small" }, T.connect.keepNot),
    said,
    make("div", { class: "actions end" }, connect),
    make("p", { class: "instead" }, `${T.connect.instead} `,
      button(T.connect.practice, async () => { take(await post("/api/choice", { practice: true })); return done(); }, { class: "link" })));
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (!key.value.trim()) {
      said.replaceChildren(notice("problem", make("p", {}, T.connect.missing)));
      key.focus();
      return;
    }
    said.replaceChildren(busy(T.connect.trying));
    connect.disabled = true;
    try {
      const where = new FormData(form).get("region") ?? "global";
      keep(await post("/api/connection", { key: key.value.trim(), region: where, keep: !connection.keyring || remember.checked }));
      toast(T.connect.doneTitle);
      Promise.resolve(done()).catch(complain);
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      said.replaceChildren(faultNotice(error.fault));
      key.select();
    } finally {
      connect.disabled = false;
    }
  });
  body.replaceChildren(form);
  key.focus();
}
