// What the elements share: a shadow root, properties that may be set at any time, words that a host may replace, events.
//
// On a server there is no HTMLElement; the classes can then be imported, and are never made.

import { sheet } from "./sheet.js";

/** What every element is: bound to a likeness by a property, drawn from what that says. */
export class LikenessElement extends (globalThis.HTMLElement ?? class {}) {
  /** Properties that a host may set, also before the element is defined. */
  static properties = ["likeness", "strings"];

  /** The words of all elements of the class; `strings` replaces some of them for one element. */
  static strings = { failed: ({ message, advice }) => (advice ? `${message}: ${advice}` : String(message)) };

  /** The likeness's events after which it is asked again. */
  static watches = [];

  #likeness;
  #strings = {};
  #stops = [];

  constructor() {
    super();
    this.attachShadow({ mode: "open" }).adoptedStyleSheets = [sheet()];
  }

  /** The likeness that is shown or recorded to. */
  get likeness() {
    return this.#likeness;
  }

  set likeness(likeness) {
    if (likeness === this.#likeness) return;
    this.#likeness = likeness;
    this.forget();
    if (this.isConnected) this.#listen();
  }

  /** The words in use. Those that are set are put in the place of the class's, which stay for the others. */
  get strings() {
    return { ...this.constructor.strings, ...this.#strings };
  }

  set strings(strings) {
    this.#strings = { ...strings };
    if (this.isConnected) this.draw();
  }

  connectedCallback() {
    this.#upgrade();
    this.draw();
    this.#listen();
  }

  disconnectedCallback() {
    this.#unlisten();
  }

  // With this, `moveBefore` moves an element without disconnecting it.
  connectedMoveCallback() {}

  /** Draws what is known, in the words in use. */
  draw() {}

  /** Asks the likeness, and draws; after one of its events, what that has changed. */
  refresh(event) {}

  /** Lets go of what belongs to the likeness that was bound before. */
  forget() {}

  /** Sends an event that leaves shadow roots; false where its sending was cancelled. */
  tell(name, detail, cancelable = false) {
    return this.dispatchEvent(new CustomEvent(name, { detail, bubbles: true, composed: true, cancelable }));
  }

  /** Properties that were set before the class was known lie on the element itself and hide the accessors. */
  #upgrade() {
    const early = this.constructor.properties.filter((name) => Object.hasOwn(this, name)).map((name) => [name, this[name]]);
    // All are taken off first: setting one may read another.
    for (const [name] of early) delete this[name];
    for (const [name, value] of early) this[name] = value;
  }

  #listen() {
    this.#unlisten();
    try {
      for (const event of this.constructor.watches) {
        const stop = this.#likeness?.on(event, () => this.refresh(event));
        if (stop) this.#stops.push(stop);
      }
    } catch {
      // One that was destroyed tells of nothing any more. What is asked of it now says so, as an event and in words.
    }
    this.refresh();
  }

  #unlisten() {
    for (const stop of this.#stops.splice(0)) stop();
  }
}

/** A node with attributes; functions are listeners. Made without parsing, so Trusted Types have nothing to ask. */
export function node(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (typeof value === "function") made.addEventListener(key, value);
    else if (typeof value === "boolean") made.toggleAttribute(key, value);
    else made.setAttribute(key, value);
  }
  made.append(...children);
  return made;
}
