// Which origin may ask for what, and how much it has asked: the frame's own small database.
//
// IndexedDB and not localStorage, since whether a call is granted and within its rate is read and written in one
// transaction. Several frames of one hostile page, or one that is loaded again, then share one bucket and can't race it;
// and a grant that is taken back is gone for the next call of every open frame, whatever messages are still under way.

import { LikenessError } from "../failure.js";
import { LIMITS, take } from "./limits.js";
import { SCOPES } from "./protocol.js";

const NAME = "likeness-frame";

/** The result of a request to IndexedDB. */
function done(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

/** Waits until what was written is kept. */
function kept(transaction) {
  return new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve();
    transaction.onabort = transaction.onerror = () => reject(transaction.error);
  });
}

function open() {
  const request = indexedDB.open(NAME, 1);
  request.onupgradeneeded = () => {
    request.result.createObjectStore("grants", { keyPath: "origin" });
    request.result.createObjectStore("spent");
    request.result.createObjectStore("recorded");
  };
  return done(request);
}

/** The keys `[origin, id]` of one origin: an array sorts behind every text. */
const ofOrigin = (origin) => IDBKeyRange.bound([origin], [origin, []]);

/** What a call of an origin that was not granted it throws. */
export function notGranted(origin, scope) {
  const words = `the person has not granted "${scope}" to ${origin}`;
  return new LikenessError(words, "not-granted", "show the frame and call requestAccess");
}

function rateLimited(origin, seconds) {
  const error = new LikenessError(`${origin} asks too often`, "rate-limited", `try again in ${seconds} seconds`);
  return Object.assign(error, { retrySeconds: seconds });
}

/** The grants of this storage; `change` fires when one came or went, here or in another tab. */
export class Grants extends EventTarget {
  #opened;
  #channel = new BroadcastChannel(NAME);

  constructor() {
    super();
    this.#channel.onmessage = () => this.dispatchEvent(new Event("change"));
  }

  async #transaction(stores, mode) {
    try {
      this.#opened ??= open();
      return (await this.#opened).transaction(stores, mode);
    } catch (error) {
      this.#opened = undefined;
      const advice = "the browser refuses IndexedDB here: a private window, or a frame without storage";
      throw new LikenessError(`the grants can't be read (${error.message})`, "no-storage", advice, error);
    }
  }

  /** All of them, the newest first. */
  async list() {
    const transaction = await this.#transaction("grants", "readonly");
    const grants = await done(transaction.objectStore("grants").getAll());
    return grants.sort((a, b) => b.given - a.given);
  }

  /** What an origin was granted; empty where nothing was. */
  async scopes(origin) {
    const transaction = await this.#transaction("grants", "readonly");
    return (await done(transaction.objectStore("grants").get(origin)))?.scopes ?? [];
  }

  /** Adds scopes to what an origin has. */
  async give(origin, scopes) {
    const transaction = await this.#transaction("grants", "readwrite");
    const store = transaction.objectStore("grants");
    const before = await done(store.get(origin));
    const all = SCOPES.filter((scope) => before?.scopes.includes(scope) || scopes.includes(scope));
    store.put({ origin, scopes: all, given: Date.now(), used: before?.used ?? null });
    await kept(transaction);
    this.#tell();
  }

  /** Takes an origin's grant back, all of it. What it recorded stays with the person, and is no longer its own to read. */
  async revoke(origin) {
    const transaction = await this.#transaction(["grants", "recorded"], "readwrite");
    transaction.objectStore("grants").delete(origin);
    transaction.objectStore("recorded").delete(ofOrigin(origin));
    await kept(transaction);
    this.#tell();
  }

  /**
   * Lets a call pass, and counts it; throws `not-granted` or `rate-limited`.
   * @param {string} origin
   * @param {string | undefined} scope what must have been granted, if anything
   * @param {keyof typeof LIMITS} kind
   * @param {number} cost
   */
  async admit(origin, scope, kind, cost) {
    const transaction = await this.#transaction(["grants", "spent"], "readwrite");
    const grants = transaction.objectStore("grants");
    const spent = transaction.objectStore("spent");
    const grant = await done(grants.get(origin));
    if (scope && !grant?.scopes.includes(scope)) throw notGranted(origin, scope);
    const key = [origin, kind];
    const now = Date.now();
    const { bucket, waitSeconds } = take(await done(spent.get(key)), cost, now, LIMITS[kind]);
    spent.put(bucket, key);
    if (scope && waitSeconds === 0) grants.put({ ...grant, used: now });
    await kept(transaction);
    if (waitSeconds > 0) throw rateLimited(origin, waitSeconds);
  }

  /** Remembers that these pairs came from this origin. */
  async recorded(origin, ids) {
    const transaction = await this.#transaction("recorded", "readwrite");
    const store = transaction.objectStore("recorded");
    for (const id of ids) store.put(id, [origin, id]);
    await kept(transaction);
  }

  /** The ids of the pairs that came from this origin. */
  async idsFrom(origin) {
    const transaction = await this.#transaction("recorded", "readonly");
    return done(transaction.objectStore("recorded").getAll(ofOrigin(origin)));
  }

  #tell() {
    this.#channel.postMessage("change");
    this.dispatchEvent(new Event("change"));
  }
}
