// The data worker as the package starts it: first the part that keeps the history, a quarter of the whole, which serves
// the page at once; the whole when the page first asks for more. Both are programs of `src/service/server`.
//
// `.ci/package.sh` puts this beside them in `dist`, in the place of the app's own, which starts with the whole.

import startHistory from "./history_worker.js";

/** How the whole hears a message, once it is loaded. */
let hear;
let loading;
let tries = 0;
/** What the whole is to hear first, in its order. */
const waiting = [];

/**
 * Called by the first part: the whole worker is to do what a message asks for, as soon as it has taken over. Resolved when it
 * is loaded; where it can't be, the message is dropped.
 */
globalThis.likenessHandOn = async (message) => {
  waiting.push(message);
  loading ??= load();
  await loading;
};

/** Called by the first part when it has nothing more to do and has let go of the store. */
globalThis.likenessTakeOver = () => {
  globalThis.onmessage = hear;
  for (const message of waiting.splice(0)) hear(new MessageEvent("message", { data: message }));
};

/** Each program listens by putting a function of its own in this worker's `onmessage`. */
async function load() {
  const history = globalThis.onmessage;
  try {
    // A browser may remember that a module could not be fetched, but not under another address.
    const { default: start } = await import(tries++ ? `./data_worker.js?again=${tries}` : "./data_worker.js");
    await start();
    hear = globalThis.onmessage;
  } catch (error) {
    loading = undefined;
    waiting.length = 0;
    throw error;
  } finally {
    globalThis.onmessage = history;
  }
}

await startHistory();
