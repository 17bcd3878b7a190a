// The model on this device: which reads the history here, the files that are kept for it, and how to take another.

import { LikenessElement, node } from "../elements/base.js";

const LEAD =
  "Without one, your portrait comes of measured traits alone. A language model that runs on this device reads your choices " +
  "where they are; nothing of them is sent. One of three billion parameters or more says most.";

const megabytes = (bytes) => `${Math.max(1, Math.round(bytes / 1e6)).toLocaleString()} MB`;
const stageWords = ({ stage, bytes, of }) => (of ? `${stage}, ${megabytes(bytes)} of ${megabytes(of)} …` : `${stage} …`);
const { failed } = LikenessElement.strings;

/**
 * Draws it, closed: what is kept is looked up when the person opens it.
 * @param {import("./held.js").Held} held
 */
export function modelSection(held) {
  const name = node("p");
  const kept = node("ul", { class: "kept", "aria-label": "Files of models here" });
  const file = node("input", { type: "file", accept: ".gguf", id: "model-file" });
  const progress = node("progress", { "aria-label": "Loading the model", hidden: true });
  const cancel = node("button", { type: "button", hidden: true, click: () => loading?.abort() }, "Cancel");
  const leave = node("button", { type: "button", click: () => busily(() => held.leaveModel(), "No model reads your choices now.") }, "Use none");
  const status = node("p", { role: "status" });
  let loading;

  /** One thing at a time; says what came of it. */
  async function busily(work, done) {
    if (loading) return;
    loading = new AbortController();
    const { signal } = loading;
    cancel.hidden = false;
    progress.removeAttribute("value");
    progress.hidden = false;
    draw();
    let said;
    try {
      const given = await work(signal);
      said = typeof done === "function" ? done(given) : done;
    } catch (error) {
      said = signal.aborted ? "Stopped. What was copied so far is gone on with the next time." : failed(error);
    }
    loading = undefined;
    cancel.hidden = progress.hidden = true;
    await draw();
    status.textContent = said;
  }

  const use = (local) =>
    busily(
      (signal) => held.useModel(local, { signal, onProgress: tell }),
      ({ name, notKept }) => `${name} reads your choices from now on. Make a new portrait.${notKept ? ` It is not kept: ${notKept}.` : ""}`,
    );

  function tell(step) {
    status.textContent = stageWords(step);
    if (step.of) [progress.max, progress.value] = [step.of, step.bytes];
    else progress.removeAttribute("value");
  }

  async function draw() {
    for (const button of [file, leave, ...kept.querySelectorAll("button")]) button.disabled = Boolean(loading);
    if (loading) return;
    try {
      const { inUse, kept: files } = await (await held.likeness()).models.list();
      name.textContent = inUse ? `In use: ${inUse.name}, ${megabytes(inUse.bytes)}, on ${inUse.deviceName}.`
        : held.model ? `In use: ${held.model}, loaded when a portrait is made.` : "No model is in use.";
      leave.hidden = !inUse && !held.model;
      kept.replaceChildren(...files.map((one) => row(one, one.name === (inUse?.file ?? held.model))));
      kept.hidden = files.length === 0;
    } catch (error) {
      status.textContent = failed(error);
    }
  }

  function row({ name, bytes }, isUsed) {
    const remove = async () => {
      const { models } = await held.likeness();
      await models.remove(name);
      if (isUsed) await held.leaveModel();
    };
    const button = (words, click) => node("button", { type: "button", "aria-label": `${words}: ${name}`, click }, words);
    return node("li", {}, node("span", { class: "origin" }, name), ` ${megabytes(bytes)}`,
      node("div", { class: "row" },
        ...(isUsed ? [] : [button("Use", () => use({ kept: name }))]),
        button("Delete", () => busily(remove, `${name} is deleted.`))));
  }

  file.addEventListener("change", () => {
    const [source] = file.files;
    if (source) use({ source }).finally(() => (file.value = ""));
  });
  const box = node("details", {},
    node("summary", {}, "A model on this device"), node("p", { class: "soft" }, LEAD), name, kept,
    node("label", { for: "model-file" }, "A GGUF file from this device"), file,
    node("div", { class: "row" }, leave, cancel), progress, status);
  box.addEventListener("toggle", () => box.open && draw());
  return node("section", { class: "model" }, box);
}
