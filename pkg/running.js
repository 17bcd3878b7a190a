// A call that takes a while: a promise of what comes of it, whose steps can be read as they come.
//
// Who awaits it hears the end; who iterates it hears each step, and stops it by leaving the loop.

import { invalid } from "./failure.js";
import { signalOrNone } from "./given.js";

/**
 * Starts a call.
 * @template Step, Result
 * @param {AbortSignal | undefined} signal the caller's
 * @param {((step: Step) => void) | undefined} onStep the caller's callback
 * @param {(tell: (step: Step) => void, signal: AbortSignal) => Promise<Result>} start
 * @returns {import("./index.js").Running<Step, Result>}
 */
export function running(signal, onStep, start) {
  const left = new AbortController();
  const steps = new Steps();
  const tell = (step) => {
    onStep?.(step);
    steps.put(step);
  };
  // Whatever is wrong, the promise tells it.
  const promise = (async () => start(tell, signalOrNone(signal) ? AbortSignal.any([signal, left.signal]) : left.signal))();
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
