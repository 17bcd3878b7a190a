// Models of the other families through the browser's own compiler of WGSL, and many calls at once: as webgpu.test.mjs, and
// slower.

import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { callsOf64, running, speaking } from "../engine-worker.mjs";
import { PATIENCE, PLAIN, withGpu } from "../gpu-witness.mjs";
import { folderWithSmallModel, writeAsFamily } from "../layers.mjs";

const SMALL = "two-layers.gguf";
const models = await folderWithSmallModel(SMALL);
const at = (name) => ({ Url: { url: `/models/${name}`, name, sha256: null } });

/** Gemma3's sixth layer is the first that sees beyond its window. */
const LAYERS = { qwen2: 2, qwen3: 2, phi3: 2, gemma3: 6 };

/** What the processor's rounding of activations to 8 bits makes of log-probabilities that are some ten to eighty. */
const ROUNDING = 1;

for (const [family, layers] of Object.entries(LAYERS)) {
  test(`a ${family} in the browser says on the GPU what it says on the processor`, { timeout: 3 * PATIENCE }, async (t) => {
    const name = `${family}.gguf`;
    await writeAsFamily(join(models, name), family, layers);
    await withGpu(async ({ page }) => {
      await speaking(page);
      const told = await page.evaluate(async (file) => {
        const engine = await window.engine();
        const judgement = { prompt: window.chat("Which of the two answers is the better one, the first or the second?"), labels: ["first", "second", "third", "fourth"] };
        const say = async () => {
          const { Ok, Err } = await engine.ask({ Score: [judgement] });
          return Err ? JSON.stringify(Err) : Array.from(Ok.Scores[0].log_probabilities);
        };
        const loaded = await engine.ask({ Load: { file, device: "Gpu" } });
        const onGpu = await say();
        const moved = await engine.ask({ Move: "Cpu" });
        return { devices: [loaded, moved].map((reply) => reply.Ok?.Loaded.device ?? JSON.stringify(reply)), onGpu, onCpu: await say() };
      }, at(name));
      t.diagnostic(JSON.stringify(told));
      assert.deepEqual(told.devices.map(({ gpu }) => gpu), [true, false], JSON.stringify(told));
      const off = told.onGpu.map((value, i) => Math.abs(value - told.onCpu[i]));
      assert.ok(Math.max(...off) < ROUNDING, JSON.stringify(told));
    }, { before: PLAIN, serving: { models } });
  });
}

test("64 calls at once give on the GPU what 64 in sequence give", { timeout: 3 * PATIENCE }, async () => {
  await withGpu(async ({ page }) => {
    const { Ok } = await running(page, at(SMALL), "Gpu");
    const { sequence, together } = await callsOf64(page);
    const counted = await page.evaluate(() => window.running.ask({ Count: "Hello, world!" }));
    assert.equal(Ok?.Loaded.device.gpu, true, JSON.stringify(Ok));
    for (const [i, one] of sequence.entries()) {
      if (typeof one === "string") assert.equal(together[i], one, `call ${i}`);
      // The last token of a prompt that is kept is read alone, its sums in another order.
      else one.forEach((value, label) => assert.ok(Math.abs(value - together[i][label]) < 1e-3, `call ${i}: ${value}, ${together[i][label]}`));
    }
    assert.deepEqual(counted, { Ok: { Count: 4 } });
  }, { before: PLAIN, serving: { models } });
});
