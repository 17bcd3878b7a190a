// <likeness-badge>: what `personalize` would add to a prompt now: how many claims, which, and the words themselves; behind
// it, what was sent.
//
// It asks `personalize`, since not every claim of a portrait is told: a prompt has room for some, the guard may hold them
// back, and a page may have switched it off.

import { aboutPerson } from "../about.js";
import { LikenessElement, node } from "./base.js";
import { LedgerList } from "./ledger.js";

export class LikenessBadge extends LikenessElement {
  static watches = ["history", "portrait", "ledger", "everything"];
  static strings = {
    ...super.strings,
    used: (count) => `Likeness: ${count} in use`,
    unused: "Likeness: nothing in use",
    nothing: "Nothing about you is added to a prompt.",
    exactly: "What a prompt is told",
    broken: "Likeness: not known",
    quotes: "These words are in your history, so nothing is added. Reword or refuse the claim:",
    ledger: "What was sent",
    nothingSent: "No request to a model is written down.",
    more: "Show more",
    body: "The body as it was sent",
    bytes: (count) => `${count} bytes`,
    stopped: "stopped, not sent",
  };
  #asked = 0;
  #known = { claims: [], told: "" };
  #summary = node("summary", { part: "summary" });
  #note = node("p", { part: "note" });
  #list = node("ul", { part: "claims" });
  #prompt = node("p", { class: "prompt", part: "prompt", dir: "auto" });
  #heading = node("summary");
  #exactly = node("details", {}, this.#heading, this.#prompt);
  #quotes = node("ul", { part: "quotes" });
  #ledger = new LedgerList(this);

  constructor() {
    super();
    this.shadowRoot.append(
      node("details", { class: "box badge", part: "box" }, this.#summary, this.#note, this.#quotes, this.#list, this.#exactly,
        this.#ledger.node));
  }

  forget() {
    this.#asked += 1;
    this.#known = { claims: [], told: "" };
    this.#ledger.forget();
    this.draw();
  }

  async refresh(event) {
    const { likeness } = this;
    if (!likeness) return;
    if (event === "everything") this.#ledger.forget();
    if (event !== "history" && event !== "portrait") this.#ledger.refresh();
    // A request that was sent changes nothing of what a prompt would be told.
    if (event === "ledger") return;
    const asked = ++this.#asked;
    let known;
    try {
      const [{ claims }, told] = await Promise.all([likeness.portrait(), aboutPerson(likeness)]);
      known = { told, claims: claims.filter((claim) => isTold(claim, told)) };
    } catch (error) {
      known = { claims: [], told: "", error };
    }
    if (asked !== this.#asked) return;
    this.#known = known;
    this.draw();
    if (known.error) this.tell("likeness-error", { error: known.error });
  }

  draw() {
    const { strings } = this;
    const { claims, told, error } = this.#known;
    this.#summary.textContent = error ? strings.broken : claims.length ? strings.used(claims.length) : strings.unused;
    const quotes = error?.quotes ?? [];
    this.#note.textContent = quotes.length ? strings.quotes : error ? strings.failed(error) : told ? "" : strings.nothing;
    this.#quotes.replaceChildren(...quotes.map((quote) => node("li", { dir: "auto" }, quote)));
    this.#quotes.hidden = quotes.length === 0;
    this.#ledger.draw();
    this.#list.replaceChildren(...claims.map(({ text }) => node("li", { dir: "auto" }, text)));
    this.#list.hidden = claims.length === 0;
    this.#heading.textContent = strings.exactly;
    this.#prompt.textContent = told;
    this.#exactly.hidden = !told;
  }
}

/** A prompt speaks of the person as "they", one claim a line, of which it keeps the first 240 characters. */
function isTold({ text, state }, told) {
  const line = [...text].slice(0, 240).join("").replace(/^You /, "They ");
  return state !== "refused" && told.includes(`\n- ${line}`);
}
