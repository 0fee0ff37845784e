// What the page knows: the server's state, kept up to date by its events. Views listen to what they show.

import { get } from "./api.js";

/** @typedef {import("./contract").State} State */
/** @typedef {import("./contract").RowChange} RowChange */
/** @typedef {import("./contract").Download} Download */
/** @typedef {"state" | "check" | "run" | "rows" | "folder" | "download" | "bye" | "lost" | "back"} Topic */

/** @type {State} */
export let state;

/** @type {Map<Topic, Set<(data: any) => void>>} */
const listeners = new Map();

/** Listen to a topic; returns how to stop. @param {Topic[]} topics @param {(data: any) => void} listener */
export function listen(topics, listener) {
  for (const topic of topics) {
    const those = listeners.get(topic) ?? new Set();
    those.add(listener);
    listeners.set(topic, those);
  }
  return () => { for (const topic of topics) listeners.get(topic)?.delete(listener); };
}

/** @param {Topic} topic @param {unknown} [data] */
export function tell(topic, data) {
  for (const listener of [...(listeners.get(topic) ?? [])]) listener(data);
}

/** Whether the workbook is being read for the first time, so that there is nothing to show yet. */
export const isFirstReading = () => state.check.state === "reading" && !state.check.rows;

/** Take a new state that an answer brought. @param {State} fresh */
export function take(fresh) {
  state = withNewest(fresh);
  tell("state", state);
}

/** A state with the newest check and run: those have events of their own, which may have come before it. @param {State} fresh */
function withNewest(fresh) {
  const check = fresh.check.version > state.check.version ? fresh.check : state.check;
  const run = fresh.run && state.run && fresh.run.id <= state.run.id ? state.run : fresh.run;
  return { ...fresh, check, run };
}

export async function begin() {
  state = await get("/api/state");
  const events = new EventSource("/api/events");
  /** @param {Topic} topic @param {(data: any) => void} [keep] */
  const on = (topic, keep) => events.addEventListener(topic, (event) => {
    const data = JSON.parse(/** @type {MessageEvent} */ (event).data || "{}");
    keep?.(data);
    tell(topic, data);
  });
  let lost = false;
  /** Whether the next state may come from another start of castmerge, which counts its checks again. */
  let another = false;
  on("state", (data) => { state = another ? data : withNewest(data); another = false; });
  on("check", (data) => { if (data.version >= state.check.version) state = { ...state, check: data }; });
  on("run", (data) => { state = { ...state, run: data }; });
  on("rows");
  on("folder");
  on("download");
  on("bye", () => events.close());
  events.addEventListener("error", () => {
    if (lost || events.readyState === EventSource.CLOSED) return;
    lost = another = true;
    tell("lost");
  });
  events.addEventListener("open", () => { if (lost) tell("back"); lost = false; });
}
