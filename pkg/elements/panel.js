// <likeness-panel>: the portrait, its claims with what the person says of them, what stays private, and a run.

import { LikenessElement, node } from "./base.js";

export class LikenessPanel extends LikenessElement {
  static watches = ["history", "portrait", "everything"];
  #run;
  #editing;
  #asked = 0;
  #status = node("p", { role: "status", part: "status" });
  #progress = node("progress", { part: "progress", "aria-label": "Progress of the run", hidden: true });
  #body = node("div");
  #start = node("button", { type: "button", part: "run", click: () => this.run() }, "Make a new portrait");
  #stop = node("button", { type: "button", part: "cancel", hidden: true, click: () => this.cancel() }, "Cancel");

  constructor() {
    super();
    this.shadowRoot.append(
      node("section", { part: "box", "aria-label": "Your likeness" }, this.#body,
        node("div", { class: "row" }, this.#start, this.#stop), this.#progress, this.#status,
        node("details", { part: "privacy" }, node("summary", {}, "Privacy"),
          node("p", {}, "Your choices are kept in this browser. Scripts of this page and extensions can read them."),
          node("p", {}, "A model of this page gets sketches and claims for a portrait, never the texts."))));
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    this.cancel();
  }

  async refresh() {
    this.#start.disabled = !this.likeness || Boolean(this.#run);
    // A claim that is being edited is not pulled away by a change elsewhere.
    if (!this.likeness || this.#editing) return;
    const asked = ++this.#asked;
    try {
      const portrait = await this.likeness.portrait();
      if (asked === this.#asked && !this.#editing) this.#show(portrait);
    } catch (error) {
      this.#failed(error);
    }
  }

  #show({ prose, claims, pairs }) {
    this.#body.replaceChildren(
      node("h2", {}, "What was found"),
      node("p", { part: "prose" }, prose || "Nothing held yet. It takes a few more choices."),
      node("p", {}, `From ${pairs} ${pairs === 1 ? "choice" : "choices"}.`),
      node("ul", { part: "claims", "aria-label": "Claims" }, ...claims.map((claim) => this.#claim(claim))));
  }

  #claim(claim) {
    const refused = claim.state === "refused";
    const button = (words, click) =>
      node("button", { type: "button", part: "claim-button", "aria-label": `${words}: ${claim.text}`, click }, words);
    const item = node("li", { part: "claim" }, node("span", {}, claim.text, refused ? " (refused)" : ""));
    item.append(node("div", { class: "row" }, ...(refused
      ? [button("Restore", () => this.#say("restore", claim.id))]
      : [button("Edit", () => this.#edit(item, claim)), button("Refuse", () => this.#say("refuse", claim.id))])));
    return item;
  }

  #edit(item, claim) {
    this.#editing = claim.id;
    const input = node("input", { part: "edit", "aria-label": "The claim in your words" });
    input.value = claim.text;
    const end = () => ((this.#editing = undefined), this.refresh());
    const form = node("form", {
      class: "row",
      submit: (event) => (event.preventDefault(), this.#say("edit", claim.id, input.value)),
      keydown: (event) => event.key === "Escape" && end(),
    }, input, node("button", { part: "claim-button" }, "Save"), node("button", { type: "button", part: "claim-button", click: end }, "Leave it"));
    item.replaceChildren(form);
    input.focus();
  }

  async #say(what, id, ...rest) {
    try {
      const portrait = await this.likeness.claims[what](id, ...rest);
      this.#editing = undefined;
      this.#asked += 1;
      this.#show(portrait);
      this.#status.textContent = { edit: "Changed.", refuse: "Refused.", restore: "Restored." }[what];
      this.tell("likeness-claim", { id, what });
    } catch (error) {
      this.#failed(error);
    }
  }

  async run() {
    if (this.#run || !this.likeness) return;
    const run = (this.#run = new AbortController());
    this.#running(true);
    try {
      const onProgress = (progress) => {
        this.#progress.max = progress.of || 1;
        this.#progress.value = progress.calls;
        this.tell("likeness-progress", progress);
      };
      const portrait = await this.likeness.induce({ signal: run.signal, onProgress });
      this.#status.textContent = "The portrait is new.";
      this.tell("likeness-portrait", portrait);
    } catch (error) {
      if (run.signal.aborted) this.#status.textContent = "Stopped. The next run goes on from here.";
      else this.#failed(error);
    } finally {
      this.#run = undefined;
      this.#running(false);
      this.refresh();
    }
  }

  cancel() {
    this.#run?.abort();
  }

  #running(is) {
    this.#start.disabled = is;
    this.#stop.hidden = this.#progress.hidden = !is;
    (is ? this.#stop : this.#start).focus();
  }

  #failed(error) {
    this.#status.textContent = error.advice ? `${error.message}: ${error.advice}` : String(error.message);
    this.tell("likeness-error", { error });
  }
}
