// What one frame holds: the likeness, the grants, and the question that a host has put to the person.
//
// The window in which the person decides is of this same origin, and reads this object over `opener`. A window of any
// other origin can't.

import { LikenessError, invalid } from "../failure.js";
import { createLikeness } from "../index.js";
import { Grants, notGranted } from "./grants.js";

/** `change` fires when the host, the question or a grant is another. */
export class Held extends EventTarget {
  grants = new Grants();
  /** The origin that embeds this frame, once it has greeted. */
  host;
  /** What it asks for: `{ origin, scopes }`. */
  question;
  onHistory = () => {};
  #decide;
  #likeness;

  constructor() {
    super();
    this.grants.addEventListener("change", () => this.#changed());
  }

  /** The likeness; its worker starts when somebody who may is the first to ask. */
  likeness() {
    this.#likeness ??= createLikeness().then(
      (likeness) => {
        for (const event of ["history", "portrait", "everything"]) likeness.on(event, () => this.onHistory());
        return likeness;
      },
      (error) => {
        this.#likeness = undefined;
        throw error;
      },
    );
    return this.#likeness;
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
