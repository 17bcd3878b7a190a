// <likeness-move>: takes a person's profile to another place by one sealed file, and takes one in.
//
// Browsers part the storage of an app, a frame and an extension, so what one learned is not in the other. The passphrase
// stays in this element: it goes to the worker and into no event.

import { LikenessElement, node } from "./base.js";

/** A passphrase shorter than this is likely to be found by trying. */
const SHORT = 16;

export class LikenessMove extends LikenessElement {
  static strings = {
    ...super.strings,
    label: "Move to another place",
    lead:
      "A chat page, an extension and the app each keep a history of their own. This file takes yours along: the choices, " +
      "the portrait and what you said of its claims.",
    passphrase: "Passphrase",
    again: "The passphrase again",
    advice: "Four or five random words. Without it nobody can open the file, you neither.",
    short: "It is short. Whoever gets the file can try many; four or five random words are safe.",
    missing: "Choose a passphrase.",
    differ: "The two are not the same.",
    save: "Save the sealed profile",
    sealing: "Sealing …",
    saved: (name) => `Saved as ${name}.`,
    openLabel: "Open a profile from another place",
    file: "The file",
    noFile: "Choose the file.",
    itsPassphrase: "Its passphrase",
    wrong: "This passphrase does not open the file. Capitals and spaces count.",
    open: "Open it",
    opening: "Opening …",
    merged: ({ imported, known, claims, portrait }) =>
      `${imported} added, ${known} here already.` +
      (portrait ? " The portrait is the newer one, from there." : "") +
      (claims > 0 ? ` What you said there of ${claims} ${claims === 1 ? "claim" : "claims"} counts now.` : ""),
  };
  #isBusy = false;
  #heading = node("h2", { id: "label" });
  #lead = node("p");
  #first = field("first", "new-password");
  #second = field("second", "new-password");
  #save = node("button", { type: "submit", part: "save" });
  #saved = node("p", { role: "status", part: "status" });
  #openHeading = node("h2", { id: "open" });
  #file = field("file", "off", "file");
  #its = field("its", "off");
  #open = node("button", { type: "submit", part: "open" });
  #opened = node("p", { role: "status", part: "status" });
  #box = node("section", { class: "box", part: "box", "aria-labelledby": "label" },
    this.#heading, this.#lead,
    node("form", { class: "fields", part: "save-form", novalidate: true, "aria-labelledby": "label", submit: (event) => this.#seal(event) },
      ...this.#first.nodes, ...this.#second.nodes, node("div", { class: "row" }, this.#save), this.#saved),
    this.#openHeading,
    node("form", { class: "fields", part: "open-form", novalidate: true, "aria-labelledby": "open", submit: (event) => this.#take(event) },
      ...this.#file.nodes, ...this.#its.nodes, node("div", { class: "row" }, this.#open), this.#opened));

  constructor() {
    super();
    this.#first.input.addEventListener("input", () => this.#first.say(this.#adviceFor(this.#first.input.value)));
    this.shadowRoot.append(this.#box);
  }

  forget() {
    for (const { input } of [this.#first, this.#second, this.#its, this.#file]) input.value = "";
    this.#saved.textContent = this.#opened.textContent = "";
    this.draw();
  }

  draw() {
    const { strings } = this;
    this.#heading.textContent = strings.label;
    this.#lead.textContent = strings.lead;
    this.#openHeading.textContent = strings.openLabel;
    this.#first.label.textContent = strings.passphrase;
    this.#first.say(this.#adviceFor(this.#first.input.value));
    this.#second.label.textContent = strings.again;
    this.#file.label.textContent = strings.file;
    this.#its.label.textContent = strings.itsPassphrase;
    this.#save.textContent = strings.save;
    this.#open.textContent = strings.open;
    // Focus would be lost with a disabled button: one that is pressed while we are busy does nothing.
    for (const button of [this.#save, this.#open]) button.setAttribute("aria-disabled", String(!this.likeness || this.#isBusy));
  }

  #adviceFor(passphrase) {
    const { advice, short } = this.strings;
    return passphrase && [...passphrase].length < SHORT ? short : advice;
  }

  async #seal(event) {
    event.preventDefault();
    const { strings } = this;
    const [passphrase, again] = [this.#first.input.value, this.#second.input.value];
    const said = this.#first.wrong(passphrase ? "" : strings.missing) || this.#second.wrong(passphrase === again ? "" : strings.differ);
    if (said) return;
    this.#first.say(this.#adviceFor(passphrase));
    await this.#busily(this.#saved, strings.sealing, async (likeness) => {
      const name = `likeness-profile-${new Date().toISOString().slice(0, 10)}.age`;
      download(await likeness.exportProfile({ passphrase }), name);
      this.#first.input.value = this.#second.input.value = "";
      return strings.saved(name);
    });
  }

  async #take(event) {
    event.preventDefault();
    const { strings } = this;
    const [file] = this.#file.input.files;
    const passphrase = this.#its.input.value;
    if (this.#file.wrong(file ? "" : strings.noFile) || this.#its.wrong(passphrase ? "" : strings.missing)) return;
    await this.#busily(this.#opened, strings.opening, async (likeness) => {
      const counts = await likeness.importProfile(file, { passphrase }).catch((error) => {
        if (error.code !== "wrong-passphrase") throw error;
        this.#its.wrong(strings.wrong);
      });
      if (!counts) return "";
      this.#its.input.value = this.#file.input.value = "";
      this.tell("likeness-moved", counts);
      return strings.merged(counts);
    });
  }

  /** Says what is done meanwhile and what came of it; one thing at a time. */
  async #busily(status, meanwhile, work) {
    const { likeness } = this;
    if (this.#isBusy || !likeness) return;
    this.#isBusy = true;
    status.textContent = meanwhile;
    this.draw();
    let said;
    try {
      said = await work(likeness);
    } catch (error) {
      said = this.strings.failed(error);
      this.tell("likeness-error", { error });
    }
    this.#isBusy = false;
    // Another likeness may have been bound meanwhile; what is said then is not about it.
    if (likeness === this.likeness) status.textContent = said;
    this.draw();
  }
}

/** A field with its label and a note on it. */
function field(name, autocomplete, type = "password") {
  const input = node("input", { id: name, type, autocomplete, "aria-describedby": `${name}-note` });
  if (type === "file") input.accept = ".age";
  const label = node("label", { for: name });
  const note = node("p", { id: `${name}-note`, class: "soft" });
  const say = (words) => {
    note.textContent = words;
    input.removeAttribute("aria-invalid");
  };
  const wrong = (words) => {
    say(words);
    if (words) {
      input.setAttribute("aria-invalid", "true");
      input.focus();
    }
    return words;
  };
  return { input, label, nodes: [label, input, note], say, wrong };
}

function download(blob, name) {
  const url = URL.createObjectURL(blob);
  node("a", { href: url, download: name }).click();
  // The browser may read the blob a little after the click.
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
