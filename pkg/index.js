// Likeness for a page: learns in the browser which answers a person prefers; the history stays there.
//
// Nothing happens when this file is imported, in a browser or elsewhere: the wasm is loaded by `init` or the first
// `createLikeness`, the workers by `createLikeness`. Types and words for each call are in index.d.ts.

import { withAbout } from "./about.js";
import load, { Core } from "./dist/core.js";
import { LikenessError, failure, invalid } from "./failure.js";
import { blob, callback, plain, signalOrNone, text, told } from "./given.js";
import { localModel } from "./local-model.js";
import { eitherOf, leavable, running } from "./running.js";
import { dataWorker, needWorkers } from "./workers.js";

export { LikenessError };

const CHANGES = ["history", "portrait", "models", "ledger", "everything", "outdated"];
/** Pairs that are asked for at once. */
const PAIRS_AT_ONCE = 1000;
/** Lines of the ledger that are asked for at once. */
const LEDGER_LINES = 50;
/** What the wasm can count a model's tokens in. */
const MOST_TOKENS = 2 ** 32 - 1;
let loading;

export async function init(settings) {
  const { wasmUrl, signal } = told(settings, "wasmUrl", "signal");
  signalOrNone(signal)?.throwIfAborted();
  const from = wasmUrl ?? new URL("./dist/core_bg.wasm", import.meta.url);
  loading ??= load({ module_or_path: from }).catch((error) => {
    // The next call may try another address.
    loading = undefined;
    throw failure(error);
  });
  await leavable(signal, loading);
}

export async function createLikeness(settings) {
  const { storage, model, policy, signal } = told(settings, "storage", "model", "policy", "signal");
  const { person = "Me", workerUrl } = told(storage, "person", "workerUrl");
  const { personalize = true } = told(policy, "personalize");
  text(person, "`person`");
  const offered = offer(model);
  needWorkers();
  needSecureContext();
  const start = dataWorker(workerUrl);
  await init({ signal });
  let worker;
  try {
    const core = await leavable(signal, called(signal, () => Core.open(() => (worker = start()), person)));
    if (offered) await called(signal, () => offered.give(core));
    return new Likeness(core, offered, personalize);
  } catch (error) {
    // Nobody has what could end it.
    worker?.terminate();
    throw error;
  }
}

/** The model that a page gives, once nothing is wrong with it, and how the core is given it. */
function offer(model) {
  if (!model) return undefined;
  const { local, name, answer, contextTokens = 4096 } = told(model, "local", "name", "answer", "contextTokens");
  if (local) {
    if (answer) throw invalid("a model has either `answer` or `local`");
    const given = localModel(local);
    return { local, give: (core) => core.offer_local(...given) };
  }
  text(name, "the model's `name`");
  if (typeof answer !== "function") throw invalid("a model has a function `answer`, or a `local`");
  if (!Number.isInteger(contextTokens) || contextTokens < 1 || contextTokens > MOST_TOKENS) {
    throw invalid(`a model's \`contextTokens\` must be a whole number from 1 to ${MOST_TOKENS}`);
  }
  return { answer, give: (core) => core.offer(name, answer, contextTokens) };
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

const destroyed = (cause) => new LikenessError("this likeness was destroyed", "destroyed", "make a new one", cause);
const onProgressIn = (settings) => callback(told(settings, "onProgress").onProgress, "`onProgress`");
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
  #ended = new AbortController();

  constructor(core, model, personalizes) {
    this.#core = core;
    this.#model = model;
    this.#personalizes = personalizes;
    core.listen((name) => {
      for (const listener of [...this.#listeners.get(name)]) listener();
    });
    this.claims = Object.freeze({
      list: (settings) => this.#leavable(settings, (it, signal) => it.claims(signal)),
      edit: (id, words, settings) => this.#changeClaim(id, "edit", () => text(words, "a claim's text"), settings),
      pin: (id, settings) => this.#changeClaim(id, "pin", () => undefined, settings),
      refuse: (id, settings) => this.#changeClaim(id, "refuse", () => undefined, settings),
      restore: (id, settings) => this.#changeClaim(id, "restore", () => undefined, settings),
    });
    this.models = Object.freeze({
      load: (settings) => this.#leavable(settings, async (it, signal) => {
        if (!model?.local) throw noModel("no model of this device was given");
        return (await it.load_model(onProgressIn(settings), signal)).inUse;
      }),
      list: (settings) => this.#leavable(settings, (it, signal) => it.models(signal)),
      unload: (settings) => this.#leavable(settings, (it, signal) => it.unload_model(signal)),
      remove: (name, settings) => this.#leavable(settings, (it, signal) => it.remove_model(text(name, "a model's name"), signal)),
    });
  }

  /** A call with a caller's settings, which is left at once when their signal says so. */
  async #leavable(settings, call) {
    const { signal } = told(settings, "signal");
    return leavable(signalOrNone(signal), this.#call(signal, (it) => call(it, signal)));
  }

  async #call(signal, call) {
    try {
      return await called(signal, () => call(this.#core));
    } catch (error) {
      if (this.#core || signal?.aborted) throw error;
      // Whatever a call fails with after the end, this is why.
      throw destroyed(error);
    }
  }

  /** The words are asked for within the call, whose promise tells what is wrong with them. */
  #changeClaim(id, verb, words, settings) {
    return this.#leavable(settings, (it, signal) => it.change_claim(text(id, "a claim's id"), verb, words(), signal));
  }

  record(pair, settings) {
    return this.#leavable(settings, async (it, signal) => (await it.record(plain(pair, "a pair"), signal))[0]);
  }

  recordChoice(choice, settings) {
    return this.#leavable(settings, (it, signal) => {
      const { supersedes } = told(settings, "supersedes");
      return it.record_choice(plain(choice, "a choice"), plain(supersedes, "`supersedes`"), signal);
    });
  }

  takeBack(choice, settings) {
    return this.#leavable(settings, (it, signal) => it.take_back(plain(choice, "a choice"), signal));
  }

  pairs(ids, settings) {
    return this.#leavable(settings, async (it, signal) => {
      const [wanted, found] = [plain(ids, "the ids"), []];
      if (!Array.isArray(wanted)) return it.pairs(wanted, signal);
      // Reading what came takes the page's thread; between two answers others have it.
      for (let at = 0; at === 0 || at < wanted.length; at += PAIRS_AT_ONCE) {
        found.push(...(await it.pairs(wanted.slice(at, at + PAIRS_AT_ONCE), signal)));
      }
      return found;
    });
  }

  import(source, settings) {
    return running(settings, "onProgress", async (tell, signal) => {
      // A text goes the way of a file: what the worker is sent by reference isn't copied on the page's thread.
      const file = typeof source === "string" ? new Blob([source]) : blob(source, "what is imported, if it is no string,");
      const { read, imported, known, ties, skipped } = await this.#import(file, told(settings, "name", "format", "user"), tell, signal);
      return { read, imported, known, ties, skipped };
    });
  }

  #import(file, settings, tell, signal) {
    const progress = (bytes, of, imported) => tell({ bytes, of, imported });
    return this.#call(signal, (it) => it.import(file, plain(settings, "an import's settings"), progress, signal));
  }

  export(settings) {
    return this.#leavable(settings, (it, signal) => it.export(signal));
  }

  exportProfile(settings) {
    return this.#leavable(settings, (it, signal) => {
      const { passphrase } = told(settings, "passphrase");
      if (typeof passphrase !== "string" || !passphrase) throw invalid("a profile is sealed with a passphrase: exportProfile({ passphrase })");
      return it.export_profile(passphrase, signal);
    });
  }

  importProfile(file, settings) {
    return running(settings, "onProgress", async (tell, signal) => {
      const { passphrase = "" } = told(settings, "passphrase");
      return this.#import(blob(file, "a profile"), { name: file.name, passphrase }, tell, signal);
    });
  }

  async *ledger(settings) {
    const { words = "", signal } = told(settings, "words", "signal");
    // Lines come newest first and new ones push the old ones on, so what was seen is left out by its number.
    let last = Infinity;
    for (let offset = 0; ; ) {
      const window = { words: text(words, "`words`"), offset, limit: LEDGER_LINES };
      const { total, entries } = await this.#leavable({ signal }, (it) => it.ledger(window, signal));
      for (const { number, ...entry } of entries) {
        if (number >= last) continue;
        last = number;
        yield Object.freeze({ id: String(number), ...entry, body: (settings) => this.#body(number, entry.left, settings) });
        signal?.throwIfAborted();
      }
      offset += entries.length;
      if (entries.length === 0 || offset >= total) return;
    }
  }

  #body(number, left, settings) {
    return this.#leavable(settings, (it, signal) => {
      // What the guard stopped may quote the history; it is shown in the app alone.
      if (!left) throw new LikenessError("this request was stopped and never sent", "not-found", "ask for those that left");
      return it.ledger_body(number, signal);
    });
  }

  portrait(settings) {
    return this.#leavable(settings, (it, signal) => it.portrait(signal));
  }

  induce(settings) {
    return running(settings, "onProgress", (tell, signal) => {
      const search = told(settings, "search", "seed", "candidates");
      return this.#call(signal, (it) => it.induce(plain(search, "an induction's settings"), tell, signal));
    });
  }

  personalize(messages, settings) {
    return this.#leavable(settings, async (it, signal) => {
      if (!Array.isArray(messages)) throw invalid("messages must be an array");
      if (!this.#personalizes) return [...messages];
      return withAbout(messages, await it.about(signal));
    });
  }

  judge(context, a, b, settings) {
    return this.#leavable(settings, (it, signal) => {
      const { askModel, why } = told(settings, "askModel", "why");
      if (askModel && !this.#model) throw noModel("there is no model to ask");
      const answers = [text(a, "an answer"), text(b, "an answer")];
      const asking = plain({ askModel: askModel === true, why }, "`why`");
      return it.judge(plain(context, "a context"), ...answers, asking, onProgressIn(settings), signal);
    });
  }

  rank(context, candidates, settings) {
    return this.#leavable(settings, (it, signal) => {
      const why = plain(told(settings, "why"), "`why`");
      return it.rank(plain(context, "a context"), plain(candidates, "the candidates"), why, signal);
    });
  }

  draftAndPick(messages, settings) {
    return running(settings, "onDraft", async (tell, signal) => {
      const { n = 3 } = told(settings, "n");
      return this.#draftAndPick(messages, n, tell, onProgressIn(settings), signal);
    });
  }

  async #draftAndPick(messages, n, tell, onProgress, signal) {
    if (!this.#model) throw noModel("there is no model to draft with");
    if (!Number.isInteger(n) || n < 1 || n > 8) throw invalid("n must be a whole number from 1 to 8");
    signal.throwIfAborted();
    const asked = plain(messages, "the messages");
    const texts = this.#model.local
      ? await this.#call(signal, (it) => it.draft(asked, n, tell, onProgress, signal))
      : await this.#drafts(asked, n, tell, signal);
    if (texts.length === 0) {
      throw new LikenessError("the model drafted no answer", "model", "ask again, with other words or another model");
    }
    const ranked = await this.rank(asked, texts, { signal });
    return { best: ranked[0], ranked };
  }

  /** A function of the page's may never look at its signal, so nobody waits for it once that says stop. */
  async #drafts(asked, n, tell, signal) {
    await this.#call(signal, (it) => it.check_messages(asked));
    const stop = eitherOf(signal, this.#ended.signal);
    stop.throwIfAborted();
    return leavable(stop, drafts(this.#model.answer, asked, n, tell, stop));
  }

  on(event, listener) {
    const listeners = this.#listeners.get(event);
    if (!listeners) throw invalid(typeof event === "string" ? `there is no event ${JSON.stringify(event)}` : "an event is told by its name");
    if (typeof listener !== "function") throw invalid("a listener is a function");
    if (!this.#core) throw destroyed();
    const heard = callback(listener);
    listeners.add(heard);
    return () => void listeners.delete(heard);
  }

  destroy() {
    for (const listeners of this.#listeners.values()) listeners.clear();
    this.#ended.abort(destroyed());
    // Calls that are under way are told; the object itself stays until they have heard.
    this.#core?.end();
    this.#core = undefined;
  }
}
