// <likeness-panel>: the portrait, its claims with what the person says of them, what stays private, and a run.

import { LikenessElement, node } from "./base.js";
import { ClaimRow } from "./claim.js";

const megabytes = (bytes) => Math.round(bytes / 1e6);

export class LikenessPanel extends LikenessElement {
  static watches = ["history", "portrait", "everything"];
  static strings = {
    ...super.strings,
    label: "Your likeness",
    found: "What was found",
    nothing: "Nothing held yet. It takes a few more choices.",
    pairs: (count) => `From ${count} ${count === 1 ? "choice" : "choices"}.`,
    changed: (count) => `${count} added or removed since it was made.`,
    claims: "Claims",
    states: { edited: "in your words", pinned: "pinned", refused: "refused" },
    verbs: { edit: "Edit", pin: "Pin", refuse: "Refuse", restore: "Restore" },
    done: { edit: "Changed.", pin: "Pinned.", refuse: "Refused.", restore: "Restored." },
    yourWords: "The claim in your words",
    save: "Save",
    leave: "Leave it",
    run: "Make a new portrait",
    cancel: "Cancel",
    progress: "Progress of the run",
    stage: ({ stage, calls, of, loading }) =>
      loading?.of ? `The model: ${stage}, ${megabytes(loading.bytes)} of ${megabytes(loading.of)} MB`
      : of ? `${stage}: ${calls} of ${of}` : loading ? `The model: ${stage}` : stage,
    made: "The portrait is new.",
    stopped: "Stopped.",
    halfway: "Stopped. The next run goes on from here.",
    privacy: "Privacy",
    promises: [
      "Your choices are kept in this browser. Scripts of this page and extensions can read them.",
      "A model of this page gets sketches and claims for a portrait, never the texts. One that runs in this browser reads them here.",
    ],
  };
  #asked = 0;
  #portrait;
  #rows = new Map();
  #run;
  #heading = node("h2");
  #prose = node("p", { class: "prose", part: "prose", dir: "auto" });
  #pairs = node("p", { class: "soft" });
  #unmeasured = node("p", { class: "soft", part: "unmeasured" });
  #list = node("ul", { part: "claims" });
  #start = node("button", { type: "button", part: "run", click: () => this.run() });
  #stop = node("button", { type: "button", part: "cancel", hidden: true, click: () => this.cancel() });
  #progress = node("progress", { part: "progress", hidden: true });
  #stage = node("p", { class: "soft", part: "stage" });
  #status = node("p", { role: "status", part: "status" });
  #privacy = node("details", { part: "privacy" });
  #box = node("section", { class: "box", part: "box" }, this.#heading, this.#prose, this.#pairs, this.#unmeasured, this.#list,
    node("div", { class: "row" }, this.#start, this.#stop), this.#progress, this.#stage, this.#status, this.#privacy);

  constructor() {
    super();
    this.shadowRoot.append(this.#box);
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    // What was only moved is back by then, and its run goes on.
    setTimeout(() => this.isConnected || this.cancel());
  }

  forget() {
    this.cancel();
    this.#asked += 1;
    this.#portrait = undefined;
    this.#list.replaceChildren();
    this.#rows.clear();
    this.#status.textContent = "";
    this.draw();
  }

  async refresh() {
    const { likeness } = this;
    if (!likeness) return;
    const asked = ++this.#asked;
    try {
      const portrait = await likeness.portrait();
      if (asked === this.#asked) this.#show(portrait);
    } catch (error) {
      if (asked === this.#asked) this.#failed(error);
    }
  }

  draw() {
    const { strings } = this;
    this.#box.setAttribute("aria-label", strings.label);
    this.#heading.textContent = strings.found;
    this.#list.setAttribute("aria-label", strings.claims);
    this.#start.textContent = strings.run;
    this.#stop.textContent = strings.cancel;
    this.#progress.setAttribute("aria-label", strings.progress);
    const promises = strings.promises.map((promise) => node("p", {}, promise));
    const privacy = this.#privacy.querySelector("summary") ?? node("summary");
    privacy.textContent = strings.privacy;
    this.#privacy.replaceChildren(privacy, ...promises);
    this.#start.disabled = !this.likeness || Boolean(this.#run);
    this.#drawPortrait(strings);
  }

  /** Makes a new portrait; one run at a time. */
  async run() {
    const { likeness } = this;
    if (this.#run || !likeness) return;
    const run = (this.#run = new AbortController());
    let calls = 0;
    this.#running(true);
    const onProgress = (progress) => {
      calls = progress.calls;
      const { loading } = progress;
      this.#progress.max = (loading ? loading.of : progress.of) || 1;
      this.#progress.value = loading ? loading.bytes : calls;
      this.#stage.textContent = this.strings.stage(progress);
      this.tell("likeness-progress", progress);
    };
    try {
      const portrait = await likeness.induce({ signal: run.signal, onProgress });
      if (likeness !== this.likeness) return;
      this.#status.textContent = this.strings.made;
      this.#take(portrait);
      this.tell("likeness-portrait", portrait);
    } catch (error) {
      if (likeness !== this.likeness) return;
      const isStopped = run.signal.aborted && error === run.signal.reason;
      if (!isStopped) this.#failed(error);
      // Only answered calls are kept for the next run.
      else this.#status.textContent = calls > 0 ? this.strings.halfway : this.strings.stopped;
    } finally {
      this.#run = undefined;
      this.#running(false);
    }
  }

  /** Stops the run, where there is one. */
  cancel() {
    this.#run?.abort();
  }

  #running(is) {
    const [from, to] = is ? [this.#start, this.#stop] : [this.#stop, this.#start];
    const held = this.shadowRoot.activeElement === from;
    this.#stop.hidden = this.#progress.hidden = !is;
    this.#start.disabled = is || !this.likeness;
    // A button that goes takes the focus with it; whoever was elsewhere stays there.
    if (held) to.focus();
    this.#stage.textContent = "";
    this.#progress.value = 0;
    if (is) this.#status.textContent = "";
  }

  /** A portrait that a call gave: what was asked before is older. */
  #take(portrait) {
    this.#asked += 1;
    this.#show(portrait);
  }

  #show(portrait) {
    this.#portrait = portrait;
    this.#drawPortrait(this.strings);
  }

  #drawPortrait(strings) {
    const { prose, claims, unmeasured, pairs, changedSince } = this.#portrait ?? { prose: "", claims: [], unmeasured: "" };
    this.#prose.textContent = this.#portrait ? prose || strings.nothing : "";
    const counts = this.#portrait ? [strings.pairs(pairs), ...(changedSince ? [strings.changed(changedSince)] : [])] : [];
    this.#pairs.textContent = counts.join(" ");
    this.#unmeasured.textContent = unmeasured;
    this.#unmeasured.hidden = !unmeasured;
    for (const claim of claims) {
      if (!this.#rows.has(claim.id)) this.#rows.set(claim.id, new ClaimRow((...what) => this.#say(...what)));
      this.#rows.get(claim.id).show(claim, strings);
    }
    this.#place(claims.map(({ id }) => id));
  }

  /** Puts the rows in order, moving only those that stand elsewhere, and takes out the others. */
  #place(ids) {
    const held = this.shadowRoot.activeElement;
    const wasInside = this.#list.contains(held);
    for (const [id, row] of this.#rows) {
      // A claim that went while it was being edited stays until the person leaves it.
      if (ids.includes(id)) continue;
      if (row.isEdited) ids.push(id);
      else {
        row.item.remove();
        this.#rows.delete(id);
      }
    }
    for (const [at, id] of ids.entries()) {
      const { item } = this.#rows.get(id);
      if (this.#list.children[at] !== item) this.#list.insertBefore(item, this.#list.children[at] ?? null);
    }
    this.#list.hidden = ids.length === 0;
    if (wasInside && this.shadowRoot.activeElement !== held) (held.isConnected ? held : this.#start.disabled ? this.#stop : this.#start).focus();
  }

  async #say(verb, id, ...text) {
    const { likeness } = this;
    try {
      const portrait = await likeness.claims[verb](id, ...text);
      if (likeness !== this.likeness) return false;
      this.#status.textContent = this.strings.done[verb];
      this.tell("likeness-claim", { id, what: verb });
      this.#take(portrait);
      return true;
    } catch (error) {
      if (likeness === this.likeness) this.#failed(error);
      return false;
    }
  }

  #failed(error) {
    this.#status.textContent = this.strings.failed(error);
    this.tell("likeness-error", { error });
  }
}
