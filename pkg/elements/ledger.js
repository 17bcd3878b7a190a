// What was sent, line by line: for the badge, behind a disclosure. It is read when it is opened, some lines at a time.
//
// While it is open, new lines come on top, and those that are there stay what they are to whoever reads them: a body that
// was opened stays open, and what "Show more" brought stays too.

import { node } from "./base.js";

/** Lines shown at once, and read again after a change. */
const LINES = 20;

let format;

/** A moment in the reader's words. The format is made with the first line: a page that shows none would wait 30 ms for it. */
function moment(ms) {
  format ??= new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "medium" });
  return format.format(ms);
}

/** The list below its disclosure. */
export class LedgerList {
  #of;
  #reading;
  #lines = new Map();
  #isStale = false;
  #isLooking = false;
  #list = node("ul", { part: "ledger-lines" });
  #note = node("p");
  #more = node("button", { type: "button", click: () => this.#read(this.#reading) });
  #summary = node("summary");
  node = node("details", { part: "ledger", toggle: () => this.node.open && !this.#reading && this.#begin() },
    this.#summary, this.#note, this.#list, node("div", { class: "row" }, this.#more));

  /** @param {import("./badge.js").LikenessBadge} badge whose likeness and words these are */
  constructor(badge) {
    this.#of = badge;
  }

  /** Puts words; hides where there is no ledger to ask. */
  draw() {
    const { likeness, strings } = this.#of;
    this.node.hidden = typeof likeness?.ledger !== "function";
    this.#summary.textContent = strings.ledger;
    this.#more.textContent = strings.more;
    this.#more.hidden = !this.#reading || this.#reading.isDone;
    for (const line of this.#lines.values()) line.draw(strings);
    this.#note.textContent ||= this.#reading?.isDone && this.#lines.size === 0 ? strings.nothingSent : "";
  }

  /** Brings in what is new; what is closed is read when it is opened. */
  async refresh() {
    if (!this.node.open) return this.forget();
    if (!this.#reading) return this.#begin();
    // Events come faster than the ledger is read: one more look after the last of them shows it all.
    this.#isStale = true;
    if (this.#isLooking) return;
    this.#isLooking = true;
    while (this.#isStale) {
      this.#isStale = false;
      await this.#look(this.#reading);
    }
    this.#isLooking = false;
  }

  /** Lets go of what was read. */
  forget() {
    this.#reading = undefined;
    this.#isStale = false;
    this.#lines.clear();
    this.#list.replaceChildren();
    this.#note.textContent = "";
  }

  #begin() {
    const { likeness } = this.#of;
    if (typeof likeness?.ledger !== "function") return;
    this.#reading = { lines: likeness.ledger(), isDone: false };
    return this.#read(this.#reading);
  }

  /** Reads on below what is shown. */
  async #read(reading) {
    try {
      for (let count = 0; count < LINES && !reading.isDone; count += 1) {
        const { value, done } = await reading.lines.next();
        // What was let go of meanwhile is not shown.
        if (reading !== this.#reading) return;
        reading.isDone = Boolean(done);
        if (!done) this.#show(value, null);
      }
    } catch (error) {
      this.#failed(error, reading);
    }
    this.draw();
  }

  /** Reads from the top as far as something is new, and a little on, since what came of a request is told later. */
  async #look(reading) {
    const seen = new Set();
    let next = this.#list.firstElementChild;
    try {
      for await (const entry of this.#of.likeness.ledger()) {
        if (reading !== this.#reading) return;
        if (seen.size >= LINES && this.#lines.has(entry.id)) return this.draw();
        seen.add(entry.id);
        next = this.#show(entry, next).nextElementSibling;
      }
      if (reading !== this.#reading) return;
      // All of it was read, so what is shown besides has been deleted.
      for (const [id, { item }] of this.#lines) {
        if (seen.has(id)) continue;
        item.remove();
        this.#lines.delete(id);
      }
      reading.isDone = true;
    } catch (error) {
      this.#failed(error, reading);
    }
    this.draw();
  }

  /** The line of an entry: where it is already, or before another one. */
  #show(entry, before) {
    const known = this.#lines.get(entry.id);
    const line = known ?? new Line();
    line.show(entry, this.#of.strings);
    if (!known) {
      this.#lines.set(entry.id, line);
      this.#list.insertBefore(line.item, before);
      this.#note.textContent = "";
    }
    return line.item;
  }

  #failed(error, reading) {
    reading.isDone = true;
    if (reading === this.#reading) this.#note.textContent = this.#of.strings.failed(error);
  }
}

/** One request, with its body below a disclosure of its own. */
class Line {
  #entry;
  #strings;
  #summary = node("summary");
  #facts = ["url", "verdict", "outcome"].map((name) => ({ name, node: node("p") }));
  #body = node("pre", { tabindex: "0", part: "ledger-body", hidden: true });
  item = node("li", {},
    node("details", { toggle: ({ target }) => target.open && this.#open() },
      this.#summary, ...this.#facts.map((fact) => fact.node), this.#body));

  show(entry, strings) {
    this.#entry = entry;
    this.draw(strings);
  }

  draw(strings) {
    this.#strings = strings;
    const { whenMs, purpose, model, left, bytes } = this.#entry;
    const figure = left ? strings.bytes(bytes) : strings.stopped;
    this.#summary.textContent = `${moment(whenMs)}: ${purpose}, ${model}, ${figure}`;
    for (const fact of this.#facts) fact.node.textContent = this.#entry[fact.name];
    this.#body.setAttribute("aria-label", strings.body);
    this.#body.hidden = !left;
  }

  async #open() {
    if (this.#body.textContent || !this.#entry.left) return;
    try {
      this.#body.textContent = await this.#entry.body();
    } catch (error) {
      this.#body.textContent = this.#strings.failed(error);
    }
  }
}
