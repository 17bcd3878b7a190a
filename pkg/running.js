// A call that takes a while: a promise of what comes of it, whose steps can be read as they come.
//
// Who awaits it hears the end; who iterates it hears each step, and stops it by leaving the loop.

import { invalid } from "./failure.js";
import { callback, signalOrNone, told } from "./given.js";

/**
 * A call that is left at once when its signal says so: what comes of it is nobody's then.
 * @template Result
 * @param {AbortSignal | undefined} signal
 * @param {Promise<Result>} call
 * @returns {Promise<Result>}
 */
export function leavable(signal, call) {
  return new Promise((settle, fail) => {
    const leave = () => fail(signal.reason);
    if (signal?.aborted) leave();
    signal?.addEventListener("abort", leave, { once: true });
    call.then(settle, fail).finally(() => signal?.removeEventListener("abort", leave));
  });
}

/**
 * Starts a call.
 * @template Step, Result
 * @param {object | undefined} settings the caller's, with its `signal`
 * @param {string} name the caller's callback that hears the steps, among the settings
 * @param {(tell: (step: Step) => void, signal: AbortSignal) => Promise<Result>} start `signal` is aborted too when the
 *   caller leaves the loop, which waits for the end
 * @returns {import("./index.js").Running<Step, Result>}
 */
export function running(settings, name, start) {
  const left = new AbortController();
  const steps = new Steps();
  // Whatever is wrong, the promise tells it.
  const promise = (async () => {
    const given = told(settings, "signal", name);
    const onStep = callback(given[name], `\`${name}\``);
    const signal = signalOrNone(given.signal);
    const tell = (step) => {
      onStep?.(step);
      steps.put(step);
    };
    return leavable(signal, start(tell, eitherOf(signal, left.signal)));
  })();
  promise.then(() => steps.end(), () => steps.end());
  return Object.defineProperty(promise, Symbol.asyncIterator, {
    value() {
      if (steps.isRead) throw invalid("the steps of a call can be read once");
      steps.isRead = true;
      // Whoever reads the steps hears of a failure there.
      promise.catch(() => {});
      return iterator(steps, promise, left);
    },
  });
}

/** A signal that is aborted when one of the two is; the first may be none. */
export function eitherOf(signal, other) {
  try {
    return signal ? AbortSignal.any([signal, other]) : other;
  } catch {
    throw invalid("`signal` must be an AbortSignal");
  }
}

function iterator(steps, promise, left) {
  return {
    async next() {
      if (await steps.more()) return { value: steps.take(), done: false };
      return { value: left.signal.aborted ? undefined : await promise, done: true };
    },
    async return(value) {
      left.abort();
      steps.clear();
      await promise.catch(() => {});
      return { value, done: true };
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}

/** Steps that wait to be read. Before anybody reads, none is kept. */
class Steps {
  isRead = false;
  #waiting = [];
  #readers = [];
  #isOver = false;

  put(step) {
    if (!this.isRead || this.#isOver) return;
    this.#waiting.push(step);
    this.#readers.shift()?.();
  }

  end() {
    this.#isOver = true;
    for (const reader of this.#readers.splice(0)) reader();
  }

  clear() {
    this.#waiting = [];
    this.end();
  }

  take() {
    return this.#waiting.shift();
  }

  /** Whether there is a step to take, once that is known. */
  async more() {
    while (this.#waiting.length === 0 && !this.#isOver) await new Promise((resolve) => this.#readers.push(resolve));
    return this.#waiting.length > 0;
  }
}
