// What the elements share: a shadow root under one constructed sheet, nodes made without parsing, events that bubble.
//
// On a server there is no HTMLElement; the classes can then be imported, and are never made.

const Base = globalThis.HTMLElement ?? class {};

const CSS = `
:host { display: block; color-scheme: light dark; font: var(--likeness-font, inherit);
  --ink: var(--likeness-ink, light-dark(#1c1c1e, #f0f0f2)); --ground: var(--likeness-ground, light-dark(#fff, #1c1c1f));
  --line: var(--likeness-line, light-dark(#8a8a92, #77777f)); --accent: var(--likeness-accent, light-dark(#2457c5, #9dbcff));
  color: var(--ink); }
:host([hidden]) { display: none; }
* { box-sizing: border-box; }
section { background: var(--ground); border: 1px solid var(--line); border-radius: 8px; padding: 1rem; }
h2 { font-size: 1.1em; margin: 0 0 .5rem; }
p { margin: .5rem 0; overflow-wrap: anywhere; }
ul { list-style: none; margin: .5rem 0; padding: 0; }
li { border-top: 1px solid var(--line); padding: .5rem 0; }
.answers { display: grid; gap: .75rem; grid-template-columns: repeat(auto-fit, minmax(min(100%, 16rem), 1fr)); }
.answer { border: 1px solid var(--line); border-radius: 8px; padding: .75rem; white-space: pre-wrap; overflow-wrap: anywhere; }
.row { display: flex; flex-wrap: wrap; gap: .5rem; margin: .75rem 0 0; }
button, input { font: inherit; color: inherit; background: var(--ground); border: 1px solid var(--line); border-radius: 6px;
  padding: .4rem .75rem; min-height: 2.25rem; max-width: 100%; }
input { flex: 1 1 12rem; min-width: 0; }
button { cursor: pointer; }
button:disabled { cursor: default; opacity: .6; }
button[aria-checked="true"] { border-color: var(--accent); box-shadow: inset 0 0 0 1px var(--accent); }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
summary { cursor: pointer; }
progress { width: 100%; accent-color: var(--accent); }
`;
let sheet;

export class LikenessElement extends Base {
  #likeness;
  #stops = [];

  constructor() {
    super();
    this.attachShadow({ mode: "open", delegatesFocus: true });
    if (!sheet) {
      sheet = new CSSStyleSheet();
      sheet.replaceSync(CSS);
    }
    this.shadowRoot.adoptedStyleSheets = [sheet];
  }

  get likeness() {
    return this.#likeness;
  }

  set likeness(likeness) {
    this.#unlisten();
    this.#likeness = likeness;
    if (this.isConnected) this.connectedCallback();
  }

  connectedCallback() {
    this.#unlisten();
    for (const event of this.constructor.watches ?? []) {
      const stop = this.#likeness?.on(event, () => this.refresh());
      if (stop) this.#stops.push(stop);
    }
    this.refresh();
  }

  disconnectedCallback() {
    this.#unlisten();
  }

  #unlisten() {
    for (const stop of this.#stops.splice(0)) stop();
  }

  tell(name, detail) {
    return this.dispatchEvent(new CustomEvent(name, { detail, bubbles: true, composed: true, cancelable: true }));
  }
}

/** A node with attributes; functions are listeners. */
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
