// The local model on WebGPU, in a Chromium whose GPU is SwiftShader: it is measured and not chosen, it computes what the
// processor does, it goes away in the middle of a job, it computes wrongly, it isn't there.
//
// SwiftShader reads some five tokens a second of the embedded model, so only one test has all of its layers; the others
// have two or one. The main job with the whole model is in long/.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { URL_OF_MODEL, speaking } from "./engine-worker.mjs";
import { PATIENCE, PLAIN, WRONG, limited, withGpu } from "./gpu-witness.mjs";
import { screenshots, withApp } from "./harness.mjs";
import { folderWithSmallModel, writeWithLayers } from "./layers.mjs";
import { mainJob } from "./main-job.mjs";

const SMALL = "two-layers.gguf";
const URL_OF_SMALL = { Url: { url: `/models/${SMALL}`, name: SMALL, sha256: null } };
const models = await folderWithSmallModel(SMALL);
/** For a whole induction, of hundreds of tokens a judgement. */
const SMALLEST = "one-layer.gguf";
await writeWithLayers(join(models, SMALLEST), () => [0]);

/** A judgement of the embedded model's, with what it comes to where nothing is rounded. */
const GOLDEN = JSON.parse(await readFile(new URL("../golden/smollm2_judgement.json", import.meta.url), "utf8"));
const turns = Array.from(GOLDEN.prompt.matchAll(/<\|im_start\|>(\w+)\n(.*?)<\|im_end\|>/gs), ([, role, content]) => ({ role, content }));
const JUDGEMENT = { prompt: { turns, answer_start: "" }, labels: GOLDEN.labels };

/** The same answer is preferred, and no log-probability is off by more than `tolerance`. */
function assertClose(found, expected, tolerance) {
  const off = Math.max(...found.map((value, i) => Math.abs(value - expected[i])));
  assert.ok(off <= tolerance, `off by ${off}: ${JSON.stringify(found)}, expected ${JSON.stringify(expected)}`);
  assert.equal(found[0] > found[1], expected[0] > expected[1], "the same answer is preferred");
}

/** What the processor's rounding of activations to 8 bits makes of it: measured 0.15 where logits are some units. */
const ROUNDING = 0.3;
/** The same in a model that lacks its layers, whose logits are some eighty. */
const ROUNDING_OF_SMALL = 1;

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

/** What every GPU of a browser binds at once. */
const DEFAULT = 128 << 20;

test("the whole model judges on a GPU of default limits and plain f32 as it does where nothing is rounded", { timeout: 3 * PATIENCE }, async (t) => {
  await withGpu(async ({ page, witness }) => {
    await speaking(page);
    const { devices, scores, tokens, ms } = await judgeOnBoth(page, URL_OF_MODEL);
    assert.deepEqual(devices.map(({ gpu }) => gpu), [true, false], JSON.stringify(devices));
    assert.match(devices[0].name, /swiftshader, WebGPU/);
    t.diagnostic(`${tokens} tokens: ${JSON.stringify(ms)}, ${JSON.stringify(scores)}`);
    const { dispatches, limits } = await witness.tell();
    assert.ok(dispatches > 30 * 8, `every layer was dispatched: ${dispatches}`);
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

test("a lost GPU is asked for again, and one that is lost again is left alone", { timeout: 3 * PATIENCE }, async () => {
  await withGpu(async ({ page, witness }) => {
    await speaking(page);
    await page.evaluate(async (file) => {
      window.running = await window.engine();
      await window.running.ask({ Load: { file, device: "Gpu" } });
    }, URL_OF_SMALL);
    const fetched = [];
    page.context().on("request", (request) => fetched.push(request.url()));
    const judge = () =>
      page.evaluate(async (judgement) => {
        const again = [];
        const answer = await window.running.ask({ Score: [judgement] }, { hear: ({ Again }) => Again && again.push(Again) });
        return { scores: Array.from(answer.Ok?.Scores[0].log_probabilities ?? [JSON.stringify(answer)]), again, moved: window.running.moved.splice(0) };
      }, JUDGEMENT);
    const first = await judge();
    assert.deepEqual([first.again, first.moved], [[], []]);

    await witness.lose();
    await witness.loseAlways();
    const second = await judge();
    assert.equal(second.again.length, 2);
    for (const trouble of second.again) assert.match(trouble, /the GPU was lost/);
    assert.deepEqual(second.moved.map(({ device }) => device.gpu), [true, false]);
    assert.match(second.moved[0].device.why, /the GPU was lost \(.*\); it was loaded again, and it was chosen/);
    assert.match(second.moved[1].device.why, /the GPU was lost \(.*\), and not for the first time/);
    assertClose(second.scores, first.scores, ROUNDING_OF_SMALL);
    assert.deepEqual(fetched.filter((url) => url.endsWith(".gguf")), [], "nothing was fetched");
  }, { serving: { models } });
});

/** Gets a model on the models page by its address. */
async function download(page, url, file = SMALL) {
  await page.getByRole("link", { name: "Models" }).click();
  await page.getByLabel("Address of a GGUF file").fill(`${url}models/${file}`);
  await page.getByRole("button", { name: "Download", exact: true }).click();
  await page.getByRole("heading", { name: file.replace(".gguf", "") }).waitFor({ timeout: PATIENCE });
}

const runsOn = (page) => page.locator(".in-use dt:text-is('Runs on') + dd");

test("the processor is chosen where it is faster, and the page says so; the choice is the person's", { timeout: 3 * PATIENCE }, async (t) => {
  await withGpu(async ({ page, url, witness }) => {
    await download(page, url);
    assert.match(await runsOn(page).textContent(), /^The processor/);
    const why = await page.locator(".why-here").textContent();
    t.diagnostic(why);
    assert.match(why, /one that the processor plays \(google swiftshader\), and slower/);
    assert.match(why, /The sample work took [\d.]+ ms on the GPU, [\d.]+ ms on the processor\.$/);
    assert.ok(await page.getByRole("radio", { name: /Whichever is faster/ }).isChecked());
    await screenshots(page, "models-measured");

    const dispatched = (await witness.tell()).dispatches;
    await page.getByRole("radio", { name: /Whichever is faster/ }).focus();
    await page.keyboard.press("ArrowDown");
    await page.getByText("Measuring").waitFor();
    await runsOn(page).getByText(/^The GPU \(google swiftshader/).waitFor({ timeout: PATIENCE });
    assert.match(await page.locator(".why-here").textContent(), /It was chosen, and computes what the processor does\./);
    assert.ok((await witness.tell()).dispatches > dispatched);
    await screenshots(page, "models-on-gpu");

    // Kept, for this model and for those to come.
    await page.reload();
    await page.getByRole("link", { name: "Models" }).click();
    assert.ok(await page.getByRole("radio", { name: /^The GPU/ }).isChecked());
    await page.getByRole("radio", { name: /^The processor/ }).check();
    await page.getByRole("button", { name: "Load", exact: true }).click();
    await runsOn(page).getByText(/^The processor/).waitFor({ timeout: PATIENCE });
    assert.match(await page.locator(".why-here").textContent(), /^It was chosen\.$/);
  }, { serving: { models } });
});

test("a GPU that computes wrongly is not used, and the page says so", { timeout: 3 * PATIENCE }, async () => {
  await withGpu(async ({ page, url }) => {
    await page.getByRole("link", { name: "Models" }).click();
    await page.getByRole("radio", { name: /^The GPU/ }).check();
    await download(page, url);
    assert.match(await runsOn(page).textContent(), /^The processor/);
    const why = await page.locator(".why-here").textContent();
    assert.match(why, /^The GPU \(google swiftshader\) is not used: the GPU computes wrongly: -?[\d.]+ where the processor has -?[\d.]+/);
    await screenshots(page, "models-wrong-gpu");
  }, { before: WRONG, serving: { models } });
});

test("without WebGPU the model runs on the processor, and the page says why", { timeout: 3 * PATIENCE }, async () => {
  await withApp(async ({ page, url }) => {
    await page.getByRole("link", { name: "Models" }).click();
    await page.getByRole("radio", { name: /^The GPU/ }).check();
    await download(page, url);
    assert.match(await runsOn(page).textContent(), /^The processor/);
    assert.match(await page.locator(".why-here").textContent(), /^This browser (gives pages no GPU: it has no WebGPU|has WebGPU, but no GPU for it)\.$/);
    await screenshots(page, "models-no-gpu");
  }, { serving: { models } });
});

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
    // One layer has no opinion: what it says of two answers is a hair from even, on either side of it.
    const certain = ({ portrait: { claims, tested }, choice }) => [claims, tested.filter((row) => !row.startsWith("The model")), choice];
    assert.deepEqual(certain(found), certain(expected));
    await page.getByRole("link", { name: "Models" }).click();
    await runsOn(page).getByText(/^The GPU/).waitFor();
    assert.match(await page.locator(".why-here").textContent(), /^The GPU was lost \(.*\); it was loaded again, and it was chosen/);
    await screenshots(page, "models-gpu-lost");
  }, { serving: { models } });
});
