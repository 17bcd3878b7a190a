// The local model on WebGPU, in a Chromium whose GPU is SwiftShader: it computes what the processor does, and goes on after
// it was lost. What a person sees of it is in webgpu-page; GPUs with less, and with more troubles, are in long/.
//
// SwiftShader reads some five tokens a second of the embedded model, so here it has two layers; the whole model is in long/.

import assert from "node:assert/strict";
import { stat } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { running, speaking } from "./engine-worker.mjs";
import { PATIENCE, PLAIN, limited, withGpu } from "./gpu-witness.mjs";
import { DEFAULT, ROUNDING_OF_SMALL, assertClose, assertOutlives, judgeWithinDefaults } from "./judgement.mjs";
import { folderWithSmallModel } from "./layers.mjs";

const SMALL = "two-layers.gguf";
const URL_OF_SMALL = { Url: { url: `/models/${SMALL}`, name: SMALL, sha256: null } };
const models = await folderWithSmallModel(SMALL);

test("a model judges on a GPU of default limits and plain f32 as on the processor, and no weight is held twice", { timeout: 3 * PATIENCE }, async (t) => {
  const { size } = await stat(join(models, SMALL));
  await withGpu(async ({ page, witness }) => {
    await speaking(page);
    const { scores, most } = await judgeWithinDefaults(t, page, witness, URL_OF_SMALL);
    assert.ok(most < 2 * size, `no weight is held twice: ${most} of a file of ${size}`);
    assertClose(...scores, ROUNDING_OF_SMALL);
  }, { before: PLAIN + limited(DEFAULT), serving: { models } });
});

test("a GPU that is lost with its adapter is no end of the work", { timeout: 3 * PATIENCE }, async () => {
  await withGpu(async ({ page, witness }) => {
    await running(page, URL_OF_SMALL, "Gpu");
    await assertOutlives(page, () => witness.loseAdapter());
  }, { serving: { models } });
});
