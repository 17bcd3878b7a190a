// A GPU whose memory ends, while a model is loaded and while it computes. In a Chromium whose GPU is SwiftShader, with
// one layer of the embedded model: it takes a thousand tokens to end the memory.

import assert from "node:assert/strict";
import { test } from "node:test";
import { runningOnGpu } from "./engine-worker.mjs";
import { PATIENCE, holding, withGpu } from "./gpu-witness.mjs";
import { screenshots } from "./harness.mjs";
import { folderWithSmallModel } from "./layers.mjs";
import { refusedTheGpu } from "./models-page.mjs";

const SMALL = "one-layer.gguf";
const URL_OF_SMALL = { Url: { url: `/models/${SMALL}`, name: SMALL, sha256: null } };
const models = await folderWithSmallModel(SMALL, () => [0]);

test("a model that the GPU has no memory for runs on the processor, and the page says why", { timeout: 3 * PATIENCE }, async () => {
  await withGpu(async ({ page, url }) => {
    const why = await refusedTheGpu(page, url, SMALL);
    assert.match(why, /^The GPU can't take this model: out of memory: \d+ bytes for token_embd\.weight\.$/);
    await screenshots(page, "models-gpu-full");
    // Enough for the sample work and the self-test, not for the model's largest matrix.
  }, { before: holding(24 << 20), serving: { models } });
});

test("memory that ends while a prompt is read is made anew once, then the processor goes on", { timeout: 3 * PATIENCE }, async (t) => {
  await withGpu(async ({ page, witness }) => {
    await runningOnGpu(page, URL_OF_SMALL);
    const fetched = [];
    page.context().on("request", (request) => fetched.push(request.url()));
    const judge = (words) =>
      page.evaluate(async (words) => {
        const prompt = window.chat(`Which one, A or B? ${"word ".repeat(words)}`);
        const again = [];
        const hear = ({ Again }) => Again && again.push(Again);
        const answer = await window.running.ask({ Score: [{ prompt, labels: ["A", "B"] }] }, { hear });
        const scores = Array.from(answer.Ok?.Scores[0].log_probabilities ?? [JSON.stringify(answer)]);
        return { scores, again, moved: window.running.moved.splice(0) };
      }, words);
    const short = await judge(10);
    assert.deepEqual([short.again, short.moved], [[], []]);

    // The keys and values of the short prompt have their memory already, those of the long one have not.
    await witness.fill();
    const withinIt = await judge(20);
    assert.deepEqual([withinIt.again, withinIt.moved], [[], []], "what fits is computed there");
    // There is memory for 1,024 tokens from the beginning.
    const long = await judge(1100);
    t.diagnostic(JSON.stringify(long));
    assert.equal(long.again.length, 2);
    for (const trouble of long.again) assert.match(trouble, /out of memory|no room/i);
    assert.deepEqual(long.moved.map(({ device }) => device.gpu), [true, false]);
    assert.match(long.moved[1].device.why, /, and not for the first time/);
    assert.equal(long.scores.length, 2);
    const onProcessor = await judge(1100);
    assert.deepEqual(onProcessor, { scores: long.scores, again: [], moved: [] });
    assert.deepEqual(fetched.filter((url) => url.endsWith(".gguf")), [], "nothing was fetched");
  }, { before: holding(), serving: { models } });
});
