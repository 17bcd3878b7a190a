// The likeness itself, in a page that nobody sees; it answers the background script and no one else.

import { createLikeness } from "./likeness/index.js";

const opening = createLikeness();

const CALLS = {
  recordChoice: async (likeness, choice) => ({ pairs: (await likeness.recordChoice(choice)).length }),
  about: async (likeness) => ({ text: (await likeness.personalize([])).map(({ content }) => content).join("") }),
};

chrome.runtime.onMessage.addListener((message, sender, respond) => {
  // What comes from a tab is a content script's, which has to ask the background script.
  if (message.to !== "offscreen" || sender.tab) return false;
  opening.then((likeness) => CALLS[message.call](likeness, message.argument))
    .then(respond, (error) => respond({ error: error.message }));
  return true;
});
