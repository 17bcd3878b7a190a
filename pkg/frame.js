// A host page's end of the frame: the calls of a likeness that another origin keeps.
//
// This page loads no wasm, starts no worker and holds no history; it has a port to the frame, and asks. Types and words
// for each call are in frame.d.ts.

import { withAbout } from "./about.js";
import { LikenessError, invalid } from "./failure.js";
import { callback, signalOrNone, told } from "./given.js";
import { leavable } from "./running.js";
import { VERSIONS, greeting, greetingKind, own } from "./frame/protocol.js";

export { LikenessError };

const EVENTS = ["access", "portrait"];
/** How often a frame that is waited for is looked after: no event tells every browser's page that it was taken out. */
const LOOK_EVERY_MS = 1000;
/** How long a likeness that is there may take to say so. */
const ALIVE_MS = 5000;
const NO_ANSWER = "check its address, its frame-ancestors and this page's frame-src";

export async function connectLikeness(settings) {
  const { url, frame, container, timeoutMs = 20_000, signal } = told(settings, "url", "frame", "container", "timeoutMs", "signal");
  signalOrNone(signal)?.throwIfAborted();
  if (Boolean(url) === Boolean(frame)) throw invalid("give either the url of likeness.html or a frame that shows it");
  if (!Number.isFinite(timeoutMs) || timeoutMs < 0) throw invalid("timeoutMs must be a number of milliseconds");
  const address = addressOf(url ?? frame.src);
  if (address.origin === location.origin) {
    throw invalid("the frame is of this page's own origin, whose scripts can read all of it: serve it from another");
  }
  const shown = frame ?? (container ?? document.body).appendChild(makeFrame(address));
  const likeness = new FramedLikeness(shown, address.origin, Boolean(url), timeoutMs);
  try {
    await leavable(signal, likeness.connected());
    return likeness;
  } catch (error) {
    likeness.destroy();
    throw error;
  }
}

function addressOf(given) {
  try {
    return new URL(given, location.href);
  } catch (error) {
    throw new LikenessError("the frame's url is no address", "invalid", "give the url of likeness.html", error);
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
  #timeoutMs;
  #looking;
  #onLoad = () => this.#loaded();
  #onMessage = (event) => this.#message(event);

  constructor(frame, origin, owns, timeoutMs) {
    this.frame = frame;
    this.#origin = origin;
    this.#owns = owns;
    this.#timeoutMs = timeoutMs;
    this.#greeted.promise.catch(() => {});
    window.addEventListener("message", this.#onMessage);
    frame.addEventListener("load", this.#onLoad);
    this.#greet();
  }

  /** Waits for the handshake, for a while. Not part of the API: `connectLikeness` has waited. */
  async connected() {
    if (this.#port) return;
    const late = AbortSignal.timeout(this.#timeoutMs);
    try {
      await leavable(late, this.#greeted.promise);
    } catch (error) {
      if (error !== late.reason) throw error;
      throw new LikenessError(`the frame at ${this.#origin} did not answer`, "no-frame", NO_ANSWER, error);
    }
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
      this.#lost();
      return this.#greet();
    }
    if (own(data, "nonce") !== this.#nonce) return;
    if (kind === "refused") return this.#greeted.reject(thrown(own(data, "error")));
    if (kind !== "welcome" || !ports[0] || this.#port) return;
    const [port] = ports;
    this.#port = port;
    port.onmessage = ({ data }) => this.#heard(data);
    // Where the browser tells that the other end is gone.
    port.addEventListener("close", () => port === this.#port && this.#lost());
    this.#greeted.resolve();
  }

  /**
   * The frame has loaded something: the likeness that answered already, or what took its place. Nothing tells them apart
   * but a question, since a likeness may say that it is there before its page has loaded, or after that.
   */
  #loaded() {
    const port = this.#port;
    if (!port || this.#ended) return;
    const id = (this.#last += 1);
    const answer = Promise.withResolvers();
    this.#waiting.set(id, answer);
    const late = setTimeout(() => port === this.#port && this.#lost(), ALIVE_MS);
    const done = () => {
      clearTimeout(late);
      this.#waiting.delete(id);
      this.#look();
    };
    answer.promise.then(done, done);
    port.postMessage({ id, call: "access", args: [] });
  }

  /** The port leads nowhere any more. A frame that comes back greets again. */
  #lost() {
    if (!this.#port || this.#ended) return;
    this.#port.close();
    this.#port = undefined;
    this.#greeted = Promise.withResolvers();
    this.#greeted.promise.catch(() => {});
    this.#failAll(gone());
  }

  #failAll(error) {
    for (const { reject } of this.#waiting.values()) reject(error);
    this.#waiting.clear();
    this.#look();
  }

  /** Looks after the frame for as long as a call waits for it. */
  #look() {
    if (this.#waiting.size > 0) {
      this.#looking ??= setInterval(() => {
        if (this.frame.isConnected) return;
        this.#lost();
        this.#failAll(gone());
      }, LOOK_EVERY_MS);
    } else {
      clearInterval(this.#looking);
      this.#looking = undefined;
    }
  }

  #heard(data) {
    const listeners = this.#listeners.get(own(data, "event"));
    if (listeners) {
      for (const listener of [...listeners]) listener(own(data, "value"));
      return;
    }
    const waiting = this.#waiting.get(own(data, "id"));
    if (!waiting) return;
    const error = own(data, "error");
    if (error) waiting.reject(thrown(error));
    else waiting.resolve(own(data, "value"));
  }

  async #call(call, args, settings) {
    const signal = signalOrNone(told(settings, "signal").signal);
    signal?.throwIfAborted();
    if (this.#ended) throw destroyed();
    if (!this.frame.isConnected) throw gone();
    const id = (this.#last += 1);
    const answer = Promise.withResolvers();
    this.#waiting.set(id, answer);
    this.#look();
    let port;
    try {
      // The answer fails before there can be one where the frame goes meanwhile.
      await leavable(signal, Promise.race([this.connected(), answer.promise]));
      port = this.#send({ id, call, args });
      return await leavable(signal, answer.promise);
    } finally {
      if (signal?.aborted) port?.postMessage({ id, stop: true });
      this.#waiting.delete(id);
      this.#look();
    }
  }

  #send(message) {
    if (this.#ended) throw destroyed();
    if (!this.#port) throw gone();
    try {
      this.#port.postMessage(message);
    } catch (error) {
      throw new LikenessError("what was given can't be sent to a frame", "invalid", "give plain data", error);
    }
    return this.#port;
  }

  access(settings) {
    return this.#call("access", [], settings);
  }

  requestAccess(scopes, settings) {
    return this.#call("requestAccess", [scopes], settings);
  }

  record(pair, settings) {
    return this.#call("record", [pair], settings);
  }

  recordChoice(choice, settings) {
    return this.#call("recordChoice", [choice], settings);
  }

  pairs(settings) {
    return this.#call("pairs", [], settings);
  }

  portrait(settings) {
    return this.#call("portrait", [], settings);
  }

  async personalize(messages, settings) {
    if (!Array.isArray(messages)) throw invalid("messages must be an array");
    // The conversation stays in this page: the frame need not see it to say what is known.
    return withAbout(messages, await this.#call("about", [], settings));
  }

  judge(context, a, b, settings) {
    return this.#call("judge", [context, a, b], settings);
  }

  rank(context, candidates, settings) {
    return this.#call("rank", [context, candidates], settings);
  }

  on(event, listener) {
    const listeners = this.#listeners.get(event);
    if (!listeners) throw invalid(`there is no event ${JSON.stringify(String(event))} in a frame`);
    if (typeof listener !== "function") throw invalid("a listener is a function");
    if (this.#ended) throw destroyed();
    const heard = callback(listener);
    listeners.add(heard);
    return () => void listeners.delete(heard);
  }

  destroy() {
    if (this.#ended) return;
    this.#ended = true;
    window.removeEventListener("message", this.#onMessage);
    this.frame.removeEventListener("load", this.#onLoad);
    for (const listeners of this.#listeners.values()) listeners.clear();
    this.#port?.postMessage({ bye: true });
    this.#port?.close();
    this.#failAll(destroyed());
    this.#greeted.resolve();
    if (this.#owns) this.frame.remove();
  }
}

const destroyed = () => new LikenessError("this likeness was destroyed", "destroyed", "make a new one");
const gone = () => new LikenessError("the frame was loaded again or is no longer in the page", "no-frame", "call it again, once it is there");
