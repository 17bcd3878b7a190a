// <likeness-badge>: how many claims are in use, and behind it which. The ledger is not in the API, so it is not shown.

import { LikenessElement, node } from "./base.js";

export class LikenessBadge extends LikenessElement {
  static watches = ["history", "portrait", "everything"];
  #summary = node("summary", { part: "summary" }, "Likeness: nothing in use");
  #list = node("ul", { part: "claims" });
  #asked = 0;

  constructor() {
    super();
    this.shadowRoot.append(node("details", { part: "box" }, this.#summary, this.#list));
  }

  async refresh() {
    if (!this.likeness) return;
    const asked = ++this.#asked;
    try {
      const { claims } = await this.likeness.portrait();
      if (asked !== this.#asked) return;
      const used = claims.filter(({ state }) => state !== "refused");
      this.#summary.textContent = used.length ? `Likeness: ${used.length} in use` : "Likeness: nothing in use";
      this.#list.replaceChildren(...used.map(({ text }) => node("li", {}, text)));
    } catch (error) {
      this.#summary.textContent = `Likeness: ${error.message}`;
      this.tell("likeness-error", { error });
    }
  }
}
