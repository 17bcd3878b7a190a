// likeness.html: a strip in a host's frame; in a window of its own, the question, the grants and the portrait.
//
// In a frame nothing can be allowed, only opened or taken back: whatever a host lays over the frame, a click that it
// steals there gives it nothing. What is allowed is allowed in a window whose address bar shows this page's origin.

import { Door } from "./door.js";
import { Held } from "./held.js";
import { showStrip } from "./strip.js";
import { showWindow } from "./window.js";

/** Under this name, the window that a frame opens finds what the frame holds. */
const HELD = "likenessHeld";

/** What the frame that opened this window holds; nothing where it was no frame of this origin. */
function heldByOpener() {
  try {
    return window.opener?.[HELD];
  } catch {
    // The opener is of another origin: the person came here from some page, and it gets nothing.
    return undefined;
  }
}

const main = document.querySelector("#likeness");
if (window.parent !== window) {
  const held = (window[HELD] = new Held());
  document.documentElement.classList.add("strip");
  showStrip(main, held);
  new Door(held).open();
} else {
  const held = heldByOpener();
  showWindow(main, held ?? new Held(), Boolean(held));
}
