// Likeness for a page: learns in the browser which answers a person prefers; the history stays there.
//
// Nothing happens when this file is imported, in a browser or elsewhere: the wasm is loaded by `init` or the first
// `createLikeness`, the workers by `createLikeness`. Types and words for each call are in index.d.ts.

import { withAbout } from "./about.js";
import load, { Core } from "./dist/core.js";
import { LikenessError, failure, invalid } from "./failure.js";
import { blob, plain, signalOrNone, text } from "./given.js";
import { running } from "./running.js";
import { localModel } from "./local-model.js";
import { dataWorker } from "./workers.js";

export { LikenessError };

const CHANGES = ["history", "portrait", "models", "ledger", "everything", "outdated"];
/** Lines of the ledger that are asked for at once. */
const LEDGER_LINES = 50;
const NO_WASM = { wasmUrl: undefined };
let loading;

export function init({ wasmUrl } = NO_WASM) {
  const from = wasmUrl ?? new URL("./dist/core_bg.wasm", import.meta.url);
  loading ??= load({ module_or_path: from }).catch((error) => {
    // The next call may try another address.
    loading = undefined;
    throw failure(error);
  });
  return loading.then(() => undefined);
}

export async function createLikeness({ storage = {}, model, policy = {} } = {}) {
  if (model?.local && model.answer) throw invalid("a model has either `answer` or `local`");
  const local = model?.local && localModel(model.local);
  needSecureContext();
  await init();
  const { person = "Me", workerUrl } = storage ?? {};
  text(person, "`person`");
  const core = await called(undefined, () => Core.open(dataWorker(workerUrl), person));
  if (local) await called(undefined, () => core.offer_local(...local));
  else if (model) {
    const { name, answer, contextTokens = 4096 } = model;
    text(name, "the model's `name`");
    if (typeof answer !== "function" || !Number.isInteger(contextTokens)) throw invalid("a model has a function `answer` and a whole number `contextTokens`");
    await called(undefined, () => core.offer(name, answer, contextTokens));
  }
  return new Likeness(core, model, policy?.personalize ?? true);
}

/** Elsewhere the browser hides what the history is kept and numbered with, and the first call to miss it would say less. */
function needSecureContext() {
  if (globalThis.isSecureContext !== false) return;
  const advice = "serve the page over https:, or from localhost while you develop; a frame needs that of every page around it too";
  throw new LikenessError(`${location.origin} is no secure context, so the browser withholds what Likeness needs`, "insecure-context", advice);
}

/** Calls into the wasm; what comes out of it as an error is a `LikenessError`, but for the reason of an abort. */
async function called(signal, call) {
  signalOrNone(signal)?.throwIfAborted();
  try {
    return await call();
  } catch (error) {
    if (signal?.aborted && error?.code === "cancelled") throw signal.reason;
    throw failure(error);
  }
}

/** What only reads may be left alone before it is done: what comes of it is nobody's then. */
function leavable(signal, call) {
  return new Promise((settle, fail) => {
    const leave = () => fail(signal.reason);
    // Before anything is asked of the signal, which may be none.
    call.then(settle, fail).finally(() => signal?.removeEventListener?.("abort", leave)).catch(() => {});
    signal?.addEventListener?.("abort", leave, { once: true });
  });
}

const noModel = (words) => new LikenessError(words, "no-model", "give createLikeness one");

/** Different answers of a page's function, which is told nothing about the person. The first is its likeliest. */
async function drafts(answer, messages, n, tell, signal) {
  const draft = async (_, index) => {
    const text = await answer({ messages, maxTokens: 1024, temperature: index === 0 ? 0 : 1, signal });
    const content = text?.trim?.();
    if (content && !signal.aborted) tell({ index, content });
    return content;
  };
  const said = await Promise.allSettled(Array.from({ length: n }, draft));
  signal?.throwIfAborted();
  const texts = [...new Set(said.map(({ value }) => value).filter(Boolean))];
  if (texts.length > 0) return texts;
  const cause = said.find(({ reason }) => reason)?.reason;
  throw new LikenessError("the model drafted no answer", "remote-model", "mend the model's function", cause);
}

class Likeness {
  #core;
  #model;
  #personalizes;
  #listeners = new Map(CHANGES.map((name) => [name, new Set()]));

  constructor(core, model, personalizes) {
    this.#core = core;
    this.#model = model;
    this.#personalizes = personalizes;
    core.listen((name) => {
      for (const listener of [...this.#listeners.get(name)]) {
        try {
          listener();
        } catch (error) {
          reportError(error);
        }
      }
    });
    this.claims = Object.freeze({
      list: ({ signal } = {}) => this.#call(signal, (it) => it.claims(signal)),
      edit: (id, words, { signal } = {}) => this.#changeClaim(id, "edit", () => text(words, "a claim's text"), signal),
      pin: (id, { signal } = {}) => this.#changeClaim(id, "pin", () => undefined, signal),
      refuse: (id, { signal } = {}) => this.#changeClaim(id, "refuse", () => undefined, signal),
      restore: (id, { signal } = {}) => this.#changeClaim(id, "restore", () => undefined, signal),
    });
    this.models = Object.freeze({
      load: async ({ onProgress, signal } = {}) => {
        if (!model?.local) throw noModel("no model of this device was given");
        return (await this.#call(signal, (it) => it.load_model(onProgress, signal))).inUse;
      },
      list: ({ signal } = {}) => this.#call(signal, (it) => it.models(signal)),
      unload: ({ signal } = {}) => this.#call(signal, (it) => it.unload_model(signal)),
      remove: (name, { signal } = {}) => this.#call(signal, (it) => it.remove_model(text(name, "a model's name"), signal)),
    });
  }

  async #call(signal, call) {
    try {
      return await called(signal, () => call(this.#core));
    } catch (error) {
      if (this.#core || signal?.aborted) throw error;
      // Whatever a call fails with after the end, this is why.
      throw new LikenessError("this likeness was destroyed", "destroyed", "make a new one", error);
    }
  }

  /** The words are asked for within the call, whose promise tells what is wrong with them. */
  #changeClaim(id, verb, words, signal) {
    return this.#call(signal, (it) => it.change_claim(text(id, "a claim's id"), verb, words(), signal));
  }

  record(pair, { signal } = {}) {
    return this.#call(signal, async (it) => (await it.record(plain(pair, "a pair"), signal))[0]);
  }

  recordChoice(choice, { supersedes, signal } = {}) {
    return this.#call(signal, (it) => it.record_choice(plain(choice, "a choice"), plain(supersedes, "`supersedes`"), signal));
  }

  takeBack(choice, { signal } = {}) {
    return this.#call(signal, (it) => it.take_back(plain(choice, "a choice"), signal));
  }

  pairs(ids, { signal } = {}) {
    return this.#call(signal, (it) => it.pairs(plain(ids, "the ids"), signal));
  }

  import(source, { name, format, user, onProgress, signal } = {}) {
    return this.#import(source, { name, format, user }, onProgress, signal, ({ read, imported, known, ties, skipped }) => ({
      read, imported, known, ties, skipped,
    }));
  }

  #import(source, settings, onProgress, signal, counts) {
    return running(signal, onProgress, async (tell, both) => {
      const progress = (bytes, of, imported) => tell({ bytes, of, imported });
      const given = typeof source === "string" ? source : blob(source, "what is imported, if it is no string,");
      const told = plain(settings, "an import's settings");
      return counts(await this.#call(both, (it) => it.import(given, told, progress, both)));
    });
  }

  export({ signal } = {}) {
    return leavable(signal, this.#call(signal, (it) => it.export(signal)));
  }

  async exportProfile({ passphrase, signal } = {}) {
    if (typeof passphrase !== "string" || !passphrase) throw invalid("a profile is sealed with a passphrase: exportProfile({ passphrase })");
    return leavable(signal, this.#call(signal, (it) => it.export_profile(passphrase, signal)));
  }

  importProfile(file, { passphrase, onProgress, signal } = {}) {
    return this.#import(file, { name: file instanceof Blob ? file.name : undefined, passphrase: passphrase ?? "" }, onProgress, signal, (counts) => counts);
  }

  async *ledger({ words = "", signal } = {}) {
    // Lines come newest first and new ones push the old ones on, so what was seen is left out by its number.
    let last = Infinity;
    for (let offset = 0; ; ) {
      const window = { words: text(words, "`words`"), offset, limit: LEDGER_LINES };
      const { total, entries } = await this.#call(signal, (it) => it.ledger(window, signal));
      for (const { number, ...entry } of entries) {
        if (number >= last) continue;
        last = number;
        yield Object.freeze({ ...entry, body: (settings) => this.#body(number, entry.left, settings) });
      }
      offset += entries.length;
      if (entries.length === 0 || offset >= total) return;
    }
  }

  async #body(number, left, { signal } = {}) {
    // What the guard stopped may quote the history; it is shown in the app alone.
    if (!left) throw new LikenessError("this request was stopped and never sent", "not-found", "ask for those that left");
    return this.#call(signal, (it) => it.ledger_body(number, signal));
  }

  portrait({ signal } = {}) {
    return this.#call(signal, (it) => it.portrait(signal));
  }

  induce({ search, seed = 0, candidates, onProgress, signal } = {}) {
    return running(signal, onProgress, (tell, both) =>
      this.#call(both, (it) => it.induce(plain({ search, seed, candidates }, "an induction's settings"), tell, both)));
  }

  async personalize(messages, { signal } = {}) {
    if (!Array.isArray(messages)) throw invalid("messages must be an array");
    if (!this.#personalizes) return [...messages];
    const about = await this.#call(signal, (it) => it.about(signal));
    return withAbout(messages, about);
  }

  async judge(context, a, b, { askModel = false, why, onProgress, signal } = {}) {
    if (askModel && !this.#model) throw noModel("there is no model to ask");
    const asking = plain({ askModel: askModel === true, why }, "`why`");
    return this.#call(signal, (it) => it.judge(plain(context, "a context"), text(a, "an answer"), text(b, "an answer"), asking, onProgress, signal));
  }

  rank(context, candidates, { why, signal } = {}) {
    return this.#call(signal, (it) => it.rank(plain(context, "a context"), plain(candidates, "the candidates"), plain({ why }, "`why`"), signal));
  }

  draftAndPick(messages, { n = 3, onDraft, onProgress, signal } = {}) {
    return running(signal, onDraft, (tell, both) => this.#draftAndPick(messages, n, tell, onProgress, both));
  }

  async #draftAndPick(messages, n, tell, onProgress, signal) {
    if (!this.#model) throw noModel("there is no model to draft with");
    if (!Number.isInteger(n) || n < 1 || n > 8) throw invalid("n must be a whole number from 1 to 8");
    signal?.throwIfAborted();
    const asked = plain(messages, "the messages");
    const texts = this.#model.local
      ? await this.#call(signal, (it) => it.draft(asked, n, tell, onProgress, signal))
      : await drafts(this.#model.answer, asked, n, tell, signal);
    if (texts.length === 0) {
      throw new LikenessError("the model drafted no answer", "model", "ask again, with other words or another model");
    }
    const ranked = await this.rank(asked, texts, { signal });
    return { best: ranked[0], ranked };
  }

  on(event, listener) {
    const listeners = this.#listeners.get(event);
    if (!listeners) throw invalid(typeof event === "string" ? `there is no event ${JSON.stringify(event)}` : "an event is told by its name");
    if (typeof listener !== "function") throw invalid("a listener is a function");
    listeners.add(listener);
    return () => listeners.delete(listener);
  }

  destroy() {
    for (const listeners of this.#listeners.values()) listeners.clear();
    // Calls that are under way are told; the object itself stays until they have heard.
    this.#core?.end();
    this.#core = undefined;
  }
}
