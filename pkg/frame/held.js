// What one frame holds: the likeness, the grants, and the question that a host has put to the person.
//
// The window in which the person decides is of this same origin, and reads this object over `opener`. A window of any
// other origin can't.

import { LikenessError, invalid } from "../failure.js";
import { createLikeness } from "../index.js";
import { Grants, notGranted } from "./grants.js";

/** The model that the person chose, by the name that its file is kept under, for the frames to come. */
const MODEL = "likeness-model";

/** `change` fires when the host, the question, a grant or the likeness is another. */
export class Held extends EventTarget {
  grants = new Grants();
  /** The origin that embeds this frame, once it has greeted. */
  host;
  /** What it asks for: `{ origin, scopes }`. */
  question;
  onHistory = () => {};
  #decide;
  #likeness;
  #model = remembered();
  /** Calls of hosts under way, by the likeness that they ask. */
  #calls = new Map();

  constructor() {
    super();
    this.grants.addEventListener("change", () => this.#changed());
  }

  /** The likeness; its worker starts when somebody who may is the first to ask. */
  likeness() {
    this.#likeness ??= this.#make(this.#model).catch((error) => {
      this.#likeness = undefined;
      throw error;
    });
    return this.#likeness;
  }

  /** What a call gives for the likeness, which is there until the call has ended, also where another takes its place. */
  async calling(call) {
    const likeness = await this.likeness();
    this.#calls.set(likeness, (this.#calls.get(likeness) ?? 0) + 1);
    try {
      return await call(likeness);
    } finally {
      this.#calls.set(likeness, this.#calls.get(likeness) - 1);
      await this.#leave(likeness);
    }
  }

  /** The kept file of the model that the person chose; nothing where there is none. */
  get model() {
    return this.#model;
  }

  /**
   * Loads a model on this device, for what the person starts from now on. Where that fails, the one before stays.
   * @param {{ source: File } | { kept: string }} local
   * @param {object} [settings] as those of `models.load`
   * @returns {Promise<import("../index.js").LoadedModel>}
   */
  async useModel(local, settings) {
    // Two may not fit into memory.
    await (await this.likeness()).models.unload();
    const likeness = await this.#make(local);
    try {
      const loaded = await likeness.models.load(settings);
      await this.#replace(likeness, loaded.notKept ? undefined : loaded.file);
      return loaded;
    } catch (error) {
      likeness.destroy();
      throw error;
    }
  }

  /** Uses no model from now on; its file stays. */
  async leaveModel() {
    await this.#replace(await this.#make());
  }

  async #make(local) {
    const model = typeof local === "string" ? { kept: local } : local;
    const likeness = await createLikeness(model ? { model: { local: model } } : {});
    for (const event of ["history", "portrait", "everything"]) likeness.on(event, () => this.onHistory());
    return likeness;
  }

  async #replace(likeness, model) {
    const before = await this.likeness();
    this.#likeness = Promise.resolve(likeness);
    this.#model = model;
    remember(model);
    this.#changed();
    await this.#leave(before);
  }

  /** Ends a likeness that another took the place of, once no call asks it. */
  async #leave(likeness) {
    if (this.#calls.get(likeness)) return;
    this.#calls.delete(likeness);
    if ((await this.#likeness) !== likeness) likeness.destroy();
  }

  metHost(origin) {
    this.host = origin;
    this.#changed();
  }

  /**
   * Puts a question to the person; gives what the origin may do once it is answered.
   * @param {string} origin
   * @param {string[]} scopes
   * @param {AbortSignal} signal
   */
  async ask(origin, scopes, signal) {
    const before = await this.grants.scopes(origin);
    const wanted = scopes.filter((scope) => !before.includes(scope));
    if (wanted.length === 0) return before;
    if (this.question) throw invalid("a question is open already");
    const question = (this.question = Object.freeze({ origin, scopes: Object.freeze(wanted) }));
    try {
      await this.grants.admit(origin, undefined, "ask", 1);
      this.#changed();
      const allowed = await this.#decision(signal);
      // Only what was asked can be allowed, whatever the window says.
      const given = question.scopes.filter((scope) => allowed.includes(scope));
      if (given.length === 0) throw notGranted(origin, wanted[0]);
      await this.grants.give(origin, given);
      return await this.grants.scopes(origin);
    } finally {
      this.question = undefined;
      this.#changed();
    }
  }

  /** Answers the open question; nothing allowed is a no. */
  decide(question, allowed) {
    if (this.question && this.question === question) this.#decide?.([...allowed]);
  }

  #decision(signal) {
    return new Promise((resolve, reject) => {
      this.#decide = resolve;
      const stopped = () => reject(new LikenessError("the call was stopped", "cancelled", "ask again when you like"));
      if (signal.aborted) stopped();
      signal.addEventListener("abort", stopped, { once: true });
    }).finally(() => (this.#decide = undefined));
  }

  #changed() {
    this.dispatchEvent(new Event("change"));
  }
}

/** Storage that the browser withholds remembers nothing; there is no history then either. */
function remembered() {
  try {
    return localStorage.getItem(MODEL) ?? undefined;
  } catch {
    return undefined;
  }
}

function remember(model) {
  try {
    if (model === undefined) localStorage.removeItem(MODEL);
    else localStorage.setItem(MODEL, model);
  } catch {
    // It is chosen anew in the next frame.
  }
}
