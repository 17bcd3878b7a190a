// What the tests of every example share: a person with a stored history of other conversations, full of canaries, and
// what has to be true of all requests that a host made meanwhile.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { plantedHistory, searchFor } from "./canaries.mjs";
import { REPOSITORY } from "./harness.mjs";
import { kind } from "./remote-server.mjs";

const PLANTED = plantedHistory();
const found = searchFor(PLANTED.canaries);

/** The sample is of a person of whom much can be said; the planted pairs are what must never be. */
export const HISTORY = [await readFile(join(REPOSITORY, "www/sample.jsonl"), "utf8"), PLANTED.text];

/** Nothing of the stored history is in these. */
export function assertNoHistory(requests) {
  assert.ok(found(HISTORY[1]).length === PLANTED.canaries.length, "the search finds what is there");
  assert.ok(requests.length > 0);
  for (const request of requests) assert.deepEqual(found(JSON.stringify(request)), [], request.url);
}

/** The system's text of the chat's last question to its model. */
export function lastTold(model) {
  const { messages } = model.questions().filter((request) => kind(request) === "chat").at(-1).asked;
  return messages.filter(({ role }) => role === "system").map(({ content }) => content).join("\n");
}

/** Each claim in use is told, as the prompt puts it. */
export function assertTold(prompt, claims) {
  const used = claims.filter(({ state }) => state !== "refused");
  assert.ok(used.length > 0, "there is something to tell");
  for (const { text } of used) assert.ok(prompt.includes(text.replace(/^You/, "They")), `${text} is told in: ${prompt}`);
}

/** The choices in an export: of the stored history there are none, only pairs. */
export function choicesIn(file) {
  return file.trim().split("\n").map((line) => JSON.parse(line)).filter(({ choice }) => choice).map(({ choice }) => choice);
}

/** Asks the page until the answer is a true one, which is given. Playwright's own waiting takes a promise for one. */
export async function until(page, ask, argument, seconds = 60) {
  for (const end = Date.now() + seconds * 1000; Date.now() < end; await page.waitForTimeout(50)) {
    const answer = await page.evaluate(ask, argument);
    if (answer) return answer;
  }
  throw new Error(`in ${seconds} s there was no true answer to ${ask}`);
}
