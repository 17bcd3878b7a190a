// The custom elements. Importing this defines them in a browser, and does nothing on a server.

import { LikenessChoice } from "./elements/choice.js";

export { LikenessChoice };

const ELEMENTS = { "likeness-choice": LikenessChoice };
if (globalThis.customElements) {
  for (const [name, element] of Object.entries(ELEMENTS)) {
    if (!customElements.get(name)) customElements.define(name, element);
  }
}
