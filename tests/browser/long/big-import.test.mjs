// A file of 200 MB is imported with memory that does not grow with it, as lines and as one JSON list on one line.

import assert from "node:assert/strict";
import { readFile, readdir } from "node:fs/promises";
import { test } from "node:test";
import { withStore } from "../data-worker.mjs";

const MEGABYTES = 200;

/** The memory, in MB, that this page's renderer holds for itself: from the system, so the worker's wasm counts. */
async function rendererMegabytes(marker) {
  let most = 0;
  for (const pid of (await readdir("/proc")).filter((name) => /^\d+$/.test(name))) {
    const command = await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "");
    if (!command.includes("--type=renderer") || !command.includes(marker)) continue;
    const status = await readFile(`/proc/${pid}/status`, "utf8").catch(() => "");
    most = Math.max(most, Number(/RssAnon:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024);
  }
  return most;
}

for (const shape of ["lines", "list"]) {
  test(`${MEGABYTES} MB of ${shape} are imported in bounded memory`, async (t) => {
    if (process.platform !== "linux") return t.skip("memory is read from /proc");
    const marker = `likeness-${shape}-${process.pid}`;
    await withStore(
      async ({ tab }) => {
        const page = await tab();
        // The file is made piece by piece: a blob lies outside of the page's own memory.
        await page.evaluate(
          async ([megabytes, shape]) => {
            const filler = "lorem ipsum dolor sit amet ".repeat(36);
            window.file = new Blob([shape === "list" ? "[" : ""]);
            let made = 0;
            for (let i = 0; made < megabytes * 1e6; ) {
              const rows = [];
              for (let end = i + 2000; i < end; i++) {
                rows.push(JSON.stringify({ context: [{ role: "user", content: `question ${i}` }], chosen: `yes ${i} ${filler}`, rejected: `no ${i} ${filler}` }));
              }
              const first = made === 0;
              const text = (shape === "list" && !first ? "," : "") + rows.join(shape === "list" ? "," : "\n") + (shape === "list" ? "" : "\n");
              made += text.length;
              window.file = new Blob([window.file, text]);
            }
            if (shape === "list") window.file = new Blob([window.file, "]"]);
            window.rows = made;
          },
          [MEGABYTES, shape],
        );
        const before = await rendererMegabytes(marker);
        let most = 0;
        const watch = setInterval(async () => (most = Math.max(most, await rendererMegabytes(marker))), 250);
        const seen = await page.evaluate(async () => {
          const me = await data.profile("Ada");
          const request = { Import: { profile: me, name: "big", format: "auto", user: undefined } };
          const began = performance.now();
          const report = await data.get(request, window.file);
          return { report, ms: Math.round(performance.now() - began), total: (await data.list(me)).total, size: window.file.size };
        });
        clearInterval(watch);
        t.diagnostic(
          `${shape}: ${(seen.size / 1e6).toFixed(0)} MB, ${seen.total} pairs in ${(seen.ms / 1000).toFixed(1)} s; ` +
            `memory ${before.toFixed(0)} MB before, ${most.toFixed(0)} MB at most`,
        );
        assert.ok(seen.size >= MEGABYTES * 1e6);
        assert.deepEqual([seen.report.skipped, seen.report.imported], [0, seen.total]);
        assert.ok(before > 0 && most - before < 120, `${most - before} MB more than before`);
      },
      { launching: { flags: [`--user-agent=${marker}`] } },
    );
  });
}
