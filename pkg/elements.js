// The custom elements. Importing this defines them in a browser, and does nothing on a server.

import { LikenessBadge } from "./elements/badge.js";
import { LikenessChoice } from "./elements/choice.js";
import { LikenessMove } from "./elements/move.js";
import { LikenessPanel } from "./elements/panel.js";

export { LikenessBadge, LikenessChoice, LikenessMove, LikenessPanel };

const ELEMENTS = {
  "likeness-badge": LikenessBadge,
  "likeness-choice": LikenessChoice,
  "likeness-move": LikenessMove,
  "likeness-panel": LikenessPanel,
};
if (globalThis.customElements) {
  for (const [name, element] of Object.entries(ELEMENTS)) {
    if (!customElements.get(name)) customElements.define(name, element);
  }
}
