// The package with its model on the GPU, in a host's page: SwiftShader plays the GPU, and the model is a small one.

import assert from "node:assert/strict";
import { test } from "node:test";
import { WEBGPU_FLAGS } from "../chromium.mjs";
import { PATIENCE } from "../gpu-witness.mjs";
import { folderWithSmallModel } from "../layers.mjs";
import { PAIRS, withHost } from "../package-host.mjs";

const models = await folderWithSmallModel("small.gguf", () => [0]);

test("a judgement on the GPU, which the package says that it runs on", { timeout: PATIENCE }, async () => {
  await withHost(async ({ page }) => {
    const seen = await page.evaluate(async (pairs) => {
      const judged = async (device) => {
        const likeness = await api.createLikeness({ model: { local: { source: "models/small.gguf", device } } });
        for (const pair of pairs) await likeness.record(pair);
        const loaded = await likeness.models.load();
        const { context, chosen, rejected } = pairs[0];
        const told = await likeness.judge(context, chosen, rejected, { askModel: true });
        const { inUse } = await likeness.models.list();
        likeness.destroy();
        return { loaded, told, inUse };
      };
      return { gpu: await judged("gpu"), cpu: await judged("cpu") };
    }, PAIRS.slice(0, 6));
    assert.equal(seen.gpu.loaded.device, "gpu", seen.gpu.loaded.deviceWhy);
    assert.match(seen.gpu.loaded.deviceName, /SwiftShader/i);
    assert.equal(seen.gpu.inUse.device, "gpu", "it is still there after the judgement");
    assert.equal(seen.cpu.loaded.device, "cpu");
    // The processor rounds activations to bytes, the GPU here does not: near, not equal.
    const [onGpu, onCpu] = [seen.gpu.told.byModel, seen.cpu.told.byModel];
    assert.ok(Math.abs(onGpu - onCpu) < 0.05, `${onGpu} on the GPU, ${onCpu} on the processor`);
  }, { models, flags: WEBGPU_FLAGS });
});
