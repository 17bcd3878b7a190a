// Speaks to the data worker as a page does, without the app: for tests of what is kept and how.
//
// A tab is a page of this origin that runs no script of ours; in it, `window.data` asks the worker. Everything
// goes over the real wire into the real IndexedDB.

import { randomBytes } from "node:crypto";
import { cp, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { REPOSITORY, launch, launchShared, serve } from "./harness.mjs";

/** A page of the origin that starts nothing by itself. */
const BLANK = "boot.js";

/** For `withApp`: begins at such a page, which names no icon, so the browser looks for one in vain. */
export const AT_BLANK = { path: BLANK, allowedErrors: [/favicon\.ico/] };

/** Runs in the page. */
function install(script) {
  const waiting = new Map();
  let last = 0;
  const data = { changes: [], events: [], errors: [] };
  data.start = () =>
    new Promise((resolve, reject) => {
      data.worker = new Worker(script, { type: "module" });
      data.worker.onerror = (event) => {
        reject(new Error(`the worker broke: ${event.message}`));
        data.errors.push(event.message);
        event.preventDefault();
        // A worker that broke answers nothing more.
        for (const { resolve } of waiting.values()) resolve({ Err: { Broken: event.message } });
        waiting.clear();
      };
      data.worker.onmessage = ({ data: message }) => {
        if (message === "Ready") return resolve();
        if (message.Changed) data.changes.push(message.Changed);
        if (message.Event) waiting.get(message.Event[0])?.event(message.Event[1]);
        if (message.Answer) {
          const [envelope, answer] = message.Answer;
          waiting.get(envelope)?.resolve(message.attachment ? { Ok: { File: message.attachment } } : answer);
          waiting.delete(envelope);
        }
      };
    });
  data.ask = (request, attachment, event = () => {}) =>
    new Promise((resolve) => {
      last += 1;
      waiting.set(last, { resolve, event });
      data.worker.postMessage({ Ask: [last, request], ...(attachment && { attachment }) });
    });
  data.cancelLast = () => data.worker.postMessage({ Cancel: last });
  /** The answer's content; an error is thrown. */
  data.get = async (request, attachment, event) => {
    const answer = await data.ask(request, attachment, event);
    if ("Err" in answer) throw new Error(JSON.stringify(answer.Err));
    const ok = answer.Ok;
    return typeof ok === "string" ? ok : Object.values(ok)[0];
  };
  data.importText = (profile, text, more = {}) =>
    data.get({ ImportText: { profile, name: "test.jsonl", format: "auto", text, ...more } });
  data.list = (profile, query = "", offset = 0, limit = 100) =>
    data.get({ List: { profile, query, offset, limit } });
  data.profile = async (name) => (await data.get({ CreateProfile: { name } }))[0].id;
  /** Adds a remote model; gives all there are. */
  data.addRemote = (endpoint, more = {}) =>
    data.get({ SaveEndpoint: { draft: { api: "openai", endpoint, model: "test-7b", context_tokens: 8192, ...more } } });
  /** Everything in the database, as text: what a person who looks for a secret would find. */
  data.everything = () =>
    new Promise((resolve, reject) => {
      const opening = indexedDB.open("likeness");
      opening.onerror = () => reject(opening.error);
      opening.onsuccess = async () => {
        const database = opening.result;
        const decoder = new TextDecoder();
        const found = [];
        for (const name of database.objectStoreNames) {
          const store = database.transaction(name).objectStore(name);
          for (const all of [store.getAllKeys(), store.getAll()]) {
            const values = await new Promise((done) => (all.onsuccess = () => done(all.result)));
            const text = (_, value) => (value instanceof Uint8Array ? decoder.decode(value) : value);
            found.push(...values.map((value) => `${name}: ${JSON.stringify(value, text)}`));
          }
        }
        database.close();
        resolve(found);
      };
    });
  window.data = data;
}

/**
 * A browser with the worker served, as `serving` says; `tab()` opens a tab in it.
 *
 * `before` is script that runs in the worker ahead of everything, in tabs that ask for it. The worker's files are
 * served from a folder of their own, so that the script can lie beside them: the app's, or with `packaged` the package's,
 * whose worker begins with the history alone.
 * @param {(person: {browser, url: string, tab: (settings?: object) => Promise<import("playwright-core").Page>}) => Promise<void>} body
 */
export async function withStore(body, { before = "", launching, packaged = false, serving = {} } = {}) {
  const folder = await mkdtemp(join(tmpdir(), "likeness-worker-"));
  const built = join(REPOSITORY, packaged ? "pkg/dist" : "dist");
  const files = (await readdir(built)).filter((name) => /^(data|history)_worker/.test(name));
  await Promise.all(files.map((name) => cp(join(built, name), join(folder, name), { dereference: true })));
  await cp(join(REPOSITORY, "dist", BLANK), join(folder, BLANK), { dereference: true });
  await writeFile(join(folder, "index.html"), "");
  await writeFile(join(folder, "before.js"), `${before}\nawait import("./data_worker_loader.js");`);
  const server = await serve({ ...serving, dist: folder });
  try {
    const { browser, close } = await (launching ? launch(launching) : launchShared());
    try {
      await body({ browser, url: server.url, tab: (settings) => tab(browser, server.url, settings) });
    } finally {
      await close();
    }
  } finally {
    await server.stop();
    await rm(folder, { recursive: true });
  }
}

/**
 * A tab with a worker of its own: started and its store open, unless `start` is false.
 * @param {{start?: boolean, changed?: boolean}} [settings] `changed` runs the script of `before` in the worker
 */
export async function tab(browser, url, { start = true, changed = false } = {}) {
  const page = await browser.newPage();
  await page.goto(url + BLANK);
  await page.evaluate(install, changed ? "before.js" : "data_worker_loader.js");
  if (start) {
    await page.evaluate(async () => {
      await data.start();
      await data.ask("Open");
    });
  }
  return page;
}

/**
 * Opens the database, at a version where one is given, as another tab of this origin would that hears of no newer
 * one; it is held as `window.held`. Runs in the page.
 */
export function holdDatabase(version) {
  return new Promise((resolve, reject) => {
    const opening = indexedDB.open("likeness", version);
    opening.onblocked = () => reject(new Error("blocked"));
    opening.onerror = () => reject(opening.error);
    opening.onsuccess = () => {
      window.held = opening.result;
      resolve();
    };
  });
}

/**
 * Script after which what puts anything, or anything into `store`, fails as on a disk that is full to the last byte, as long
 * as the channel "full" was last told `true`.
 */
export const noRoom = (store = "") => `
  let full = false;
  new BroadcastChannel("full").onmessage = ({ data }) => (full = data);
  const { put } = IDBObjectStore.prototype;
  const { commit } = IDBTransaction.prototype;
  IDBObjectStore.prototype.put = function () {
    this.transaction.puts ||= ["", this.name].includes("${store}");
    return put.apply(this, arguments);
  };
  IDBTransaction.prototype.commit = function () {
    if (!full || !this.puts) return commit.apply(this);
    Object.defineProperty(this, "error", { value: new DOMException("full", "QuotaExceededError") });
    // Behind all that was asked of it, as the browser looks for room.
    this.objectStore(this.objectStoreNames[0]).count().onsuccess = () => this.abort();
  };`;

/** `n` pairs in SynthesizeMe's JSON Lines; with `noise`, each with as many random bytes, which no disk compresses. */
export function pairs(n, { from = 0, words = 20, user, noise = 0 } = {}) {
  const filler = Array.from({ length: words }, (_, i) => `word${i}`).join(" ");
  const line = (i) =>
    JSON.stringify({
      ...(user && { user_id: user }),
      context: [{ role: "user", content: `question ${i}` }],
      chosen: `good answer ${i} #${i}# ${filler}${noise ? ` ${randomBytes(noise).toString("base64")}` : ""}`,
      rejected: `bad answer ${i} ${filler}`,
    });
  return Array.from({ length: n }, (_, i) => line(from + i)).join("\n");
}
