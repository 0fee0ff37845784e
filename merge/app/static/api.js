// The server's answers: one function for every kind of request, and one kind of error.

/** @typedef {import("./contract").Fault} Fault */

/** What the server refused, with words to show. */
export class Refused extends Error {
  /** @param {Fault} fault */
  constructor(fault) {
    super(fault.message);
    this.fault = fault;
  }
}

/** @type {Fault} */
let unreachable = { message: "", place: "", hint: "", kind: "fault" };

/** What to say when the server itself doesn't answer. @param {string} message @param {string} hint */
export function sayWhenUnreachable(message, hint) {
  unreachable = { message, place: "", hint, kind: "fault" };
}

/**
 * @param {string} method
 * @param {string} path
 * @param {BodyInit | null} body
 * @param {string} type
 */
async function ask(method, path, body, type) {
  /** @type {Response} */
  let answer;
  try {
    answer = await fetch(path, { method, body, credentials: "same-origin", headers: body === null ? {} : { "Content-Type": type } });
  } catch {
    throw new Refused(unreachable);
  }
  const text = await answer.text();
  /** @type {unknown} */
  let said = null;
  try { said = text ? JSON.parse(text) : null; } catch { /* not ours */ }
  if (!answer.ok) throw new Refused({ ...unreachable, .../** @type {Partial<Fault> | null} */ (said) });
  return said;
}

/** @template T @param {string} path @param {Record<string, string | number | boolean | undefined>} [query] @returns {Promise<T>} */
export async function get(path, query = {}) {
  const given = Object.entries(query).filter(([, value]) => value !== undefined && value !== "");
  const search = new URLSearchParams(given.map(([name, value]) => [name, String(value)])).toString();
  return /** @type {T} */ (await ask("GET", search ? `${path}?${search}` : path, null, ""));
}

/** @template T @param {string} path @param {object} [body] @returns {Promise<T>} */
export async function post(path, body = {}) {
  return /** @type {T} */ (await ask("POST", path, JSON.stringify(body), "application/json"));
}

/** @template T @param {string} path @param {object} body @returns {Promise<T>} */
export async function patch(path, body) {
  return /** @type {T} */ (await ask("PATCH", path, JSON.stringify(body), "application/json"));
}

/** @template T @param {string} path @returns {Promise<T>} */
export async function remove(path) {
  return /** @type {T} */ (await ask("DELETE", path, "{}", "application/json"));
}

/** @template T @param {string} path @param {Blob} file @returns {Promise<T>} */
export async function upload(path, file) {
  return /** @type {T} */ (await ask("POST", path, file, "application/octet-stream"));
}
