// A remote model is asked by somebody with 100,000 choices: the guard reads them all before the first question leaves, and
// holds each against those that have letters in common with it. The page stays quick meanwhile, and how long it takes is
// printed.

import assert from "node:assert/strict";
import { open as openFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { withApp } from "../harness.mjs";
import { tasksText, watchTasks } from "../page-tasks.mjs";
import { addRemote, open } from "../remote-person.mjs";
import { openModel, streams } from "../remote-server.mjs";

const PAIRS = 100_000;
const MINUTE = 60_000;

/** The same numbers each time, from 0 to 1 (Park and Miller 1988). */
function randomFrom(seed) {
  let state = seed;
  return () => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647;
}

/** Text of made-up words, the first of which are the most common, as in natural text (Zipf). */
function writer() {
  const random = randomFrom(7);
  const letter = (from) => from[Math.floor(random() * from.length)];
  const syllable = () => letter("bcdfghjklmnprstvw") + letter("aeiou");
  const words = Array.from({ length: 20_000 }, (_, rank) =>
    Array.from({ length: rank < 60 ? 1 : rank < 1000 ? 2 : 3 }, syllable).join(""),
  );
  const word = () => words[Math.floor(words.length ** random()) - 1];
  return (count) => Array.from({ length: count }, word).join(" ");
}

async function writeHistory(path, text) {
  const file = await openFile(path, "w");
  for (let from = 0; from < PAIRS; from += 1000) {
    const lines = Array.from({ length: 1000 }, (_, at) => {
      const context = [{ role: "user", content: `${from + at}: ${text(20)}` }];
      return JSON.stringify({ context, chosen: text(80), rejected: text(80) });
    });
    await file.write(`${lines.join("\n")}\n`);
  }
  await file.close();
}

test("somebody with 100,000 choices asks a remote model, and the page stays quick", { timeout: 30 * MINUTE }, async (t) => {
  const path = join(tmpdir(), `likeness-asked-${process.pid}.jsonl`);
  const server = await openModel(() => streams("So it is."));
  const text = writer();
  try {
    await writeHistory(path, text);
    await withApp(async ({ page }) => {
      await page.getByRole("button", { name: "Start with my own choices" }).click();
      await page.getByRole("button", { name: "Import a file" }).click();
      const dialog = page.getByRole("dialog", { name: "Import choices" });
      await dialog.getByLabel(/Drop files here/).setInputFiles(path);
      await dialog.getByText("100,000 choices added").waitFor({ timeout: 10 * MINUTE });
      await dialog.getByRole("button", { name: "Done" }).click();
      await addRemote(page, { endpoint: server.endpoint, model: "scripted" });
      await open(page, "Ask");
      await page.getByLabel("Drafts").selectOption("1");
      for (const what of ["the first question, the history read before it", "the next", "one more"]) {
        const asked = server.questions().length;
        await page.getByLabel("Question").fill(text(60));
        const stopWatching = await watchTasks(page);
        const began = Date.now();
        await page.locator(".say button[type=submit]").click();
        if (asked === 0) await page.getByText(/^Reading your history, so that none of it leaves/).waitFor();
        await page.getByText("Asking …").waitFor({ state: "detached", timeout: 10 * MINUTE });
        const seconds = Math.round((Date.now() - began) / 1000);
        const tasks = await stopWatching();
        t.diagnostic(`${what}: ${seconds} s; ${tasksText(tasks)}`);
        assert.equal(server.questions().length, asked + 1, "it was sent");
        assert.deepEqual(tasks.own, []);
      }
    });
  } finally {
    await server.stop();
    await rm(path, { force: true });
  }
});
