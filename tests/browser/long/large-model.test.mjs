// A model of 1 GB loads without its weights being held twice. It is the embedded model with its layers repeated until
// the file is that large: what it says makes no sense, and how it is read is the same.

import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { withApp } from "../harness.mjs";
import { writeWithLayers } from "../layers.mjs";
import { mostMegabytes, rendererMegabytes } from "../memory.mjs";

const TIMES = 15;

test("a model of 1 GB is held once", { timeout: 900_000 }, async (t) => {
  if (process.platform !== "linux") return t.skip("memory is read from /proc");
  const folder = await mkdtemp(join(tmpdir(), "likeness-large-"));
  const marker = `likeness-large-${process.pid}`;
  try {
    const bytes = await writeWithLayers(join(folder, "large.gguf"), (layers) =>
      Array.from({ length: TIMES * layers }, (_, i) => i % layers));
    assert.ok(bytes > 1e9, `the file has ${bytes} bytes`);
    await withApp(
      async ({ page }) => {
        const before = await rendererMegabytes(marker);
        let told;
        const most = await mostMegabytes(marker, async () => {
          told = await page.evaluate(async () => {
            const worker = new Worker(new URL("engine_worker.js", document.baseURI), { type: "module" });
            const next = () => new Promise((resolve) => (worker.onmessage = ({ data }) => !data.Event && resolve(data)));
            await next();
            const file = { Url: { url: "/models/large.gguf", name: "large.gguf", sha256: null } };
            worker.postMessage({ message: { Ask: [1, { Load: { file, device: "Cpu" } }] } });
            const loaded = (await next()).Answer[1];
            const prompt = { turns: [{ role: "user", content: "Is it?" }], answer_start: "" };
            worker.postMessage({ message: { Ask: [2, { Score: [{ prompt, labels: ["Yes", "No"] }] }] } });
            return { loaded, scores: (await next()).Answer[1] };
          });
        });
        assert.equal(told.loaded.Ok?.Loaded.bytes, bytes, JSON.stringify(told.loaded));
        assert.equal(told.scores.Ok?.Scores[0].log_probabilities.length, 2, JSON.stringify(told.scores));
        const weights = bytes / 2 ** 20;
        t.diagnostic(`${Math.round(weights)} MB of file, ${Math.round(most - before)} MB of memory at most`);
        assert.ok(most - before > 0.9 * weights, "the measurement saw the weights");
        assert.ok(most - before < 1.4 * weights, `${Math.round(most - before)} MB for ${Math.round(weights)} MB of weights`);
      },
      { serving: { models: folder }, launching: { flags: [`--user-agent=${marker}`] } },
    );
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
