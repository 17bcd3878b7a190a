// The local model on WebGPU, in a Chromium whose GPU is SwiftShader: it computes what the processor does, with few limits
// and after it was lost. What a person sees of it is in webgpu-page, the end of its memory in webgpu-memory, a job that
// outlives its GPU in long/.
//
// SwiftShader reads some five tokens a second of the embedded model, so only one test has all of its layers; the others
// have two or one. The main job with the whole model is in long/.

import assert from "node:assert/strict";
import { test } from "node:test";
import { URL_OF_MODEL, cancelledCalls, running, speaking } from "./engine-worker.mjs";
import { PATIENCE, PLAIN, limited, withGpu } from "./gpu-witness.mjs";
import { GOLDEN, JUDGEMENT, ROUNDING, ROUNDING_OF_SMALL, assertClose, assertOutlives, judge } from "./judgement.mjs";
import { folderWithSmallModel } from "./layers.mjs";

const SMALL = "two-layers.gguf";
const URL_OF_SMALL = { Url: { url: `/models/${SMALL}`, name: SMALL, sha256: null } };
const models = await folderWithSmallModel(SMALL);

/** Loads on the GPU, judges, moves to the processor and judges again. */
const judgeOnBoth = (page, file) =>
  page.evaluate(
    async ([file, judgement]) => {
      const engine = await window.engine();
      const timed = async (request) => {
        const start = performance.now();
        return [await engine.ask(request), performance.now() - start];
      };
      const [loaded, loadMs] = await timed({ Load: { file, device: "Gpu" } });
      const [onGpu, gpuMs] = await timed({ Score: [judgement] });
      const [moved] = await timed({ Move: "Cpu" });
      const [onCpu, cpuMs] = await timed({ Score: [judgement] });
      const scores = (reply) => Array.from(reply.Ok?.Scores[0].log_probabilities ?? [JSON.stringify(reply)]);
      return {
        devices: [loaded, moved].map((reply) => reply.Ok?.Loaded.device ?? reply),
        scores: [onGpu, onCpu].map(scores),
        tokens: onGpu.Ok?.Scores[0].cost.prompt_tokens,
        ms: { loadMs, gpuMs, cpuMs },
      };
    },
    [file, JUDGEMENT],
  );

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

test("a GPU that binds less than the largest matrix at once serves", { timeout: 3 * PATIENCE }, async () => {
  await withGpu(async ({ page }) => {
    await speaking(page);
    const { devices, scores } = await judgeOnBoth(page, URL_OF_SMALL);
    assert.equal(devices[0].gpu, true, JSON.stringify(devices));
    assertClose(...scores, ROUNDING_OF_SMALL);
  }, { before: limited(16 << 20), serving: { models } });
});

test("a cancel is heard within a second on the GPU, which goes on, and what is no number there is asked of the processor", { timeout: 3 * PATIENCE }, async () => {
  await withGpu(async ({ page, witness }) => {
    await running(page, URL_OF_SMALL, "Gpu");
    for (const [answer, ms] of await cancelledCalls(page)) {
      assert.deepEqual(answer, { Err: "Cancelled" });
      assert.ok(ms < 1000, `it took ${ms} ms`);
    }
    const after = await judge(page);
    assert.equal(after.scores.length, 2, after.scores[0]);
    assert.deepEqual(after.moved, [], "it is still the GPU");

    await witness.spoil();
    const { scores, again, moved } = await judge(page);
    assert.deepEqual(again, ["what the GPU computed is not a number"]);
    assert.deepEqual(moved.map(({ gpu, why }) => [gpu, why]), [[false, again[0]]]);
    assertClose(scores, after.scores, ROUNDING_OF_SMALL);
  }, { serving: { models } });
});

test("a lost GPU is asked for again, and one that is lost again is left alone", { timeout: 3 * PATIENCE }, async () => {
  await withGpu(async ({ page, witness }) => {
    await running(page, URL_OF_SMALL, "Gpu");
    const fetched = [];
    page.context().on("request", (request) => fetched.push(request.url()));
    const first = await judge(page);
    assert.deepEqual([first.again, first.moved], [[], []]);
    const { buffers, dispatches } = await witness.tell();
    // What is kept of the prompt was computed in bytes, and its last token is now read alone, in floats.
    assertClose((await judge(page)).scores, first.scores, ROUNDING_OF_SMALL);
    const later = await witness.tell();
    assert.equal(later.buffers, buffers, "no buffer is made for a step");
    assert.ok(later.dispatches > dispatches);

    await witness.lose();
    await witness.loseAlways();
    const second = await judge(page);
    assert.equal(second.again.length, 2);
    for (const trouble of second.again) assert.match(trouble, /the GPU was lost/);
    assert.deepEqual(second.moved.map(({ gpu }) => gpu), [true, false]);
    assert.match(second.moved[0].why, /the GPU was lost \(.*\); it was loaded again, and it was chosen/);
    assert.match(second.moved[1].why, /the GPU was lost \(.*\), and not for the first time/);
    assertClose(second.scores, first.scores, ROUNDING_OF_SMALL);
    assert.deepEqual(fetched.filter((url) => url.endsWith(".gguf")), [], "nothing was fetched");
  }, { serving: { models } });
});

test("a GPU that is lost with its adapter is no end of the work", { timeout: 3 * PATIENCE }, async () => {
  await withGpu(async ({ page, witness }) => {
    await running(page, URL_OF_SMALL, "Gpu");
    await assertOutlives(page, () => witness.loseAdapter());
  }, { serving: { models } });
});
