// Every format's kernels through the browser's own compiler of WGSL, which is another than the one of native GPUs: a model
// that has all of them is tried against the processor when it is loaded. SwiftShader takes minutes to compile them.

import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { speaking } from "../engine-worker.mjs";
import { PATIENCE, PLAIN, withGpu } from "../gpu-witness.mjs";
import { folderWithSmallModel, writeWithFormats } from "../layers.mjs";

const ALL = "all-formats.gguf";
const FILE = { Url: { url: `/models/${ALL}`, name: ALL, sha256: null } };
const models = await folderWithSmallModel("two-layers.gguf");
await writeWithFormats(join(models, ALL));

for (const [what, before] of [["all that it offers", ""], ["plain f32", PLAIN]]) {
  test(`a GPU in the browser computes every format as the processor does, with ${what}`, { timeout: 6 * PATIENCE }, async (t) => {
    await withGpu(async ({ page, witness }) => {
      await speaking(page);
      const start = Date.now();
      const { loaded, said } = await page.evaluate(async (file) => {
        const engine = await window.engine();
        const loaded = await engine.ask({ Load: { file, device: "Gpu" } });
        const said = await engine.ask({ Score: [{ prompt: window.chat("Hello"), labels: ["A", "B"] }] });
        return { loaded, said };
      }, FILE);
      t.diagnostic(`${Math.round((Date.now() - start) / 1000)} s, ${(await witness.tell()).dispatches} dispatches`);
      assert.equal(loaded.Ok?.Loaded.device.gpu, true, JSON.stringify(loaded));
      const [first, second] = said.Ok.Scores[0].log_probabilities;
      assert.ok(Number.isFinite(first) && Math.abs(first - second) < 1e-4, "of zeros every word is as likely");
    }, { before, serving: { models } });
  });
}
