// <likeness-choice>: two answers and four outcomes. What was chosen is told by the answer's id, never by its side.
//
// A choice that was recorded is locked, so that a stray key changes nothing; for a while "Change" opens it again, and what
// is then chosen takes its place. Another question opens it too. Without a likeness nothing is recorded, and it is an
// ordinary control of a form, which may be changed.

import { answerText } from "./answer.js";
import { LikenessElement, node } from "./base.js";

const KEYS = { ArrowDown: 1, ArrowUp: -1, ArrowRight: 1, ArrowLeft: -1 };

export class LikenessChoice extends LikenessElement {
  static formAssociated = true;
  static observedAttributes = ["required"];
  static properties = [...super.properties, "context", "options", "name", "required", "disabled", "changeSeconds"];
  static strings = {
    ...super.strings,
    question: "Which answer do you prefer?",
    answer: (number) => `Answer ${number}`,
    first: "The first",
    second: "The second",
    allGood: "Both good",
    allBad: "Both bad",
    recorded: "Recorded.",
    change: "Change",
    changing: "Choose again, or leave it.",
    leave: "Leave it",
    required: "Choose one of the four.",
    failed: (error) => `Not kept: ${super.strings.failed(error)}`,
  };
  #internals = this.attachInternals();
  #context = [];
  #options = [];
  #value = "";
  /** `open`, `recording`, `recorded`, or `changing` what was recorded. */
  #phase = "open";
  /** What was recorded, and what may take its place: until when. */
  #kept;
  #changeSeconds = 60;
  #change = node("button", { type: "button", part: "change", hidden: true, click: () => this.#toggleChange() });
  #said = "";
  #off = false;
  /** What a browser gave back when the person came back to the page, until its question is put. */
  #before;
  /** Goes up with every new question, so that what comes late for an earlier one changes nothing. */
  #question = 0;
  #answers = [];
  #buttons = [];
  #status = node("p", { role: "status", part: "status" });

  constructor() {
    super();
    this.shadowRoot.addEventListener("keydown", (event) => this.#key(event));
    // A click on a <label> arrives as one on the element itself.
    this.addEventListener("click", (event) => event.composedPath()[0] === this && this.focus());
  }

  /** The messages before the answers. */
  get context() {
    return this.#context;
  }

  set context(context) {
    if (!Array.isArray(context)) throw new TypeError("likeness-choice: context must be an array of messages");
    const given = context.map((message) => ({ ...message }));
    if (isSame(given, this.#context)) return;
    this.#context = given;
    this.#reopen();
    this.#restore();
  }

  /** The two answers as shown; an empty array for none. */
  get options() {
    return this.#options;
  }

  set options(options) {
    const given = checked(options ?? []);
    // A framework sets the same ones at each of its own redraws.
    if (isSame(given, this.#options)) return;
    this.#options = given;
    this.#reopen();
    this.#restore();
    this.draw();
  }

  /** The id of the preferred answer, `none:all-good`, `none:all-bad`, or empty. */
  get value() {
    return this.#value;
  }

  /** Whether it was recorded, and is locked. */
  get recorded() {
    return this.#phase === "recorded";
  }

  /** For how long "Change" is offered after a choice was recorded; 0 for never. */
  get changeSeconds() {
    return this.#changeSeconds;
  }

  set changeSeconds(seconds) {
    this.#changeSeconds = Number(seconds) || 0;
    this.#mark();
  }

  get type() {
    return "likeness-choice";
  }

  get name() {
    return this.getAttribute("name") ?? "";
  }

  set name(name) {
    this.setAttribute("name", name);
  }

  get required() {
    return this.hasAttribute("required");
  }

  set required(is) {
    this.toggleAttribute("required", Boolean(is));
  }

  get disabled() {
    return this.hasAttribute("disabled");
  }

  set disabled(is) {
    this.toggleAttribute("disabled", Boolean(is));
  }

  get form() {
    return this.#internals.form;
  }

  get labels() {
    return this.#internals.labels;
  }

  get validity() {
    return this.#internals.validity;
  }

  get validationMessage() {
    return this.#internals.validationMessage;
  }

  get willValidate() {
    return this.#internals.willValidate;
  }

  checkValidity() {
    return this.#internals.checkValidity();
  }

  reportValidity() {
    return this.#internals.reportValidity();
  }

  forget() {
    // What another likeness keeps can't be changed here.
    this.#kept = undefined;
    this.#mark();
  }

  /** Goes to the outcome that was taken, or to the first. */
  focus(options) {
    this.#buttons.find(({ tabIndex }) => tabIndex === 0)?.focus(options);
  }

  attributeChangedCallback() {
    this.#mark();
  }

  formDisabledCallback(is) {
    this.#off = is;
    this.#mark();
  }

  formResetCallback() {
    // What was recorded stays so, whatever becomes of the form.
    if (this.#phase === "open") this.#enter("open", "");
  }

  /** The browser gives back what a form's controls were at, before a script may have put the question. */
  formStateRestoreCallback(state) {
    this.#before = parsed(state);
    this.#restore();
  }

  draw() {
    const { strings } = this;
    const held = this.#buttons.indexOf(this.shadowRoot.activeElement);
    if (this.#options.length === 0) this.#buttons = this.#answers = [];
    else {
      const words = [strings.first, strings.second, strings.allGood, strings.allBad];
      this.#answers = this.#options.map(({ id, content }, at) =>
        node("div", { class: "answer", part: "answer", role: "group", tabindex: "0", "aria-label": strings.answer(at + 1) },
          node("slot", { name: id }, answerText(content))));
      this.#buttons = words.map((word, at) =>
        node("button", { type: "button", role: "radio", part: "outcome", "aria-keyshortcuts": `${at + 1}`, click: () => this.#choose(at) },
          node("kbd", { "aria-hidden": "true" }, `${at + 1}`), word));
    }
    this.shadowRoot.replaceChildren(...(this.#buttons.length ? [this.#box(strings)] : []));
    this.#mark();
    this.#buttons[held]?.focus();
  }

  #box(strings) {
    const label = [...this.#internals.labels].map(({ textContent }) => textContent.trim()).join(" ") || strings.question;
    return node("section", { class: "box", part: "box" },
      node("div", { class: "answers", part: "answers" }, ...this.#answers),
      node("div", { class: "row", part: "outcomes", role: "radiogroup", "aria-label": label }, ...this.#buttons),
      node("div", { class: "row" }, this.#status, this.#change));
  }

  /** Brings attributes in line with what was chosen; the nodes stay, and with them focus and scroll positions. */
  #mark() {
    const { strings } = this;
    const taken = this.#outcomes().findIndex(({ value }) => value === this.#value);
    for (const [at, button] of this.#buttons.entries()) {
      button.disabled = this.#off;
      // Locked, not disabled: it can still be read and reached, and focus isn't lost when it is locked.
      button.setAttribute("aria-disabled", String(!this.#isOpen()));
      button.setAttribute("aria-checked", String(at === taken));
      button.tabIndex = at === Math.max(taken, 0) ? 0 : -1;
    }
    this.#buttons[0]?.parentElement.setAttribute("aria-required", String(this.required));
    for (const [at, answer] of this.#answers.entries()) answer.classList.toggle("taken", at === taken);
    const said = { recorded: strings.recorded, changing: strings.changing };
    this.#status.textContent = this.#said || (said[this.#phase] ?? "");
    this.#change.textContent = this.#phase === "changing" ? strings.leave : strings.change;
    this.#change.hidden = this.#phase !== "changing" && !this.#mayChange();
    this.#change.disabled = this.#off;
    this.#internals.setFormValue(this.#value || null, this.#state());
    if (this.required && !this.#value) {
      this.#internals.setValidity({ valueMissing: true }, strings.required, this.#buttons[0]);
    } else this.#internals.setValidity({});
  }

  #outcomes() {
    if (this.#options.length === 0) return [];
    const chosen = ({ id }) => ({ value: id, outcome: { chosen: id } });
    const none = (why) => ({ value: `none:${why}`, outcome: { none: why } });
    return [...this.#options.map(chosen), none("all-good"), none("all-bad")];
  }

  /** What a browser may keep for when the person comes back: no word of the answers. */
  #state() {
    const isRecorded = this.#phase === "recorded" || this.#phase === "changing";
    return this.#value ? JSON.stringify({ question: this.#fingerprint(), value: this.#value, isRecorded }) : null;
  }

  #fingerprint() {
    return fingerprint(JSON.stringify([this.#context, this.#options]));
  }

  /** Takes up what was chosen before, where this is that question. What was recorded is locked, as it was. */
  #restore() {
    if (!this.#before || this.#phase !== "open" || this.#value || this.#before.question !== this.#fingerprint()) return;
    const { value, isRecorded } = this.#before;
    this.#before = undefined;
    if (this.#outcomes().some((outcome) => outcome.value === value)) this.#enter(isRecorded ? "recorded" : "open", value);
  }

  #reopen() {
    this.#question += 1;
    this.#kept = undefined;
    this.#enter("open", "");
  }

  /** A likeness that can't take a choice's place, as a frame's, keeps it locked. */
  #mayChange() {
    return this.#phase === "recorded" && performance.now() < this.#kept?.until && typeof this.likeness?.takeBack === "function";
  }

  #toggleChange() {
    if (this.#phase === "changing") this.#enter("recorded", this.#value);
    else if (this.#mayChange()) this.#enter("changing", this.#value);
    this.#buttons.find(({ tabIndex }) => tabIndex === 0)?.focus();
  }

  /** It was recorded: from now on it may be changed, for a while. */
  #keep(value, outcome) {
    const milliseconds = this.#changeSeconds * 1000;
    const kept = (this.#kept = { value, outcome, until: performance.now() + milliseconds });
    this.#enter("recorded", value);
    setTimeout(() => kept === this.#kept && this.#mark(), milliseconds + 1);
  }

  #enter(phase, value, said = "") {
    this.#phase = phase;
    this.#value = value;
    this.#said = said;
    this.#mark();
  }

  #key(event) {
    const { key, ctrlKey, metaKey, altKey, isComposing, repeat } = event;
    // Keys typed into what a host has put in our slots are that thing's own.
    if (ctrlKey || metaKey || altKey || isComposing || !this.shadowRoot.activeElement) return;
    const at = this.#buttons.indexOf(this.shadowRoot.activeElement);
    if (KEYS[key] && at >= 0) {
      // Arrows only move: a choice may be kept for good, so it takes Enter, Space or its number.
      const mirrored = /Right|Left/.test(key) && this.matches(":dir(rtl)");
      const count = this.#buttons.length;
      this.#go((at + (mirrored ? -KEYS[key] : KEYS[key]) + count) % count);
    } else if (/^[1-4]$/.test(key) && !repeat && this.#isOpen()) this.#choose(Number(key) - 1);
    else return;
    event.preventDefault();
  }

  #go(to) {
    for (const [at, button] of this.#buttons.entries()) button.tabIndex = at === to ? 0 : -1;
    this.#buttons[to].focus();
  }

  #isOpen() {
    return (this.#phase === "open" || this.#phase === "changing") && !this.#off;
  }

  async #choose(at) {
    const { value, outcome } = this.#outcomes()[at];
    if (!this.#isOpen()) return;
    if (value === this.#value) return this.#phase === "changing" ? this.#toggleChange() : undefined;
    const { likeness } = this;
    const before = this.#kept;
    const choice = { context: this.#context, options: this.#options, ...outcome };
    const question = this.#question;
    if (!this.tell("likeness-choice", outcome, true)) return;
    // A listener may have put up the next question already; this one is recorded all the same.
    const isUp = () => question === this.#question;
    if (isUp()) {
      this.#enter(likeness ? "recording" : "open", value);
      this.#buttons[at].focus();
      for (const name of ["input", "change"]) this.dispatchEvent(new Event(name, { bubbles: true, composed: true }));
    }
    if (!likeness) return;
    try {
      const pairs = await likeness.recordChoice(choice, before && { supersedes: before.outcome });
      if (isUp()) this.#keep(value, outcome);
      this.tell("likeness-recorded", { ...outcome, pairs, ...(before && { supersedes: before.outcome }) });
    } catch (error) {
      // What was recorded before still is.
      if (isUp()) this.#enter(before ? "recorded" : "open", before?.value ?? "", this.strings.failed(error));
      this.tell("likeness-error", { error });
    }
  }
}

/** What is no state of ours is none: a browser may offer what another control had. */
function parsed(state) {
  try {
    return JSON.parse(state);
  } catch {
    return undefined;
  }
}

/** Tells texts apart, and nothing of them can be read from it: FNV-1a in 32 bits. */
function fingerprint(text) {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at += 1) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  return hash >>> 0;
}

const isSame = (a, b) => JSON.stringify(a) === JSON.stringify(b);

/** The answers, copied; throws where they are not two that can be told apart. */
function checked(options) {
  const given = Array.from(options, ({ id, content }) => ({ id, content }));
  if (given.length === 0) return given;
  const wrong = (what) => new TypeError(`likeness-choice: ${what}`);
  if (given.length !== 2) throw wrong(`a choice is between two answers, and options has ${given.length}`);
  for (const { id, content } of given) {
    if (typeof id !== "string" || typeof content !== "string") throw wrong("each option needs an id and a content, both strings");
    if (!id || id.startsWith("none:")) throw wrong(`an option's id can't be ${JSON.stringify(id)}: it must not be empty or begin with "none:"`);
  }
  if (given[0].id === given[1].id) throw wrong(`both options have the id ${JSON.stringify(given[0].id)}; give each its own`);
  return given;
}
