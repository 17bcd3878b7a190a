// 100,000 pairs: the list opens, scrolls and searches without blocking the page.
//
// How long each thing takes is printed; held to a bound is only the work that keeps the page from answering.

import assert from "node:assert/strict";
import { test } from "node:test";
import { AT_BLANK, tab } from "./data-worker.mjs";
import { withApp } from "./harness.mjs";
import { tasksText, watchTasks } from "./page-tasks.mjs";

const PAIRS = 100_000;
/** The height of a row, as the style sheet has it. */
const ROW_PX = 100;

/** Imports the pairs; gives whose they are and the figures. Runs in the page. */
async function importMany(pairs) {
  const filler = Array.from({ length: 80 }, (_, i) => `word${i}`).join(" ");
  const parts = [];
  for (let from = 0; from < pairs; from += 1000) {
    let part = "";
    for (let i = from; i < from + 1000; i++) {
      const rare = i % 10_000 === 0 ? " needle" : "";
      part += JSON.stringify({ context: [{ role: "user", content: `question ${i}${rare}` }], chosen: `yes ${i} ${filler}`, rejected: `no ${i} ${filler}` }) + "\n";
    }
    parts.push(part);
    await new Promise((done) => setTimeout(done));
  }
  const file = new Blob(parts);
  const me = await data.profile("Ada");
  const began = performance.now();
  const report = await data.get({ Import: { profile: me, name: "all.jsonl", format: "auto", user: undefined } }, file);
  return { me, bytes: file.size, ms: Math.round(performance.now() - began), report };
}

/** Asks the data worker as the list does; gives the figures. Runs in the page. */
async function askWorker(me) {
  const timed = async (act) => {
    const began = performance.now();
    const got = await act();
    return [Math.round(performance.now() - began), got];
  };
  const [firstMs, first] = await timed(() => data.list(me, "", 0, 50));
  const scroll = [];
  for (const offset of [50, 5_000, 50_000, 99_950, 20_000]) {
    const [ms, page] = await timed(() => data.list(me, "", offset, 50));
    scroll.push([ms, page.rows.length, page.rows[0].question]);
  }
  const began = performance.now();
  let firstFoundMs;
  const query = { List: { profile: me, query: "needle", offset: 0, limit: 50 } };
  const [searchMs, found] = await timed(() =>
    data.get(query, undefined, () => (firstFoundMs ??= Math.round(performance.now() - began))),
  );
  const [broadMs, broad] = await timed(() => data.list(me, "word7", 0, 50));
  const [cancelMs, cancelled] = await timed(() => {
    const asked = data.ask(query);
    setTimeout(() => data.cancelLast(), 100);
    return asked;
  });
  return { firstMs, first, scroll, firstFoundMs, searchMs, found, broadMs, broad, cancelMs, cancelled };
}

test("100,000 pairs are listed, scrolled and searched without a long task on the page", async (t) => {
  await withApp(
    async ({ page, browser, url }) => {
      const worker = await tab(browser, url);
      const imported = await worker.evaluate(importMany, PAIRS);
      assert.equal(imported.report.imported, PAIRS);
      const asked = await worker.evaluate(askWorker, imported.me);
      await worker.close();
      t.diagnostic(
        `${(imported.bytes / 1e6).toFixed(0)} MB imported in ${imported.ms} ms; the worker's answers: the first window ` +
          `in ${asked.firstMs} ms, others of 50 in ${asked.scroll.map(([ms]) => ms).join(", ")} ms; a rare word: first ` +
          `found after ${asked.firstFoundMs} ms, all 10 after ${asked.searchMs} ms; a word of every pair: ` +
          `${asked.broadMs} ms; a search stopped in ${asked.cancelMs} ms`,
      );
      assert.deepEqual([asked.first.total, asked.first.rows[0].question], [PAIRS, "question 99999"]);
      assert.deepEqual(asked.scroll.map(([, rows, question]) => [rows, question]), [
        [50, "question 99949"],
        [50, "question 94999"],
        [50, "question 49999"],
        [50, "question 49"],
        [50, "question 79999"],
      ]);
      assert.deepEqual([asked.found.total, asked.found.rows.length, asked.broad.total], [10, 10, PAIRS]);
      assert.deepEqual(asked.cancelled, { Err: "Cancelled" });

      // Now as a person sees it. The app is started on another page first: that the browser compiles it takes no
      // longer for a long history.
      await page.goto(`${url}models`);
      await page.getByRole("heading", { name: "Models", exact: true }).waitFor();
      const row = (question) => page.getByText(question, { exact: true });
      const scrollTo = (at) => page.locator(".rows").evaluate((rows, top) => (rows.scrollTop = top), at * ROW_PX);
      const focused = (at) => page.waitForFunction((at) => document.activeElement?.dataset.row === String(at), at);
      const search = page.getByRole("searchbox");
      const steps = {
        "opened the list": async () => {
          await page.getByRole("link", { name: "History" }).click();
          await row("question 99999").waitFor();
          await page.getByText("100,000 choices, newest first").waitFor();
        },
        "turned the wheel 40 times": async () => {
          await page.locator(".rows").hover();
          for (let i = 0; i < 40; i++) await page.mouse.wheel(0, 400);
          await row("question 99840").waitFor();
        },
        "jumped to three places": async () => {
          for (const at of [50_000, 90_000, 20_000]) {
            await scrollTo(at);
            await row(`question ${PAIRS - 1 - at}`).waitFor();
          }
        },
        "went to the end by the keys": async () => {
          await page.locator(".row-open").first().focus();
          await page.keyboard.press("End");
          await focused(PAIRS - 1);
          await row("question 0 needle").waitFor();
          await page.keyboard.press("ArrowUp");
          await focused(PAIRS - 2);
        },
        "searched a rare word": async () => {
          await search.pressSequentially("needle");
          await page.getByText("10 choices found").waitFor();
          await row("question 90000 needle").waitFor();
        },
        "searched a word of every pair": async () => {
          await search.fill("word7");
          await page.getByText("100,000 choices found").waitFor();
        },
        "deleted one and brought it back": async () => {
          await search.fill("");
          await page.getByText("100,000 choices, newest first").waitFor();
          await page.locator('[data-row="0"]').focus();
          await page.keyboard.press("Delete");
          await page.getByText("99,999 choices, newest first").waitFor();
          await page.keyboard.press("Control+z");
          await page.getByText("100,000 choices, newest first").waitFor();
        },
      };
      for (const [what, step] of Object.entries(steps)) {
        const stopWatching = await watchTasks(page);
        const began = performance.now();
        await step();
        const ms = Math.round(performance.now() - began);
        const tasks = await stopWatching();
        t.diagnostic(`${what} in ${ms} ms; ${tasksText(tasks)}`);
        assert.deepEqual(tasks.own, [], `tasks of over 50 ms: ${what}`);
      }
    },
    AT_BLANK,
  );
});
