// Stands between a chat's page and the likeness. A service worker can't start workers, so the likeness lives in an
// offscreen page of the extension's own origin, where no chat's page reaches it.

import sites from "./sites.js";

/** All that a content script may ask. It is told what held about the person, never what the history says. */
const ALLOWED = ["recordChoice", "about"];
let opening;

/** The offscreen page, made when first needed; the browser may have kept one from before this worker was restarted. */
async function offscreen() {
  const contexts = await chrome.runtime.getContexts({ contextTypes: ["OFFSCREEN_DOCUMENT"] });
  if (contexts.length > 0) return;
  opening ??= chrome.offscreen
    .createDocument({ url: "offscreen.html", reasons: ["WORKERS"], justification: "the likeness runs in workers" })
    .finally(() => (opening = undefined));
  await opening;
}

async function answer({ call, argument }, sender) {
  if (call === "site") return sites.find(({ match }) => new URLPattern(match).test(sender.url)) ?? null;
  if (!ALLOWED.includes(call)) throw new Error(`a page may not ask for ${call}`);
  await offscreen();
  return chrome.runtime.sendMessage({ to: "offscreen", call, argument });
}

chrome.runtime.onMessage.addListener((message, sender, respond) => {
  if (message.to !== "background" || sender.id !== chrome.runtime.id) return false;
  answer(message, sender).then(respond, (error) => respond({ error: error.message }));
  return true;
});
