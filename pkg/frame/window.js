// The page in a window of its own: the question of the frame that opened it, the grants, the portrait, what was sent, and
// the model.

import "../elements.js";
import { LikenessElement, node } from "../elements/base.js";
import { SCOPE_WORDS } from "./calls.js";
import { modelSection } from "./model.js";

/** For so long must the window have been in front before a click allows anything: a double click begun elsewhere is over. */
const SETTLE_MS = 1000;

/**
 * Draws the page.
 * @param {Element} main
 * @param {import("./held.js").Held} held of this page, or of the frame that opened it
 * @param {boolean} framed whether it is of a frame
 */
export function showWindow(main, held, framed) {
  const asked = node("div");
  const granted = node("section", { "aria-labelledby": "grants" });
  const portrait = node("div");
  const where = framed
    ? "This is what Likeness keeps for the page that opened this window. On other sites it keeps other histories."
    : "This is what Likeness keeps under this address. Frames on other sites keep histories of their own, shown there.";
  main.replaceChildren(node("h1", {}, "Likeness"), node("p", { class: "soft" }, where), asked, granted, portrait);
  let shown;
  const redraw = async () => {
    if (held.question !== shown) {
      shown = held.question;
      asked.replaceChildren(...(shown ? [question(held, shown)] : []));
    }
    try {
      granted.replaceChildren(...grants(held, await held.grants.list()));
    } catch (error) {
      granted.replaceChildren(alertOf(error));
    }
  };
  held.addEventListener("change", redraw);
  addEventListener("pagehide", () => held.removeEventListener("change", redraw));
  // When a grant was last used is no change that is told.
  document.addEventListener("visibilitychange", redraw);
  redraw();
  showPortrait(portrait, held);
}

/** The portrait, what a prompt is told and what was sent, the model, the way to another place: no host's call leads here. */
async function showPortrait(place, held) {
  const elements = ["likeness-panel", "likeness-badge", "likeness-move"].map((name) => document.createElement(name));
  const bind = async () => {
    const likeness = await held.likeness();
    for (const element of elements) element.likeness = likeness;
  };
  try {
    await bind();
  } catch (error) {
    place.replaceChildren(alertOf(error));
    return;
  }
  // With another model comes another likeness.
  held.addEventListener("change", bind);
  addEventListener("pagehide", () => held.removeEventListener("change", bind));
  const [panel, badge, move] = elements;
  place.replaceChildren(panel, badge, modelSection(held), move);
}

const alertOf = (error) => node("p", { role: "alert" }, LikenessElement.strings.failed(error));

function question(held, asked) {
  const boxes = asked.scopes.map((scope) => {
    const box = node("input", { type: "checkbox", name: scope });
    box.checked = true;
    return { scope, box, label: node("label", {}, box, node("span", {}, `${SCOPE_WORDS.get(scope)}.`)) };
  });
  const allow = node("button", { type: "button", class: "main", disabled: true }, "Allow");
  const decide = (allowed) => {
    held.decide(asked, allowed);
    window.close();
  };
  allow.addEventListener("click", ({ isTrusted }) => {
    if (isTrusted) decide(boxes.filter(({ box }) => box.checked).map(({ scope }) => scope));
  });
  settle(allow);
  return node("section", { class: "question", "aria-labelledby": "question" },
    node("h2", { id: "question" }, "May this page use your likeness?"),
    node("p", {}, node("span", { class: "origin" }, asked.origin), " asks to:"),
    ...boxes.map(({ label }) => label),
    node("p", { class: "soft" }, "It never gets your other choices. You can take this back at any time, here or in the frame."),
    node("div", { class: "row" }, allow, node("button", { type: "button", click: () => decide([]) }, "Don't allow")));
}

/** Lets a button be pressed once the window has been in front for a while, without a break. */
function settle(button) {
  let since;
  const look = () => {
    const front = document.visibilityState === "visible" && document.hasFocus();
    since = front ? (since ?? performance.now()) : undefined;
    button.disabled = since === undefined || performance.now() - since < SETTLE_MS;
    if (button.isConnected || since === undefined) setTimeout(look, 100);
  };
  setTimeout(look);
}

const day = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });

function grants(held, list) {
  const heading = node("h2", { id: "grants" }, "Who may use it");
  if (list.length === 0) return [heading, node("p", {}, "No page may use your likeness. A page that wants to has to ask you first.")];
  const items = list.map(({ origin, scopes, given, used }) =>
    node("li", {},
      node("div", { class: "origin" }, origin),
      node("ul", {}, ...scopes.map((scope) => node("li", {}, `may ${SCOPE_WORDS.get(scope)}`))),
      node("div", { class: "soft" },
        `Allowed ${day.format(given)}. ${used ? `Last used ${day.format(used)}.` : "Not used yet."}`),
      node("div", { class: "row" },
        node("button", { type: "button", "aria-label": `Take back: ${origin}`, click: () => held.grants.revoke(origin) }, "Take back"))));
  return [heading, node("ul", { class: "grants" }, ...items)];
}
