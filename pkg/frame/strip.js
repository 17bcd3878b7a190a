// What a frame shows inside a host's page: what the page may do, what it asks for, and the way to the window.

import { node } from "../elements/base.js";

const WINDOW = "popup,width=560,height=720";
const NO_WINDOW =
  "This frame has no hold of a window. If none opened, allow pop-ups for this page. If one opened without the question, close it: " +
  "the page was served with Cross-Origin-Opener-Policy: same-origin, which cuts windows off; its makers can send " +
  "same-origin-allow-popups instead.";

/** Draws the strip, again whenever something changes. */
export function showStrip(main, held) {
  const status = node("p", { role: "status", class: "soft" });
  let opened;
  const open = () => {
    // The window reads what this frame holds by `opener`, so it must have one.
    opened = window.open(location.pathname, "_blank", WINDOW);
    status.textContent = opened ? "" : NO_WINDOW;
  };
  addEventListener("pagehide", () => opened?.close());
  const button = (words, click, kind = "") => node("button", { type: "button", class: kind, click }, words);

  async function draw() {
    const { host, question } = held;
    const scopes = host ? await held.grants.scopes(host) : [];
    const row = node("div", { class: "row" });
    if (question) {
      row.append(
        node("p", {}, node("span", { class: "origin" }, question.origin), " asks for something that only you can allow."),
        button("Review…", open, "main"), button("Not now", () => held.decide(question, [])));
    } else if (scopes.length > 0) {
      row.append(node("p", {}, node("span", { class: "origin" }, host), ` may use your likeness (${scopes.join(", ")}).`),
        button("Your likeness…", open), button("Stop sharing", () => held.grants.revoke(host)));
    } else {
      row.append(node("p", {}, "This page sees nothing of your likeness."), button("Your likeness…", open));
    }
    main.replaceChildren(row, status);
  }
  const redraw = () => draw().catch((error) => (status.textContent = error.message, main.replaceChildren(status)));
  held.addEventListener("change", redraw);
  redraw();
}
