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

/** A box at the page's right edge, beside the chat's usual column, out of reach of the page's styles and scripts. */
function bar(site) {
  const host = node("div", "all: initial; position: fixed; right: 1rem; top: 1rem; z-index: 2147483647; color-scheme: light dark");
  const box = node("div", "display: grid; gap: .5rem; width: 14rem; padding: .75rem; font: 14px/1.4 system-ui, sans-serif; " +
    "border: 1px solid GrayText; border-radius: 8px; background: Canvas; color: CanvasText");
  box.setAttribute("role", "group");
  box.setAttribute("aria-label", "Likeness");
  const said = node("span");
  said.setAttribute("role", "status");
  const earlier = node("div", "max-height: 12rem; overflow: auto; white-space: pre-wrap; overflow-wrap: anywhere; " +
    "padding: .5rem; border: 1px solid GrayText; border-radius: 6px");
  const buttons = node("span", "display: flex; flex-wrap: wrap; gap: .5rem");
  box.append(said, earlier, buttons);
  host.attachShadow({ mode: "closed" }).append(box);
  document.documentElement.append(host);
  const show = (words, before = "", choices = []) => {
    said.textContent = words;
    earlier.textContent = before;
    earlier.hidden = !before;
    const all = [...choices, ["Tell it about me", () => tellAboutMe(site)]];
    buttons.replaceChildren(...all.map(([label, pressed]) => button(label, pressed, show)));
  };
  return show;
}

function node(name, style = "") {
  const made = document.createElement(name);
  made.style.cssText = style;
  return made;
}

function button(label, pressed, show) {
  const made = node("button", "font: inherit; padding: .25rem .6rem");
  made.type = "button";
  made.textContent = label;
  // A page's script can make clicks; they are no person's.
  made.addEventListener("click", ({ isTrusted }) => isTrusted && pressed().then((words) => show(words), (error) => show(`That failed: ${error.message}`)));
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

/** Answers that were seen, by the conversation that they answer, and which of them were compared. */
class Answers {
  #seen = new Map();
  #compared = new Set();

  /** Takes the finished answer that is shown; gives the latest other one that it was not compared with yet. */
  other(context, content) {
    const key = JSON.stringify(context);
    const known = this.#seen.get(key) ?? [];
    this.#seen.set(key, known);
    if (!known.includes(content)) {
      // A stream that paused looked finished; this is the rest of it.
      if (known.length > 0 && content.startsWith(known.at(-1))) known.pop();
      known.push(content);
    }
    return known.findLast((other) => other !== content && !this.#compared.has(pairKey(context, content, other)));
  }

  compared(context, one, other) {
    this.#compared.add(pairKey(context, one, other));
  }
}

const pairKey = (context, ...answers) => JSON.stringify([context, answers.sort()]);

/** Asks between the answer that the page shows and another one to the same question. */
function question({ site, answers, again }, context, shown, other) {
  const options = [{ id: "other", content: other }, { id: "shown", content: shown }];
  const say = (outcome) => async () => {
    // Who went on to another branch would otherwise choose what they don't see.
    if (turns(site).at(-1)?.content !== shown) return again();
    await ask("recordChoice", { context, options, ...outcome, origin: location.hostname });
    answers.compared(context, shown, other);
    return "Kept, in this browser alone.";
  };
  return ["Which answer was better? The other one is:", other, [
    ["The other one", say({ chosen: "other" })],
    ["The one on the page", say({ chosen: "shown" })],
    ["Both good", say({ none: "all-good" })],
    ["Both bad", say({ none: "all-bad" })],
  ]];
}

function watch(site) {
  const show = bar(site);
  const answers = new Answers();
  let timer, shown;
  show("Likeness reads this chat.");
  const settled = () => {
    const context = turns(site);
    const last = context.pop();
    const other = last?.role === "assistant" ? answers.other(context, last.content) : undefined;
    const now = JSON.stringify([context, last, other]);
    // What changes elsewhere in the page must not take the bar's words away.
    if (now === shown) return;
    shown = now;
    if (other) show(...question({ site, answers, again }, context, last.content, other));
    else show("Likeness reads this chat.");
  };
  const changed = () => {
    clearTimeout(timer);
    timer = setTimeout(settled, SETTLED_MS);
  };
  const again = () => {
    shown = undefined;
    changed();
    return "The page shows another answer by now.";
  };
  new MutationObserver(changed).observe(document.body, { childList: true, subtree: true, characterData: true });
  changed();
}

ask("site").then((site) => site && watch(site));
