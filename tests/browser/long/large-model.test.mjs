// A large model loads without its weights being held twice: 1 GB on the processor, half of that on a GPU that a processor
// plays. It is the embedded model with its layers repeated until the file is that large: what it says makes no sense, and
// how it is read is the same.

import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { WEBGPU_FLAGS } from "../chromium.mjs";
import { speaking } from "../engine-worker.mjs";
import { withApp } from "../harness.mjs";
import { writeWithLayers } from "../layers.mjs";
import { megabytes, mostMegabytes } from "../memory.mjs";

const LARGE = { Url: { url: "/models/large.gguf", name: "large.gguf", sha256: null } };

/** Calls `body` with the app, the model's size in megabytes, and the marker of its browser. */
async function withLarge(times, flags, body) {
  const folder = await mkdtemp(join(tmpdir(), "likeness-large-"));
  const marker = `likeness-large-${process.pid}`;
  try {
    const bytes = await writeWithLayers(join(folder, "large.gguf"), (layers) =>
      Array.from({ length: times * layers }, (_, i) => i % layers));
    const launching = { flags: [...flags, `--user-agent=${marker}`] };
    await withApp(async ({ page }) => {
      await speaking(page);
      await body(page, bytes, marker);
    }, { serving: { models: folder }, launching });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

test("a model of 1 GB is held once", { timeout: 900_000 }, async (t) => {
  if (process.platform !== "linux") return t.skip("memory is read from /proc");
  await withLarge(15, [], async (page, bytes, marker) => {
    assert.ok(bytes > 1e9, `the file has ${bytes} bytes`);
    const before = await megabytes(marker);
    let told;
    const most = await mostMegabytes(marker, async () => {
      told = await page.evaluate(async (file) => {
        const engine = await window.engine();
        const loaded = await engine.ask({ Load: { file, device: "Cpu" } });
        return { loaded, scores: await engine.ask({ Score: [{ prompt: window.chat("Is it?"), labels: ["Yes", "No"] }] }) };
      }, LARGE);
    });
    assert.equal(told.loaded.Ok?.Loaded.bytes, bytes, JSON.stringify(told.loaded));
    assert.equal(told.scores.Ok?.Scores[0].log_probabilities.length, 2, JSON.stringify(told.scores));
    const weights = bytes / 2 ** 20;
    t.diagnostic(`${Math.round(weights)} MB of file, ${Math.round(most - before)} MB of memory at most`);
    assert.ok(most - before > 0.9 * weights, "the measurement saw the weights");
    assert.ok(most - before < 1.4 * weights, `${Math.round(most - before)} MB for ${Math.round(weights)} MB of weights`);
  });
});

test("a model on the GPU is held once there, and not beside it", { timeout: 900_000 }, async (t) => {
  if (process.platform !== "linux") return t.skip("memory is read from /proc");
  await withLarge(8, WEBGPU_FLAGS, async (page, bytes, marker) => {
    const before = await megabytes(marker);
    let loaded, most;
    const mostOfGpu = await mostMegabytes(marker, async () => {
      most = await mostMegabytes(marker, async () => {
        loaded = await page.evaluate(async (file) => {
          window.kept = await window.engine();
          return window.kept.ask({ Load: { file, device: "Gpu" } });
        }, LARGE);
      });
    }, "gpu-process");
    assert.equal(loaded.Ok?.Loaded.device.gpu, true, JSON.stringify(loaded));
    const weights = bytes / 2 ** 20;
    t.diagnostic(`${Math.round(weights)} MB of file, ${Math.round(mostOfGpu)} MB in the GPU's process at most, ${Math.round(most - before)} MB more in the page's`);
    assert.ok(mostOfGpu > 0.9 * weights, "the measurement saw the weights");
    // SwiftShader's own, its kernels among it, is some 150 MB.
    assert.ok(mostOfGpu < 1.6 * weights, `${Math.round(mostOfGpu)} MB for ${Math.round(weights)} MB of weights`);
    assert.ok(most - before < 0.4 * weights, `${Math.round(most - before)} MB in the page's process`);
  });
});
