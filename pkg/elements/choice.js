// <likeness-choice>: two answers and four outcomes. What was chosen is told by the answer's id, never by its side.

import { LikenessElement, node } from "./base.js";

export class LikenessChoice extends LikenessElement {
  static formAssociated = true;
  #internals;
  #options = [];
  #value = "";
  #recording = false;

  constructor() {
    super();
    this.#internals = this.attachInternals();
    this.context = [];
    this.addEventListener("keydown", (event) => this.#key(event));
  }

  get options() {
    return this.#options;
  }

  set options(options) {
    const ids = new Set(options.map(({ id }) => id));
    if (options.length !== 2 || ids.size !== 2) throw new TypeError("a choice is between two answers with different ids");
    this.#options = options.map(({ id, content }) => ({ id, content }));
    this.#keep("");
    this.refresh();
  }

  get value() {
    return this.#value;
  }

  formResetCallback() {
    this.#keep("");
    this.refresh();
  }

  #keep(value) {
    this.#value = value;
    this.#internals.setFormValue(value || null);
  }

  #outcomes() {
    const [first, second] = this.#options;
    return [
      { words: "The first", value: `chosen:${first.id}`, outcome: { chosen: first.id } },
      { words: "The second", value: `chosen:${second.id}`, outcome: { chosen: second.id } },
      { words: "Both good", value: "all-good", outcome: { none: "all-good" } },
      { words: "Both bad", value: "all-bad", outcome: { none: "all-bad" } },
    ];
  }

  refresh() {
    if (this.#options.length === 0) return this.shadowRoot.replaceChildren();
    const answers = this.#options.map(({ content }, at) =>
      node("div", { class: "answer", part: "answer", role: "group", "aria-label": `Answer ${at + 1}` }, content));
    const buttons = this.#outcomes().map(({ words, value }, at) =>
      node("button", {
        type: "button", role: "radio", part: "outcome", "aria-checked": String(value === this.#value),
        tabindex: value === this.#value || (!this.#value && at === 0) ? "0" : "-1", click: () => this.#choose(at),
      }, `${at + 1}. ${words}`));
    this.shadowRoot.replaceChildren(
      node("section", { part: "box" }, node("div", { class: "answers" }, ...answers),
        node("div", { class: "row", role: "radiogroup", "aria-label": "Which answer do you prefer?" }, ...buttons),
        node("p", { role: "status", part: "status" })));
  }

  #key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || this.#options.length === 0) return;
    const buttons = [...this.shadowRoot.querySelectorAll("button")];
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    const at = buttons.indexOf(this.shadowRoot.activeElement);
    if (step && at >= 0) {
      // Arrows only move: a choice is kept for good, so it takes Enter, Space or its number.
      buttons[(at + step + 4) % 4].focus();
    } else if (/^[1-4]$/.test(event.key)) this.#choose(Number(event.key) - 1);
    else return;
    event.preventDefault();
  }

  async #choose(at) {
    const { value, outcome } = this.#outcomes()[at];
    if (this.#recording || value === this.#value) return;
    const choice = { context: this.context, options: this.#options, ...outcome };
    if (!this.tell("likeness-choice", outcome)) return;
    this.#keep(value);
    this.refresh();
    this.shadowRoot.querySelectorAll("button")[at].focus();
    if (!this.likeness) return;
    this.#recording = true;
    try {
      const pairs = await this.likeness.recordChoice(choice);
      this.tell("likeness-recorded", { ...outcome, pairs });
    } catch (error) {
      this.#keep("");
      this.refresh();
      this.shadowRoot.querySelector("[role=status]").textContent = `Not kept: ${error.message}`;
      this.tell("likeness-error", { error });
    } finally {
      this.#recording = false;
    }
  }
}
