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
 * What a call is told besides, read once, by its names: null is as good as nothing, as from a host whose settings are
 * optional themselves.
 * @param {unknown} settings
 * @param {...string} names
 * @returns {Record<string, any>}
 */
export function told(settings, ...names) {
  try {
    return Object.fromEntries(names.map((name) => [name, settings?.[name] ?? undefined]));
  } catch (error) {
    throw new LikenessError("a call's settings can't be read", "invalid", "hand over a plain object", error);
  }
}

/**
 * A host's callback, if one was given. What it throws is the host's own to hear of, and changes nothing else.
 * @template {unknown[]} Heard
 * @param {((...heard: Heard) => void) | undefined} callback
 * @param {string} what
 * @returns {((...heard: Heard) => void) | undefined}
 */
export function callback(callback, what) {
  if (callback === undefined) return undefined;
  if (typeof callback !== "function") throw invalid(`${what} must be a function`);
  return (...heard) => {
    try {
      callback(...heard);
    } catch (error) {
      reportError(error);
    }
  };
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

/** Whether it is a file. Another window's has another class, hence the brand. */
export function isBlob(value) {
  try {
    return value instanceof Blob || /^\[object (Blob|File)\]$/.test(Object.prototype.toString.call(value));
  } catch {
    // A proxy that throws when it is asked what it is.
    return false;
  }
}

/**
 * @param {unknown} value
 * @param {string} what
 * @returns {Blob}
 */
export function blob(value, what) {
  if (!isBlob(value)) throw invalid(`${what} must be a Blob`);
  return value;
}

/**
 * A signal, if one was given; another window's will do.
 * @param {unknown} signal
 * @returns {AbortSignal | undefined}
 */
export function signalOrNone(signal) {
  if (signal === undefined || signal === null) return undefined;
  if (!isSignal(signal)) throw invalid("`signal` must be an AbortSignal");
  return signal;
}

function isSignal(value) {
  try {
    return typeof value.throwIfAborted === "function" && typeof value.addEventListener === "function";
  } catch {
    // As above.
    return false;
  }
}
