// Asks a likeness on behalf of a chat, which goes on where the likeness fails: its request then leaves without what would
// have been told.

import { aboutPerson } from "../about.js";
import { callback, told } from "../given.js";

/**
 * A function that gives what is told of the person: nothing where the likeness fails, which `onError` then hears. The
 * reason of an aborted signal is thrown all the same.
 * @param {import("../index.js").Likeness} likeness
 * @param {{ onError?: (error: unknown) => void }} [settings]
 * @returns {(signal?: AbortSignal | null) => Promise<string>}
 */
export function asking(likeness, settings) {
  // Looked up when it is called: a server that only builds the chat has none.
  const { onError = (error) => reportError(error) } = told(settings, "onError");
  const failed = callback(onError, "`onError`");
  return async (signal) => {
    try {
      return await aboutPerson(likeness, signal ?? undefined);
    } catch (error) {
      signal?.throwIfAborted();
      failed(error);
      return "";
    }
  };
}
