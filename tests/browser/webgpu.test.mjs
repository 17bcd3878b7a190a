// The local model on WebGPU, in a Chromium whose GPU is SwiftShader: it computes what the processor does, and goes on after
// it was lost. What a person sees of it is in webgpu-page; GPUs with less, and with more troubles, are in long/.
//
// SwiftShader reads some five tokens a second of the embedded model, so only one test has all of its layers; the others
// have two or one. The main job with the whole model is in long/.

import assert from "node:assert/strict";
import { test } from "node:test";
import { URL_OF_MODEL, running, speaking } from "./engine-worker.mjs";
import { PATIENCE, PLAIN, limited, withGpu } from "./gpu-witness.mjs";
import { GOLDEN, ROUNDING, assertClose, assertOutlives, judgeOnBoth } from "./judgement.mjs";
import { folderWithSmallModel } from "./layers.mjs";

const SMALL = "two-layers.gguf";
const URL_OF_SMALL = { Url: { url: `/models/${SMALL}`, name: SMALL, sha256: null } };
const models = await folderWithSmallModel(SMALL);

/** Of the embedded model's file, nearly all of them weights. */
const EMBEDDED_BYTES = 98_362_432;

/** What every GPU of a browser binds at once. */
const DEFAULT = 128 << 20;

test("the whole model judges on a GPU of default limits and plain f32 as it does where nothing is rounded", { timeout: 3 * PATIENCE }, async (t) => {
  await withGpu(async ({ page, witness }) => {
    await speaking(page);
    const { devices, scores, tokens, ms } = await judgeOnBoth(page, URL_OF_MODEL);
    assert.deepEqual(devices.map(({ gpu }) => gpu), [true, false], JSON.stringify(devices));
    assert.match(devices[0].name, /swiftshader, WebGPU/);
    t.diagnostic(`${tokens} tokens: ${JSON.stringify(ms)}, ${JSON.stringify(scores)}`);
    const { dispatches, limits, most } = await witness.tell();
    assert.ok(dispatches > 30 * 8, `every layer was dispatched: ${dispatches}`);
    // Weights, and keys and values for 1,024 tokens, which are 47 MB.
    t.diagnostic(`${most} bytes of the GPU's memory at most`);
    assert.ok(most > EMBEDDED_BYTES && most < 2 * EMBEDDED_BYTES, `no weight is held twice: ${most}`);
    for (const asked of limits) assert.ok((asked.maxStorageBufferBindingSize ?? DEFAULT) <= DEFAULT, JSON.stringify(asked));
    assertClose(scores[0], GOLDEN.log_probabilities, 1e-3);
    assertClose(scores[0], scores[1], ROUNDING);
  }, { before: PLAIN + limited(DEFAULT) });
});

test("a GPU that is lost with its adapter is no end of the work", { timeout: 3 * PATIENCE }, async () => {
  await withGpu(async ({ page, witness }) => {
    await running(page, URL_OF_SMALL, "Gpu");
    await assertOutlives(page, () => witness.loseAdapter());
  }, { serving: { models } });
});
