// What was sent, line by line: for the badge, behind a disclosure. It is read when it is opened, some lines at a time.

import { node } from "./base.js";

/** Lines shown at once. */
const LINES = 20;

const moment = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "medium" });

/** The list below its disclosure. */
export class LedgerList {
  #of;
  #reading;
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
  }

  /** Reads again what is shown; what is closed is read when it is opened. */
  refresh() {
    this.forget();
    if (this.node.open) this.#begin();
  }

  /** Lets go of what was read. */
  forget() {
    this.#reading = undefined;
    this.#list.replaceChildren();
    this.#note.textContent = "";
  }

  #begin() {
    const { likeness } = this.#of;
    if (typeof likeness?.ledger !== "function") return;
    this.#reading = { lines: likeness.ledger()[Symbol.asyncIterator](), isDone: false };
    return this.#read(this.#reading);
  }

  async #read(reading) {
    const { strings } = this.#of;
    try {
      for (let count = 0; count < LINES && !reading.isDone; count += 1) {
        const { value, done } = await reading.lines.next();
        // What was let go of meanwhile is not shown.
        if (reading !== this.#reading) return;
        reading.isDone = Boolean(done);
        if (!done) this.#list.append(line(value, strings));
      }
      this.#note.textContent = this.#list.childElementCount ? "" : strings.nothingSent;
    } catch (error) {
      reading.isDone = true;
      if (reading === this.#reading) this.#note.textContent = strings.failed(error);
    }
    this.draw();
  }
}

function line(entry, strings) {
  const body = node("pre", { tabindex: "0", "aria-label": strings.body, part: "ledger-body" });
  const facts = [entry.url, entry.verdict, entry.outcome].map((fact) => node("p", {}, fact));
  const show = async ({ target }) => {
    if (!target.open || body.textContent || !entry.left) return;
    try {
      body.textContent = await entry.body();
    } catch (error) {
      body.textContent = strings.failed(error);
    }
  };
  const figure = entry.left ? strings.bytes(entry.bytes) : strings.stopped;
  return node("li", {},
    node("details", { toggle: show },
      node("summary", {}, `${moment.format(entry.whenMs)}: ${entry.purpose}, ${entry.model}, ${figure}`),
      ...facts, ...(entry.left ? [body] : [])));
}
