// What a page hands over, made plain before it reaches the wasm: a getter or a proxy of the page's that threw in there
// would end the call without an answer, and every later one with it.

import { LikenessError, invalid } from "./failure.js";

/**
 * A copy of what JSON can say of a value, proxies of a framework's state included. What it can't say, and what throws
 * while it is read, is `invalid`.
 * @param {unknown} value
 * @param {string} what
 */
export function plain(value, what) {
  try {
    const text = JSON.stringify(value);
    return text === undefined ? undefined : JSON.parse(text);
  } catch (error) {
    throw new LikenessError(`${what} is not plain data`, "invalid", "hand over objects, lists and strings", error);
  }
}

/**
 * @param {unknown} value
 * @param {string} what
 * @returns {string}
 */
export function text(value, what) {
  if (typeof value !== "string") throw invalid(`${what} must be a string`);
  return value;
}

/**
 * A file. Another window's has another class, hence the brand.
 * @param {unknown} value
 * @param {string} what
 * @returns {Blob}
 */
export function blob(value, what) {
  if (!(value instanceof Blob) && !/^\[object (Blob|File)\]$/.test(Object.prototype.toString.call(value))) throw invalid(`${what} must be a Blob`);
  return value;
}

/**
 * A signal, if one was given; another window's will do.
 * @param {unknown} signal
 * @returns {AbortSignal | undefined}
 */
export function signalOrNone(signal) {
  if (signal === undefined || signal === null) return undefined;
  if (typeof signal !== "object" || typeof signal.throwIfAborted !== "function" || typeof signal.addEventListener !== "function") {
    throw invalid("`signal` must be an AbortSignal");
  }
  return signal;
}
