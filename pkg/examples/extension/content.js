// In a chat's page, in a world of its own: sees when a question got a second answer, and asks which was better.
//
// Only what the person says is evidence: that they asked again is not. It writes into the page in one case, when the
// person presses "Tell it about me"; the text is then in their message, where they can read and change it.

/** How long an answer has to stay the same until it counts as finished. */
const SETTLED_MS = 1200;

const ask = async (call, argument) => {
  const answer = await chrome.runtime.sendMessage({ to: "background", call, argument });
  if (answer?.error) throw new Error(answer.error);
  return answer;
};

/** The page's messages in their order. */
function turns({ question, answer }) {
  return [...document.querySelectorAll(`${question}, ${answer}`)]
    .map((node) => ({ role: node.matches(question) ? "user" : "assistant", content: node.innerText.trim() }))
    .filter(({ content }) => content);
}

/** The bar at the top, where it hides no place to write in; out of reach of the page's styles and scripts. */
function bar(site) {
  const host = document.createElement("div");
  host.style.cssText = "all: initial; position: fixed; right: 1rem; top: 1rem; z-index: 2147483647; color-scheme: light dark";
  const root = host.attachShadow({ mode: "closed" });
  const box = document.createElement("div");
  box.style.cssText = "display: flex; flex-wrap: wrap; gap: .5rem; align-items: center; max-width: calc(100vw - 4rem); " +
    "padding: .5rem .75rem; font: 14px/1.4 system-ui, sans-serif; border: 1px solid GrayText; border-radius: 8px; " +
    "background: Canvas; color: CanvasText";
  box.setAttribute("role", "group");
  box.setAttribute("aria-label", "Likeness");
  const said = document.createElement("span");
  said.setAttribute("role", "status");
  const buttons = document.createElement("span");
  buttons.style.cssText = "display: flex; flex-wrap: wrap; gap: .5rem";
  box.append(said, buttons);
  root.append(box);
  document.documentElement.append(host);
  const show = (words, ...choices) => {
    said.textContent = words;
    buttons.replaceChildren(...choices.map(([label, pressed]) => button(label, pressed, show)), button("Tell it about me", () => tellAboutMe(site), show));
  };
  return show;
}

function button(label, pressed, show) {
  const made = document.createElement("button");
  made.type = "button";
  made.style.cssText = "font: inherit; padding: .25rem .6rem";
  made.textContent = label;
  // A page's script can make clicks; they are no person's.
  made.addEventListener("click", ({ isTrusted }) => isTrusted && pressed().then(show, (error) => show(`That failed: ${error.message}`)));
  return made;
}

/** Puts what held about the person before what they are writing. */
async function tellAboutMe({ input }) {
  const field = document.querySelector(input);
  if (!field) throw new Error("the place to write in was not found");
  const { text } = await ask("about");
  if (!text) return "Nothing is known about you yet.";
  field.focus();
  if (field.isContentEditable) {
    getSelection().selectAllChildren(field);
    getSelection().collapseToStart();
  } else field.setSelectionRange(0, 0);
  // As if it was typed: what the page's framework keeps of the field follows, and Ctrl+Z takes it back.
  document.execCommand("insertText", false, `${text}\n\n`);
  return "It is in your message: read it, and send it or not.";
}

/** Answers that were seen, by the conversation that they answer. */
class Answers {
  #seen = new Map();

  /** Takes a finished answer; gives the one before it to the same conversation, when this one is new. */
  add(context, content) {
    const key = JSON.stringify(context);
    const known = this.#seen.get(key) ?? [];
    this.#seen.set(key, known);
    if (known.includes(content)) return undefined;
    // A stream that paused looked finished; this is the rest of it.
    const last = known.at(-1);
    if (last && content.startsWith(last)) known.pop();
    known.push(content);
    return known.at(-2);
  }
}

function watch(site) {
  const show = bar(site);
  const answers = new Answers();
  let timer;
  show("");
  const settled = () => {
    const context = turns(site);
    const last = context.pop();
    if (last?.role !== "assistant") return;
    const before = answers.add(context, last.content);
    if (!before) return;
    const options = [{ id: "before", content: before }, { id: "now", content: last.content }];
    const say = (outcome) => async () => {
      await ask("recordChoice", { context, options, ...outcome, origin: location.hostname });
      return "Kept, in this browser alone.";
    };
    show("Which answer was better?", ["The one before", say({ chosen: "before" })], ["This one", say({ chosen: "now" })],
      ["Both good", say({ none: "all-good" })], ["Both bad", say({ none: "all-bad" })]);
  };
  const changed = () => {
    clearTimeout(timer);
    timer = setTimeout(settled, SETTLED_MS);
  };
  new MutationObserver(changed).observe(document.body, { childList: true, subtree: true, characterData: true });
  changed();
}

ask("site").then((site) => site && watch(site));
