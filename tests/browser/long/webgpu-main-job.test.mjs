// The main job with the whole embedded model, on WebGPU and on the processor: the same claims and the same choice. On
// SwiftShader it takes the better part of an hour, which is why it is here; webgpu-trouble.test.mjs does it with one layer.

import assert from "node:assert/strict";
import { test } from "node:test";
import { withGpu } from "../gpu-witness.mjs";
import { withApp } from "../harness.mjs";
import { certain, mainJob } from "../main-job.mjs";

const HOUR = 3_600_000;

test("the whole model comes to the same claims and choice on the GPU as on the processor", { timeout: 3 * HOUR }, async (t) => {
  const job = async ({ page }, runOn) => {
    const load = async () => {
      await page.getByRole("button", { name: "Load it" }).click();
      await page.locator(".in-use").getByRole("heading", { name: /SmolLM2/ }).waitFor({ timeout: HOUR / 6 });
    };
    const start = Date.now();
    const found = await mainJob(page, { runOn, load, timeout: 2 * HOUR });
    t.diagnostic(`${Math.round((Date.now() - start) / 1000)} s: ${JSON.stringify(found)}`);
    return found;
  };
  let onCpu, onGpu;
  await withApp(async (app) => (onCpu = await job(app, /^The processor/)));
  await withGpu(async (app) => {
    onGpu = await job(app, /^The GPU/);
    assert.ok((await app.witness.tell()).dispatches > 10_000, "it was the GPU");
  });
  assert.ok(onCpu.portrait.claims.length, "there is a claim to compare");
  assert.deepEqual(certain(onGpu), certain(onCpu));
  const percents = ({ parts }) => parts.map((part) => Number(/(\d+)%$/.exec(part)[1]));
  const apart = percents(onGpu).map((percent, at) => Math.abs(percent - percents(onCpu)[at]));
  assert.ok(apart.length === 4 && apart.every((points) => points <= 3), `the parts of the judgement are ${apart} points apart`);
});
