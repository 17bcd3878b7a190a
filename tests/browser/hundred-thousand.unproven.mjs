// 100,000 pairs: the list opens, scrolls and searches without blocking the page, and each answer comes in time.
//
// The page's long tasks are what `PerformanceObserver` counts: work of over 50 ms that nothing else gets past.
// The figures are printed, not compared with another machine's; the bounds are generous.

import assert from "node:assert/strict";
import { test } from "node:test";
import { withStore } from "./data-worker.mjs";

test("100,000 pairs are listed, scrolled and searched without a long task on the page", async (t) => {
  await withStore(async ({ tab }) => {
    const page = await tab();
    const seen = await page.evaluate(async () => {
      const filler = Array.from({ length: 80 }, (_, i) => `word${i}`).join(" ");
      const parts = [];
      for (let from = 0; from < 100_000; from += 1000) {
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
      const timed = async (act) => {
        const began = performance.now();
        const got = await act();
        return [Math.round(performance.now() - began), got];
      };
      const request = { Import: { profile: me, name: "all.jsonl", format: "auto", user: undefined } };
      // From here on the page is watched.
      const long = [];
      new PerformanceObserver((list) => long.push(...list.getEntries().map((entry) => Math.round(entry.duration)))).observe({ type: "longtask" });
      const [importMs, report] = await timed(() => data.get(request, file));
      const [firstMs, first] = await timed(() => data.list(me, "", 0, 50));
      const scroll = [];
      for (const offset of [50, 5_000, 50_000, 99_950, 20_000]) {
        const [ms, page] = await timed(() => data.list(me, "", offset, 50));
        scroll.push([ms, page.rows.length, page.rows[0].question]);
      }
      let firstFoundMs;
      const began = performance.now();
      const query = { List: { profile: me, query: "needle", offset: 0, limit: 50 } };
      const found = await data.get(query, undefined, () => (firstFoundMs ??= Math.round(performance.now() - began)));
      const searchMs = Math.round(performance.now() - began);
      const [broadMs, broad] = await timed(() => data.list(me, "word7", 0, 50));
      const [cancelMs, cancelled] = await timed(() => {
        const asked = data.ask(query);
        setTimeout(() => data.cancelLast(), 100);
        return asked;
      });
      data.worker.terminate();
      await data.start();
      const [reopenMs] = await timed(() => data.list(me, "", 0, 50));
      return { bytes: file.size, importMs, report, firstMs, first, scroll, firstFoundMs, searchMs, found, broadMs, broad, cancelMs, cancelled, reopenMs, long };
    });
    t.diagnostic(
      `${(seen.bytes / 1e6).toFixed(0)} MB imported in ${seen.importMs} ms; the list opened in ${seen.firstMs} ms, ` +
        `after a restart in ${seen.reopenMs} ms; windows of 50 in ${seen.scroll.map(([ms]) => ms).join(", ")} ms; ` +
        `a rare word: first found after ${seen.firstFoundMs} ms, all 10 after ${seen.searchMs} ms; ` +
        `a word of every pair: ${seen.broadMs} ms; stopped in ${seen.cancelMs} ms; ` +
        `long tasks on the page: ${seen.long.length ? seen.long.join(", ") + " ms" : "none"}`,
    );
    assert.equal(seen.report.imported, 100_000);
    assert.deepEqual([seen.first.total, seen.first.rows[0].question], [100_000, "question 99999"]);
    assert.deepEqual(seen.scroll.map(([, rows, question]) => [rows, question]), [
      [50, "question 99949"],
      [50, "question 94999"],
      [50, "question 49999"],
      [50, "question 49"],
      [50, "question 79999"],
    ]);
    assert.deepEqual([seen.found.total, seen.found.rows.length, seen.broad.total], [10, 10, 100_000]);
    assert.deepEqual(seen.cancelled, { Err: "Cancelled" });
    assert.deepEqual(seen.long, [], "long tasks on the page");
    assert.ok(Math.max(...seen.scroll.map(([ms]) => ms)) < 1000, "a window of the list within a second");
  });
});
