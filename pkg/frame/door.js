// The frame's end of the wire: who may connect, and one port's calls from reading to answering.
//
// Whose calls they are is what the browser said of the window that greeted (`event.origin`), once, for the life of the
// port. Nothing that a message says of its sender is read. A port that a host passes on is the host's own risk: whoever
// holds it has what the host has, and no more.

import { LikenessError, failure, invalid } from "../failure.js";
import { CALLS, callNamed } from "./calls.js";
import { Given } from "./given.js";
import { notGranted } from "./grants.js";
import { VERSIONS, errorOnWire, greeting, greetingKind, own } from "./protocol.js";

/** Calls under way at once, and ports, of one frame; a flood beyond that costs nothing but its answers. */
const MOST_CALLS = 32;
const MOST_PORTS = 16;
const MOST_NONCE = 64;
/** Changes are told this often at most: when something changed says little then on what the person does. */
const TELL_EVERY_MS = 1000;

/** Waits for the embedding page, and serves it. */
export class Door {
  #held;
  #ports = new Set();
  #calls = 0;
  #telling;

  /** @param {import("./held.js").Held} held what the frame holds */
  constructor(held) {
    this.#held = held;
    held.grants.addEventListener("change", () => this.#grantsChanged());
    held.onHistory = () => this.#historyChanged();
  }

  /** Answers the embedding window's greeting, and no other window's. */
  open() {
    window.addEventListener("message", (event) => this.#greeted(event));
    // To whomever embeds us: it says that we are here and nothing else.
    window.parent.postMessage(greeting("here", { versions: VERSIONS }), "*");
  }

  #greeted({ data, origin, source }) {
    if (source !== window.parent || greetingKind(data) !== "hello") return;
    const nonce = own(data, "nonce");
    if (typeof nonce !== "string" || nonce.length > MOST_NONCE) return;
    const refuse = (code, message, advice) =>
      source.postMessage(greeting("refused", { nonce, error: { code, message, advice } }), origin === "null" ? "*" : origin);
    // A sandboxed page and a file have no origin that a grant could be given to.
    if (origin === "null") return refuse("invalid", "a page without an origin can't connect", "serve it from an origin");
    const spoken = own(data, "versions");
    const version = VERSIONS.findLast((one) => Array.isArray(spoken) && spoken.includes(one));
    if (!version) return refuse("outdated", "the page and the frame speak no common version", "load the newest package");
    if (this.#ports.size >= MOST_PORTS) return refuse("rate-limited", "too many connections", "destroy those not in use");
    const { port1, port2 } = new MessageChannel();
    this.#held.metHost(origin);
    this.#serve(port1, origin);
    source.postMessage(greeting("welcome", { nonce, version }), origin, [port2]);
  }

  #serve(port, origin) {
    const served = { port, origin, calls: new Map(), scopes: undefined };
    this.#ports.add(served);
    port.onmessage = ({ data }) => this.#message(served, data);
    port.onmessageerror = () => this.#answer(served, null, undefined, invalid("a message could not be read"));
    this.#held.grants.scopes(origin).then((scopes) => (served.scopes = scopes.join()), () => {});
  }

  #answer({ port }, id, value, error) {
    port.postMessage(error ? { id, error: errorOnWire(failure(error)) } : { id, value });
  }

  #message(served, data) {
    if (own(data, "bye") === true) return this.#close(served);
    const id = own(data, "id");
    if (!Number.isSafeInteger(id)) return this.#answer(served, null, undefined, invalid("a message needs an id"));
    if (own(data, "stop") === true) return served.calls.get(id)?.controller.abort();
    if (served.calls.has(id)) return this.#answer(served, id, undefined, invalid("this id is in use"));
    if (this.#calls >= MOST_CALLS) {
      const many = new LikenessError(`${MOST_CALLS} calls are under way`, "rate-limited", "wait for some of them");
      return this.#answer(served, id, undefined, Object.assign(many, { retrySeconds: 1 }));
    }
    this.#run(served, id, data);
  }

  async #run(served, id, data) {
    const under = { controller: new AbortController(), scope: CALLS.get(own(data, "call"))?.scope };
    served.calls.set(id, under);
    this.#calls += 1;
    try {
      const value = await this.#called(served.origin, data, under.controller.signal);
      this.#answer(served, id, value);
    } catch (error) {
      this.#answer(served, id, undefined, error);
    } finally {
      served.calls.delete(id);
      this.#calls -= 1;
    }
  }

  async #called(origin, data, signal) {
    const given = new Given(own(data, "args"));
    const { grants } = this.#held;
    const name = own(data, "call");
    if (name === "access") return grants.scopes(origin);
    if (name === "requestAccess") return this.#held.ask(origin, given.scopes(0), signal);
    const call = callNamed(name);
    const read = call.read(given);
    await grants.admit(origin, call.scope, call.kind, call.cost?.(read) ?? 1);
    let value;
    try {
      value = await this.#held.calling((likeness) => {
        signal.throwIfAborted();
        return call.run(likeness, read, { origin, grants, signal });
      });
    } catch (error) {
      // What a call fails with once its grant is gone says nothing but that.
      if (signal.aborted) throw signal.reason instanceof LikenessError ? signal.reason : cancelled();
      throw forHost(error);
    }
    // The person may have taken the grant back while this was under way.
    if (!(await grants.scopes(origin)).includes(call.scope)) throw notGranted(origin, call.scope);
    return value;
  }

  async #grantsChanged() {
    for (const served of [...this.#ports]) {
      const scopes = await this.#held.grants.scopes(served.origin).catch(() => []);
      for (const { controller, scope } of served.calls.values()) {
        if (scope && !scopes.includes(scope)) controller.abort(notGranted(served.origin, scope));
      }
      if (served.scopes === scopes.join()) continue;
      served.scopes = scopes.join();
      served.port.postMessage({ event: "access", value: scopes });
    }
  }

  #historyChanged() {
    this.#telling ??= setTimeout(async () => {
      this.#telling = undefined;
      for (const { port, origin } of [...this.#ports]) {
        const scopes = await this.#held.grants.scopes(origin).catch(() => []);
        if (scopes.includes("portrait")) port.postMessage({ event: "portrait" });
      }
    }, TELL_EVERY_MS);
  }

  #close(served) {
    for (const { controller } of served.calls.values()) controller.abort();
    served.port.close();
    this.#ports.delete(served);
  }
}

/**
 * A failure as a host may hear it. The core's words are for whoever keeps the history: those of `quotes-history` quote it.
 * Only what is wrong with a call's own arguments is told as it is.
 */
function forHost(error) {
  const { message, code, advice } = failure(error);
  const words = code === "quotes-history" ? "what would be told quotes the person's history" : "the frame could not do this";
  return new LikenessError(code === "invalid" ? message : words, code, advice);
}

const cancelled = () => new LikenessError("the call was stopped", "cancelled", "call it again when you like");
