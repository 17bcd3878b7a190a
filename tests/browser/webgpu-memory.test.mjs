// A GPU whose memory ends while a model is loaded, in a Chromium whose GPU is SwiftShader; while it computes is in
// long/webgpu-trouble.test.mjs.

import assert from "node:assert/strict";
import { test } from "node:test";
import { PATIENCE, holding, withGpu } from "./gpu-witness.mjs";
import { screenshots } from "./harness.mjs";
import { folderWithSmallModel } from "./layers.mjs";
import { refusedTheGpu } from "./models-page.mjs";

const SMALL = "one-layer.gguf";
const models = await folderWithSmallModel(SMALL, () => [0]);

test("a model that the GPU has no memory for runs on the processor, and the page says why", { timeout: 3 * PATIENCE }, async () => {
  await withGpu(async ({ page, url }) => {
    const why = await refusedTheGpu(page, url, SMALL);
    assert.match(why, /^The GPU can't take this model: out of memory: \d+ bytes for token_embd\.weight\.$/);
    await screenshots(page, "models-gpu-full");
    // Enough for the sample work and the self-test, not for the model's largest matrix.
  }, { before: holding(24 << 20), serving: { models } });
});
