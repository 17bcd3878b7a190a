// The data worker as the package starts it: first the part that keeps the history, a quarter of the whole, which serves
// the page at once; the whole when the page first asks for more. Both are programs of `src/service/server`.
//
// `.ci/package.sh` puts this beside them in `dist`, in the place of the app's own, which starts with the whole.

import startHistory from "./history_worker.js";

let whole;

/** Called by the first part: has the whole worker do what a message asks for. Resolved once it hears the page by itself. */
globalThis.likenessHandOn = async (message) => {
  whole ??= startWhole();
  const hear = await whole;
  hear(new MessageEvent("message", { data: message }));
};

/** Each program listens by putting a function of its own in this worker's `onmessage`. */
async function startWhole() {
  const history = globalThis.onmessage;
  try {
    const { default: start } = await import("./data_worker.js");
    await start();
  } catch (error) {
    // An error of the worker's: the page tells whoever waits, and starts it anew for the next call.
    setTimeout(() => {
      throw error;
    });
    throw error;
  }
  const hear = globalThis.onmessage;
  // The first part may still be at something that is to be stopped; what it does not know it hands on.
  globalThis.onmessage = (event) => (event.data?.Cancel === undefined ? hear : history)(event);
  return hear;
}

await startHistory();
