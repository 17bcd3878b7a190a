// A file of 200 MB is imported on the page, as lines and as one JSON list on one line: the page is never blocked for
// long, and memory does not grow with the file.

import assert from "node:assert/strict";
import { open, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { withApp } from "../harness.mjs";
import { mostMegabytes, rendererMegabytes } from "../memory.mjs";
import { tasksText, watchTasks } from "../page-tasks.mjs";

const MEGABYTES = 200;
/** Much less than the file: one piece of it, one batch, and what the browser itself takes. */
const MOST_MORE_MEGABYTES = 120;

/** Writes the file piece by piece; gives its size and how many pairs it holds. */
async function writeFileOf(shape, path) {
  const filler = "lorem ipsum dolor sit amet ".repeat(36);
  const [begin, between, end] = shape === "list" ? ["[", ",", "]"] : ["", "\n", "\n"];
  const file = await open(path, "w");
  await file.write(begin);
  let [bytes, count] = [0, 0];
  while (bytes < MEGABYTES * 1e6) {
    const rows = Array.from({ length: 2000 }, (_, i) =>
      JSON.stringify({
        context: [{ role: "user", content: `question ${count + i}` }],
        chosen: `yes ${count + i} ${filler}`,
        rejected: `no ${count + i} ${filler}`,
      }),
    );
    const text = (count ? between : "") + rows.join(between);
    await file.write(text);
    bytes += text.length;
    count += rows.length;
  }
  await file.write(end);
  await file.close();
  return { bytes, count };
}

for (const shape of ["lines", "list"]) {
  test(`${MEGABYTES} MB of ${shape} are imported in bounded memory, and the page stays quick`, async (t) => {
    if (process.platform !== "linux") return t.skip("memory is read from /proc");
    const marker = `likeness-${shape}-${process.pid}`;
    const path = join(tmpdir(), `${marker}.json`);
    try {
      const { bytes, count } = await writeFileOf(shape, path);
      await withApp(
        async ({ page }) => {
          await page.getByRole("button", { name: "Start with my own choices" }).click();
          await page.getByRole("button", { name: "Import a file" }).click();
          const dialog = page.getByRole("dialog", { name: "Import choices" });
          const stopWatching = await watchTasks(page);
          const before = await rendererMegabytes(marker);
          const began = Date.now();
          const most = await mostMegabytes(marker, async () => {
            await dialog.getByLabel(/Drop files here/).setInputFiles(path);
            await dialog.getByRole("button", { name: "Done" }).waitFor({ timeout: 600_000 });
          });
          const seconds = (Date.now() - began) / 1000;
          const said = await dialog.getByText(/choices? added/).textContent();
          await dialog.getByRole("button", { name: "Done" }).click();
          await page.getByText(`${count.toLocaleString("en")} choices, newest first`).waitFor();
          const tasks = await stopWatching();
          t.diagnostic(
            `${shape}: ${(bytes / 1e6).toFixed(0)} MB, ${count} pairs in ${seconds.toFixed(1)} s; ` +
              `memory ${before.toFixed(0)} MB before, ${most.toFixed(0)} MB at most; ` +
              tasksText(tasks),
          );
          assert.match(said, new RegExp(`^${count.toLocaleString("en")} choices added`));
          assert.ok(before > 0 && most - before < MOST_MORE_MEGABYTES, `${most - before} MB more than before`);
          assert.deepEqual(tasks.own, [], "tasks of over 50 ms on the page");
        },
        { launching: { flags: [`--user-agent=${marker}`] } },
      );
    } finally {
      await rm(path, { force: true });
    }
  });
}
