// A GPU, which SwiftShader plays, that is lost with its process, one that is lost twice, and one that is lost in the middle
// of the main job; a cancel, and what is no number; and memory that ends while a prompt is read.

import assert from "node:assert/strict";
import { test } from "node:test";
import { cancelledCalls, running } from "../engine-worker.mjs";
import { PATIENCE, holding, withGpu } from "../gpu-witness.mjs";
import { screenshots, withApp } from "../harness.mjs";
import { ROUNDING_OF_SMALL, assertClose, assertOutlives, judge } from "../judgement.mjs";
import { folderWithSmallModel } from "../layers.mjs";
import { certain, mainJob } from "../main-job.mjs";
import { download, runsOn, whyHere } from "../models-page.mjs";

// An induction has hundreds of tokens a judgement. One layer reasons in line ends alone, each of which takes SwiftShader a
// second; so they end it.
const SMALLEST = "one-layer.gguf";
const LINE_END = 198;
const URL_OF_SMALLEST = { Url: { url: `/models/${SMALLEST}`, name: SMALLEST, sha256: null } };
const models = await folderWithSmallModel(SMALLEST, () => [0], { "tokenizer.ggml.eos_token_id": LINE_END });
// One that goes on, for whoever wants to stop it.
const SMALL = "two-layers.gguf";
const URL_OF_SMALL = { Url: { url: `/models/${SMALL}`, name: SMALL, sha256: null } };
const endless = await folderWithSmallModel(SMALL);

test("a job goes on when the GPU is lost in the middle of it, and comes to what it does on the processor", { timeout: 3 * PATIENCE }, async (t) => {
  const job = async ({ page, url }, more) => {
    const start = Date.now();
    const found = await mainJob(page, { load: () => download(page, url, SMALLEST), timeout: 2 * PATIENCE, ...more });
    t.diagnostic(`${Math.round((Date.now() - start) / 1000)} s: ${JSON.stringify(found)}`);
    return found;
  };
  let expected;
  await withApp(async (app) => (expected = await job(app, { runOn: /^The processor/ })), { serving: { models } });
  assert.ok(expected.portrait.claims.length, "there is a claim to compare");
  await withGpu(async (app) => {
    const { page, witness } = app;
    const fetched = [];
    page.context().on("request", (request) => request.url().endsWith(SMALLEST) && fetched.push(request.url()));
    const meanwhile = async () => {
      // The job may be over before what is seen of it here could lead to anything.
      await witness.loseAtWork();
      const note = /^The GPU was lost \(.*\): the model was loaded again, and the work goes on\.$/;
      await page.getByText(note).waitFor({ timeout: PATIENCE });
      await screenshots(page, "portrait-gpu-lost");
    };
    const found = await job(app, { runOn: /^The GPU/, meanwhile });
    assert.equal(fetched.length, 1, `it was fetched once: ${fetched}`);
    assert.deepEqual(certain(found), certain(expected));
    await page.getByRole("link", { name: "Models" }).click();
    await runsOn(page).getByText(/^The GPU/).waitFor();
    assert.match(await whyHere(page), /^The GPU was lost \(.*\); it was loaded again, and it was chosen/);
    await screenshots(page, "models-gpu-lost");
  }, { serving: { models } });
});

test("a GPU that is lost with the process that it lives in is no end of the work", { timeout: 3 * PATIENCE }, async () => {
  await withGpu(async ({ page }) => {
    await running(page, URL_OF_SMALLEST, "Gpu");
    await assertOutlives(page, async () => (await page.context().newCDPSession(page)).send("Browser.crashGpuProcess"));
  }, { serving: { models }, allowedErrors: [/GPU process/] });
});

test("a lost GPU is asked for again, and one that is lost again is left alone", { timeout: 3 * PATIENCE }, async () => {
  await withGpu(async ({ page, witness }) => {
    await running(page, URL_OF_SMALLEST, "Gpu");
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
  }, { serving: { models: endless } });
});

test("memory that ends while a prompt is read is made anew once, then the processor goes on", { timeout: 3 * PATIENCE }, async (t) => {
  await withGpu(async ({ page, witness }) => {
    await running(page, URL_OF_SMALLEST, "Gpu");
    const fetched = [];
    page.context().on("request", (request) => fetched.push(request.url()));
    const ask = (words) =>
      judge(page, { prompt: { turns: [{ role: "user", content: `Which one, A or B? ${"word ".repeat(words)}` }], answer_start: "" }, labels: ["A", "B"] });
    const short = await ask(10);
    assert.deepEqual([short.again, short.moved], [[], []]);

    // The keys and values of the short prompt have their memory already, those of the long one have not.
    await witness.fill();
    const withinIt = await ask(20);
    assert.deepEqual([withinIt.again, withinIt.moved], [[], []], "what fits is computed there");
    // There is memory for 1,024 tokens from the beginning.
    const long = await ask(1100);
    t.diagnostic(JSON.stringify(long));
    assert.equal(long.again.length, 2);
    for (const trouble of long.again) assert.match(trouble, /out of memory|no room/i);
    assert.deepEqual(long.moved.map(({ gpu }) => gpu), [true, false]);
    assert.match(long.moved[1].why, /, and not for the first time/);
    assert.equal(long.scores.length, 2);
    const onProcessor = await ask(1100);
    assert.deepEqual(onProcessor, { scores: long.scores, again: [], moved: [] });
    assert.deepEqual(fetched.filter((url) => url.endsWith(".gguf")), [], "nothing was fetched");
  }, { before: holding(), serving: { models } });
});
