// The page's thread is never busy for more than 50 ms, whatever a call brings: tasks with more of their own time are found in
// the browser's trace.

import assert from "node:assert/strict";
import { test } from "node:test";
import { withHost } from "./package-host.mjs";
import { tasksText, watchTasks } from "./page-tasks.mjs";

const MINUTE = 60_000;

test("no call with much in it keeps the page's thread busy", { timeout: 4 * MINUTE }, async () => {
  await withHost(async ({ page }) => {
    const stop = await watchTasks(page);
    const seen = await page.evaluate(async () => {
      const likeness = await api.createLikeness();
      // Made by little work of the test's own, which is done on the same thread.
      const words = (n, seed) => `${seed} ${"some words of an answer ".repeat(n / 5)}`;
      const lines = [];
      for (let n = 0; n < 12_000; n++) {
        lines.push(JSON.stringify({ context: [{ role: "user", content: `question ${n}` }], chosen: words(20, n), rejected: words(15, n + 1) }));
        if (n % 200 === 0) await new Promise((resolve) => setTimeout(resolve));
      }
      const { imported } = await likeness.import(new Blob(lines.map((line) => `${line}\n`)));
      const own = [];
      for (let n = 0; n < 300; n++) own.push(await likeness.record({ context: [], chosen: `Yes, ${n}.`, rejected: `Not ${n}.` }));
      // As often as it takes for as many as were imported: what is heavy is how many come, not which.
      const asked = Array.from({ length: 12_100 }, (_, at) => own[at % own.length]);
      const found = (await likeness.pairs(asked)).length;
      await likeness.record({ context: [], chosen: words(200_000, 1), rejected: words(200_000, 2) });
      const context = [{ role: "user", content: "Which?" }];
      const ranked = (await likeness.rank(context, Array.from({ length: 64 }, (_, at) => words(1500, at)))).length;
      const { size } = await likeness.export();
      await likeness.portrait();
      await likeness.personalize(context);
      return { imported, found, ranked, exported: size > 1e6 };
    });
    const tasks = await stop();
    console.log(tasksText(tasks));
    assert.deepEqual(seen, { imported: 12_000, found: 12_100, ranked: 64, exported: true });
    assert.deepEqual(tasks.own, [], tasksText(tasks));
  });
});
