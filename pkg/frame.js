// A host page's end of the frame: the calls of a likeness that another origin keeps.
//
// This page loads no wasm, starts no worker and holds no history; it has a port to the frame, and asks. Types and words
// for each call are in frame.d.ts.

import { withAbout } from "./about.js";
import { LikenessError, invalid } from "./failure.js";
import { VERSIONS, greeting, greetingKind, own } from "./frame/protocol.js";

export { LikenessError };

const EVENTS = ["access", "portrait"];

export async function connectLikeness({ url, frame, container, timeoutMs = 20_000, signal } = {}) {
  signal?.throwIfAborted();
  if (Boolean(url) === Boolean(frame)) throw invalid("give either the url of likeness.html or a frame that shows it");
  const address = new URL(url ?? frame.src, location.href);
  if (address.origin === location.origin) {
    throw invalid("the frame is of this page's own origin, whose scripts can read all of it: serve it from another");
  }
  const shown = frame ?? (container ?? document.body).appendChild(makeFrame(address));
  const likeness = new FramedLikeness(shown, address.origin, Boolean(url));
  try {
    await likeness.connected(AbortSignal.any([AbortSignal.timeout(timeoutMs), ...(signal ? [signal] : [])]));
    return likeness;
  } catch (error) {
    likeness.destroy();
    signal?.throwIfAborted();
    if (error instanceof LikenessError) throw error;
    const advice = "check its address, its frame-ancestors and this page's frame-src";
    throw new LikenessError(`the frame at ${address.origin} did not answer`, "no-frame", advice, error);
  }
}

function makeFrame(address) {
  const frame = document.createElement("iframe");
  frame.title = "Likeness";
  frame.src = address.href;
  return frame;
}

/** An error that came over the port, as the frame threw it. */
function thrown(error) {
  const read = (name, otherwise) => (typeof own(error, name) === "string" ? own(error, name) : otherwise);
  const made = new LikenessError(read("message", "the frame failed"), read("code", "internal"), read("advice", "call it again"));
  const seconds = own(error, "retrySeconds");
  return typeof seconds === "number" ? Object.assign(made, { retrySeconds: seconds }) : made;
}

class FramedLikeness {
  #origin;
  #owns;
  #port;
  #nonce;
  #last = 0;
  #waiting = new Map();
  #greeted = Promise.withResolvers();
  #listeners = new Map(EVENTS.map((name) => [name, new Set()]));
  #ended = false;
  #onMessage = (event) => this.#message(event);

  constructor(frame, origin, owns) {
    this.frame = frame;
    this.#origin = origin;
    this.#owns = owns;
    this.#greeted.promise.catch(() => {});
    window.addEventListener("message", this.#onMessage);
    this.#greet();
  }

  /** Waits for the handshake. Not part of the API: `connectLikeness` has waited. */
  connected(signal) {
    const aborted = new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason), { once: true }));
    return Promise.race([this.#greeted.promise, aborted]);
  }

  #greet() {
    this.#nonce = crypto.getRandomValues(new Uint32Array(4)).join("-");
    // To whatever the frame shows now, which may still be nothing: a greeting tells nobody anything, and the answer
    // counts only if it comes from the right window and origin, with this nonce.
    this.frame.contentWindow?.postMessage(greeting("hello", { versions: VERSIONS, nonce: this.#nonce }), "*");
  }

  #message({ data, origin, source, ports }) {
    if (source !== this.frame.contentWindow || origin !== this.#origin) return;
    const kind = greetingKind(data);
    // It has just been loaded, or loaded again; what was under way there is lost.
    if (kind === "here") {
      if (this.#port) this.#lost();
      return this.#greet();
    }
    if (own(data, "nonce") !== this.#nonce) return;
    if (kind === "refused") return this.#greeted.reject(thrown(own(data, "error")));
    if (kind !== "welcome" || !ports[0] || this.#port) return;
    this.#port = ports[0];
    this.#port.onmessage = ({ data }) => this.#heard(data);
    this.#greeted.resolve();
  }

  #lost() {
    this.#port.close();
    this.#port = undefined;
    this.#greeted = Promise.withResolvers();
    this.#greeted.promise.catch(() => {});
    this.#failAll(new LikenessError("the frame was loaded again", "no-frame", "call it again"));
  }

  #failAll(error) {
    for (const { reject } of this.#waiting.values()) reject(error);
    this.#waiting.clear();
  }

  #heard(data) {
    const listeners = this.#listeners.get(own(data, "event"));
    if (listeners) return this.#tell(listeners, own(data, "value"));
    const id = own(data, "id");
    const waiting = this.#waiting.get(id);
    if (!waiting) return;
    this.#waiting.delete(id);
    const error = own(data, "error");
    if (error) waiting.reject(thrown(error));
    else waiting.resolve(own(data, "value"));
  }

  #tell(listeners, value) {
    for (const listener of [...listeners]) {
      try {
        listener(value);
      } catch (error) {
        reportError(error);
      }
    }
  }

  async #call(call, args, signal) {
    signal?.throwIfAborted();
    await this.#greeted.promise;
    if (this.#ended) throw destroyed();
    signal?.throwIfAborted();
    const id = (this.#last += 1);
    const { promise, resolve, reject } = Promise.withResolvers();
    const stop = () => {
      this.#waiting.delete(id);
      this.#port?.postMessage({ id, stop: true });
      reject(signal.reason);
    };
    try {
      this.#port.postMessage({ id, call, args });
    } catch (error) {
      throw new LikenessError("what was given can't be sent to a frame", "invalid", "give plain data", error);
    }
    this.#waiting.set(id, { resolve, reject });
    signal?.addEventListener("abort", stop, { once: true });
    return promise.finally(() => signal?.removeEventListener("abort", stop));
  }

  access({ signal } = {}) {
    return this.#call("access", [], signal);
  }

  requestAccess(scopes, { signal } = {}) {
    return this.#call("requestAccess", [scopes], signal);
  }

  record(pair, { signal } = {}) {
    return this.#call("record", [pair], signal);
  }

  recordChoice(choice, { signal } = {}) {
    return this.#call("recordChoice", [choice], signal);
  }

  pairs({ signal } = {}) {
    return this.#call("pairs", [], signal);
  }

  portrait({ signal } = {}) {
    return this.#call("portrait", [], signal);
  }

  async personalize(messages, { signal } = {}) {
    if (!Array.isArray(messages)) throw invalid("messages must be an array");
    // The conversation stays in this page: the frame need not see it to say what is known.
    return withAbout(messages, await this.#call("about", [], signal));
  }

  judge(context, a, b, { signal } = {}) {
    return this.#call("judge", [context, a, b], signal);
  }

  rank(context, candidates, { signal } = {}) {
    return this.#call("rank", [context, candidates], signal);
  }

  on(event, listener) {
    const listeners = this.#listeners.get(event);
    if (!listeners) throw invalid(`there is no event ${JSON.stringify(event)} in a frame`);
    listeners.add(listener);
    return () => listeners.delete(listener);
  }

  destroy() {
    if (this.#ended) return;
    this.#ended = true;
    window.removeEventListener("message", this.#onMessage);
    for (const listeners of this.#listeners.values()) listeners.clear();
    this.#port?.postMessage({ bye: true });
    this.#port?.close();
    this.#failAll(destroyed());
    this.#greeted.resolve();
    if (this.#owns) this.frame.remove();
  }
}

const destroyed = () => new LikenessError("this likeness was destroyed", "destroyed", "make a new one");
