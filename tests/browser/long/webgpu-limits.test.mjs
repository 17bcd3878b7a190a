// The whole model on a GPU of default limits, and GPUs that have less than others, or one kernel that computes wrongly, in a
// Chromium whose GPU is SwiftShader. Memory that ends while a GPU computes is in webgpu-trouble.test.mjs.

import assert from "node:assert/strict";
import { test } from "node:test";
import { URL_OF_MODEL, speaking } from "../engine-worker.mjs";
import { PATIENCE, PLAIN, WRONG_ATTENTION, holding, limited, withGpu } from "../gpu-witness.mjs";
import { screenshots } from "../harness.mjs";
import { DEFAULT, GOLDEN, ROUNDING, ROUNDING_OF_SMALL, assertClose, judgeOnBoth, judgeWithinDefaults } from "../judgement.mjs";
import { folderWithSmallModel } from "../layers.mjs";
import { refusedTheGpu } from "../models-page.mjs";

const SMALL = "one-layer.gguf";
const URL_OF_SMALL = { Url: { url: `/models/${SMALL}`, name: SMALL, sha256: null } };
const models = await folderWithSmallModel(SMALL, () => [0]);

/** Of the embedded model's file, nearly all of them weights. */
const EMBEDDED_BYTES = 98_362_432;

test("the whole model judges on a GPU of default limits and plain f32 as it does where nothing is rounded", { timeout: 3 * PATIENCE }, async (t) => {
  await withGpu(async ({ page, witness }) => {
    await speaking(page);
    const { scores, dispatches, most } = await judgeWithinDefaults(t, page, witness, URL_OF_MODEL);
    assert.ok(dispatches > 30 * 8, `every layer was dispatched: ${dispatches}`);
    // Weights, and keys and values for 1,024 tokens, which are 47 MB.
    assert.ok(most > EMBEDDED_BYTES && most < 2 * EMBEDDED_BYTES, `no weight is held twice: ${most}`);
    assertClose(scores[0], GOLDEN.log_probabilities, 1e-3);
    assertClose(scores[0], scores[1], ROUNDING);
  }, { before: PLAIN + limited(DEFAULT) });
});

test("a model that the GPU has no memory for runs on the processor, and the page says why", { timeout: 3 * PATIENCE }, async () => {
  await withGpu(async ({ page, url }) => {
    const why = await refusedTheGpu(page, url, SMALL);
    assert.match(why, /^The GPU can't take this model: out of memory: \d+ bytes for token_embd\.weight\.$/);
    await screenshots(page, "models-gpu-full");
    // Enough for the sample work and the self-test, not for the model's largest matrix.
  }, { before: holding(24 << 20), serving: { models } });
});

test("a GPU that binds less than the largest matrix at once serves", { timeout: 3 * PATIENCE }, async () => {
  await withGpu(async ({ page }) => {
    await speaking(page);
    const { devices, scores } = await judgeOnBoth(page, URL_OF_SMALL);
    assert.equal(devices[0].gpu, true, JSON.stringify(devices));
    assertClose(...scores, ROUNDING_OF_SMALL);
  }, { before: limited(16 << 20), serving: { models } });
});

test("a GPU of whose kernels one alone is wrong is not used either", { timeout: 3 * PATIENCE }, async () => {
  await withGpu(async ({ page, url }) => {
    assert.match(await refusedTheGpu(page, url, SMALL), /the GPU computes wrongly/);
  }, { before: WRONG_ATTENTION, serving: { models } });
});
