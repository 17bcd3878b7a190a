// The main job while the GPU, which SwiftShader plays, is lost in the middle of it.

import assert from "node:assert/strict";
import { test } from "node:test";
import { PATIENCE, withGpu } from "./gpu-witness.mjs";
import { screenshots, withApp } from "./harness.mjs";
import { folderWithSmallModel } from "./layers.mjs";
import { certain, mainJob } from "./main-job.mjs";
import { download, runsOn, whyHere } from "./models-page.mjs";

// An induction has hundreds of tokens a judgement. One layer reasons in line ends alone, each of which takes SwiftShader a
// second; so they end it.
const SMALLEST = "one-layer.gguf";
const LINE_END = 198;
const models = await folderWithSmallModel(SMALLEST, () => [0], { "tokenizer.ggml.eos_token_id": LINE_END });

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
