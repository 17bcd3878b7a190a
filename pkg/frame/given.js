// What a host gives with a call, read field by field into new objects: whatever else is in a message stays behind.
//
// A message has been cloned by the browser before we see it, so it is plain data; but it may hold anything and be as
// large as it likes. Reading stops at the first thing that is not as it should be, and at the last character allowed.

import { invalid } from "../failure.js";
import { SCOPES, own } from "./protocol.js";

/** Characters in all the texts of one call. */
const MOST_TEXT = 400_000;
const MOST_MESSAGES = 256;
const MOST_OPTIONS = 16;
/** As many as `rank` takes. */
const MOST_ANSWERS = 64;
const MOST_ID = 200;
const ROLES = ["system", "user", "assistant"];

/** Reads the arguments of one call. */
export class Given {
  #left = MOST_TEXT;
  #args;

  constructor(args) {
    if (!Array.isArray(args)) throw invalid("args must be a list");
    this.#args = args;
  }

  context(at) {
    return this.#messages(this.#args[at]);
  }

  answer(at, name) {
    return this.#text(this.#args[at], name);
  }

  answers(at) {
    const answers = this.#list(this.#args[at], MOST_ANSWERS, "candidates");
    return answers.map((answer) => this.#text(answer, "a candidate"));
  }

  /** A pair, as the choice of one of two that it is. */
  pair() {
    const pair = this.#args[0];
    const texts = ["chosen", "rejected"].map((name) => ({ id: name, content: this.#text(own(pair, name), name) }));
    if (texts[0].content.trim() === texts[1].content.trim()) throw invalid("chosen and rejected are the same");
    return { context: this.#messages(own(pair, "context")), options: texts, chosen: "chosen" };
  }

  /** A choice with its outcome. Whether the two fit is for the core to say. */
  choice() {
    const choice = this.#args[0];
    const options = this.#list(own(choice, "options"), MOST_OPTIONS, "options").map((option) => ({
      id: this.#id(own(option, "id")),
      content: this.#text(own(option, "content"), "an option's content"),
    }));
    const read = { context: this.#messages(own(choice, "context")), options };
    const [chosen, none] = [own(choice, "chosen"), own(choice, "none")];
    if (chosen !== undefined) read.chosen = this.#id(chosen);
    if (none !== undefined) read.none = this.#oneOf(none, ["all-good", "all-bad"], "none");
    return read;
  }

  scopes(at) {
    const scopes = this.#list(this.#args[at], SCOPES.length, "scopes");
    if (scopes.length === 0) throw invalid("scopes must name at least one");
    for (const scope of scopes) this.#oneOf(scope, SCOPES, "a scope");
    return SCOPES.filter((scope) => scopes.includes(scope));
  }

  #messages(value) {
    return this.#list(value, MOST_MESSAGES, "context").map((message) => ({
      role: this.#oneOf(own(message, "role"), ROLES, "a message's role"),
      content: this.#text(own(message, "content"), "a message's content"),
    }));
  }

  #list(value, most, name) {
    if (!Array.isArray(value)) throw invalid(`${name} must be a list`);
    if (value.length > most) throw invalid(`${name} may hold ${most} at most`);
    return value;
  }

  #text(value, name) {
    if (typeof value !== "string") throw invalid(`${name} must be a text`);
    this.#left -= value.length;
    if (this.#left < 0) throw invalid(`a call may hold ${MOST_TEXT} characters at most`);
    return value;
  }

  #id(value) {
    if (typeof value !== "string" || value.length > MOST_ID) throw invalid(`an id must be a text of ${MOST_ID} at most`);
    return value;
  }

  #oneOf(value, allowed, name) {
    if (!allowed.includes(value)) throw invalid(`${name} must be one of ${allowed.join(", ")}`);
    return value;
  }
}
