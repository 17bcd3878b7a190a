// One claim in <likeness-panel>: its words, what the person may do with it, and a line to edit it in.
//
// A row is redrawn only when its claim or its words changed, so a change elsewhere takes neither the focus from a button
// nor what is being typed.

import { node } from "./base.js";

/** What may be done with a claim in each state, in the order of the buttons. */
const VERBS = {
  found: ["edit", "pin", "refuse"],
  edited: ["edit", "restore", "refuse"],
  pinned: ["edit", "restore", "refuse"],
  refused: ["restore"],
};

export class ClaimRow {
  item = node("li", { part: "claim" });
  #claim;
  #strings;
  #shown;
  #isEdited = false;
  #isBusy = false;
  #say;

  /** @param {(verb: string, id: string, text?: string) => Promise<boolean>} say tells the likeness; whether it was done */
  constructor(say) {
    this.#say = say;
  }

  /** Whether the person is typing here. */
  get isEdited() {
    return this.#isEdited;
  }

  show(claim, strings) {
    this.#claim = claim;
    this.#strings = strings;
    const { text, state } = claim;
    const shown = JSON.stringify([text, state, strings.states[state], VERBS[state].map((verb) => strings.verbs[verb])]);
    if (this.#isEdited || shown === this.#shown) return;
    this.#shown = shown;
    const verb = this.#focused();
    this.item.replaceChildren(...this.#words(), this.#buttons());
    if (verb) this.focus(verb);
  }

  /** Goes to the button of that verb, or else to the first. */
  focus(verb) {
    const button = this.item.querySelector(`[data-verb="${verb}"]`) ?? this.item.querySelector("button, input");
    button?.focus();
  }

  /** The verb whose button has the focus; `save` and `leave` in the line where a claim is edited. */
  #focused() {
    const { activeElement } = this.item.getRootNode();
    return this.item.contains(activeElement) ? (activeElement.dataset.verb ?? "edit") : undefined;
  }

  #words() {
    const { text, state } = this.#claim;
    const said = this.#strings.states[state];
    return [node("span", { dir: "auto", part: "claim-text" }, text), ...(said ? [" ", node("span", { class: "soft" }, `(${said})`)] : [])];
  }

  #buttons() {
    const { text, state } = this.#claim;
    const button = (verb) => {
      const words = this.#strings.verbs[verb];
      const click = () => (verb === "edit" ? this.#edit() : this.#tell(verb));
      return node("button", { type: "button", part: "claim-button", "data-verb": verb, "aria-label": `${words}: ${text}`, click }, words);
    };
    return node("div", { class: "row" }, ...VERBS[state].map(button));
  }

  #edit() {
    this.#isEdited = true;
    const { strings, text } = { strings: this.#strings, text: this.#claim.text };
    const input = node("input", { part: "edit", dir: "auto", required: true, "aria-label": strings.yourWords });
    input.value = text;
    const form = node("form", {
      class: "row",
      submit: (event) => (event.preventDefault(), this.#tell("edit", input.value)),
      keydown: (event) => this.#key(event),
    }, input, node("button", { part: "claim-button", "data-verb": "save" }, strings.save),
    node("button", { type: "button", part: "claim-button", "data-verb": "leave", click: () => this.#leave() }, strings.leave));
    this.item.replaceChildren(form);
    input.focus();
    input.select();
  }

  #key(event) {
    if (event.key !== "Escape" || event.isComposing) return;
    // A dialog around the panel is not closed by it.
    event.preventDefault();
    event.stopPropagation();
    this.#leave();
  }

  #leave() {
    this.#isEdited = false;
    this.#shown = undefined;
    const held = this.#focused();
    this.show(this.#claim, this.#strings);
    if (held) this.focus("edit");
  }

  async #tell(verb, text) {
    if (this.#isBusy) return;
    this.#isBusy = true;
    try {
      const done = await this.#say(verb, this.#claim.id, text);
      if (done && verb === "edit") this.#leave();
    } finally {
      this.#isBusy = false;
    }
  }
}
