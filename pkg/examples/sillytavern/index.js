// Likeness in SillyTavern: thumbs on swipes teach it, and what held about the person joins each prompt.
//
// It uses what SillyTavern gives every extension: the manifest's hook and interceptor, `SillyTavern.getContext()` and the
// events. SillyTavern's own modules are not imported, since their addresses and names change from version to version.

import { createLikeness } from "./likeness/index.js";
import "./likeness/elements.js";
import { canBeRated, choicesOf, markRecorded, rate, thumbOn } from "./thumbs.js";

const { SillyTavern, toastr } = globalThis;
/** SillyTavern's places for an extension's text: 0 is with the system's prompts, where the character's card is. */
const IN_PROMPT = 0;
let likeness;

/** Called by SillyTavern once this file is loaded. */
export async function activate() {
  addThumbs();
  const panel = addPanel();
  try {
    likeness = await createLikeness({ model: { name: "SillyTavern", answer } });
  } catch (error) {
    // The chat goes on without it.
    return complain(error);
  }
  panel.likeness = likeness;
  // For whoever tries it from the console: any other extension can do the same.
  globalThis.likeness = likeness;
}

// What the model is told.

/** The manifest's interceptor, which SillyTavern waits for before it makes a prompt. */
globalThis.likenessBeforeGeneration = async (_chat, _contextSize, _abort, type) => {
  SillyTavern.getContext().setExtensionPrompt("likeness", await about(type), IN_PROMPT, 0);
};

/** What held about the person. A quiet prompt is another extension's business and answers no person. */
async function about(type) {
  if (!likeness || type === "quiet") return "";
  try {
    return (await likeness.personalize([])).map(({ content }) => content).join("\n");
  } catch (error) {
    complain(error);
    return "";
  }
}

let turn = Promise.resolve();

/** What `induce` asks the connected model: sketches alone, without character, chat or portrait, one at a time. */
function answer({ messages, maxTokens, signal }) {
  const ask = () => {
    signal?.throwIfAborted();
    return SillyTavern.getContext().generateRaw({ prompt: messages, responseLength: maxTokens, trimNames: false });
  };
  // SillyTavern holds the length of a reply in one place for all.
  turn = turn.then(ask, ask);
  return turn;
}

// What teaches it.

const THUMBS = { up: "Good answer", down: "Bad answer" };

/** Puts the thumbs into the template that every message is made from, and keeps their state. */
function addThumbs() {
  const made = Object.entries(THUMBS).map(([thumb, label]) => `<div class="mes_button likeness-thumb fa-solid fa-thumbs-${thumb}"
    role="button" aria-pressed="false" data-thumb="${thumb}" title="${label}" aria-label="${label}"></div>`);
  document.querySelector("#message_template .mes_buttons").insertAdjacentHTML("afterbegin", made.join(""));
  document.getElementById("chat").addEventListener("click", ({ target }) => {
    if (target.matches(".likeness-thumb")) pressed(Number(target.closest(".mes").getAttribute("mesid")), target.dataset.thumb);
  });
  const { eventSource, eventTypes } = SillyTavern.getContext();
  const changes = ["CHARACTER_MESSAGE_RENDERED", "MESSAGE_SWIPED", "MESSAGE_SWIPE_DELETED", "MESSAGE_EDITED", "MESSAGE_UPDATED",
    "MESSAGE_DELETED", "MORE_MESSAGES_LOADED", "CHAT_CHANGED", "GENERATION_STARTED", "GENERATION_ENDED", "GENERATION_STOPPED"];
  for (const name of changes) eventSource.on(eventTypes[name], showThumbs);
}

async function pressed(at, thumb) {
  const { chat, saveChat } = SillyTavern.getContext();
  const message = chat[at];
  // An answer that is still coming is not what will stand there.
  if (!likeness || document.body.dataset.generating || !canBeRated(chat, at)) return;
  if (!rate(message, thumb)) return toastr.info("It was recorded with that thumb.", "Likeness");
  showThumbs();
  const choices = choicesOf(chat, at);
  // Before they are kept: until then another press would make other choices of the same thumbs.
  const unmark = choices.length > 0 ? markRecorded(message) : undefined;
  try {
    for (const choice of choices) await likeness.recordChoice({ ...choice, origin: "SillyTavern" });
    await saveChat();
  } catch (error) {
    unmark?.();
    complain(error);
  }
}

/** Each message's thumbs as they are now. */
function showThumbs() {
  const { chat } = SillyTavern.getContext();
  for (const row of document.querySelectorAll("#chat .mes")) {
    const at = Number(row.getAttribute("mesid"));
    const offered = canBeRated(chat, at);
    for (const button of row.querySelectorAll(".likeness-thumb")) {
      button.hidden = !offered;
      button.setAttribute("aria-pressed", String(offered && thumbOn(chat[at])?.thumb === button.dataset.thumb));
    }
  }
}

// What it shows.

const PANEL = `<div class="likeness-settings"><div class="inline-drawer">
  <div class="inline-drawer-toggle inline-drawer-header"><b>Likeness</b>
    <div class="inline-drawer-icon fa-solid fa-circle-chevron-down down"></div></div>
  <div class="inline-drawer-content">
    <likeness-panel></likeness-panel>
    <p><label>Bring choices from elsewhere: <input type="file"></label> <output></output></p>
  </div></div></div>`;

/** A drawer among the extensions' settings. */
function addPanel() {
  const place = document.getElementById("extensions_settings2");
  place.insertAdjacentHTML("beforeend", PANEL);
  const drawer = place.lastElementChild;
  drawer.querySelector("input").addEventListener("change", ({ target }) => bring(target.files[0], drawer.querySelector("output")));
  return drawer.querySelector("likeness-panel");
}

async function bring(file, told) {
  try {
    told.value = `${(await likeness.import(file)).imported} added.`;
  } catch (error) {
    complain(error);
  }
}

function complain(error) {
  console.error("Likeness:", error);
  toastr.error(error.advice ? `${error.message}: ${error.advice}` : error.message, "Likeness");
}
