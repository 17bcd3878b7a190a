// One judgement for every test of the GPU's: what it comes to where nothing is rounded, and how far it may be from that.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";

/** A judgement of the embedded model's, with what it comes to where nothing is rounded. */
export const GOLDEN = JSON.parse(await readFile(new URL("../golden/smollm2_judgement.json", import.meta.url), "utf8"));
/** What every GPU of a browser binds at once. */
export const DEFAULT = 128 << 20;
const turns = Array.from(GOLDEN.prompt.matchAll(/<\|im_start\|>(\w+)\n(.*?)<\|im_end\|>/gs), ([, role, content]) => ({ role, content }));
export const JUDGEMENT = { prompt: { turns, answer_start: "" }, labels: GOLDEN.labels };

/**
 * Has `window.running` judge: the scores, what it was asked again for, and where the model was moved meanwhile, each with its
 * device.
 */
export const judge = (page, judgement = JUDGEMENT) =>
  page.evaluate(async (judgement) => {
    const again = [];
    const answer = await window.running.ask({ Score: [judgement] }, { hear: ({ Again }) => Again && again.push(Again) });
    const scores = Array.from(answer.Ok?.Scores[0].log_probabilities ?? [JSON.stringify(answer)]);
    return { scores, again, moved: window.running.moved.splice(0).map(({ device }) => device) };
  }, judgement);

/** Loads a model on the GPU, judges, moves it to the processor and judges again; `window.engine` is that of `speaking`. */
export const judgeOnBoth = (page, file) =>
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

/**
 * The same on a GPU of default limits: that it is the GPU, as far as it says SwiftShader's, and that it was asked for no more
 * than every GPU of a browser binds at once. Gives the scores on both, and what the witness saw.
 */
export async function judgeWithinDefaults(t, page, witness, file) {
  const { devices, scores, tokens, ms } = await judgeOnBoth(page, file);
  assert.deepEqual(devices.map(({ gpu }) => gpu), [true, false], JSON.stringify(devices));
  assert.match(devices[0].name, /swiftshader, WebGPU/);
  t.diagnostic(`${tokens} tokens: ${JSON.stringify(ms)}, ${JSON.stringify(scores)}`);
  const seen = await witness.tell();
  t.diagnostic(`${seen.most} bytes of the GPU's memory at most`);
  for (const asked of seen.limits) assert.ok((asked.maxStorageBufferBindingSize ?? DEFAULT) <= DEFAULT, JSON.stringify(asked));
  return { scores, ...seen };
}

/** That `window.running` goes on judging when its GPU is lost so. */
export async function assertOutlives(page, lose) {
  const first = await judge(page);
  assert.deepEqual(first.moved, []);
  await lose();
  const second = await judge(page);
  assert.match(second.moved[0].why, /the GPU was lost/);
  assertClose(second.scores, first.scores, ROUNDING_OF_SMALL);
}

/** The same answer is preferred, and no log-probability is off by more than `tolerance`. */
export function assertClose(found, expected, tolerance) {
  const off = Math.max(...found.map((value, i) => Math.abs(value - expected[i])));
  assert.ok(off <= tolerance, `off by ${off}: ${JSON.stringify(found)}, expected ${JSON.stringify(expected)}`);
  assert.equal(found[0] > found[1], expected[0] > expected[1], "the same answer is preferred");
}

/** What the processor's rounding of activations to 8 bits makes of it: measured 0.15 where logits are some units. */
export const ROUNDING = 0.3;
/** The same in a model that lacks its layers, whose logits are some eighty. */
export const ROUNDING_OF_SMALL = 1;
