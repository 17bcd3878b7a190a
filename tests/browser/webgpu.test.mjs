// The local model on WebGPU, in a Chromium whose GPU is SwiftShader: it is measured and not chosen, it computes what the
// processor does, it goes away in the middle of a job, it computes wrongly, it isn't there.
//
// SwiftShader reads some five tokens a second of the embedded model, so only one test has all of its layers; the others
// have two. The main job with the whole model is in long/.

import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { URL_OF_MODEL, speaking } from "./engine-worker.mjs";
import { WRONG, limited, withGpu } from "./gpu-witness.mjs";
import { screenshots, withApp } from "./harness.mjs";
import { writeWithLayers } from "./layers.mjs";
import { importHistory } from "./remote-person.mjs";

const MINUTE = 60_000;
const SMALL = "two-layers.gguf";
const URL_OF_SMALL = { Url: { url: `/models/${SMALL}`, name: SMALL, sha256: null } };
let models;

before(async () => {
  models = await mkdtemp(join(tmpdir(), "likeness-models-"));
  await writeWithLayers(join(models, SMALL), (layers) => [0, layers - 1]);
});
after(() => rm(models, { recursive: true }));

/** Two answers, and which of them is preferred, as the judge asks; the same wherever it runs. */
const JUDGEMENT = {
  prompt: {
    turns: [
      { role: "system", content: "You predict which of two answers one particular person prefers." },
      {
        role: "user",
        content:
          "The person asked:\nTea or coffee?\n\nFirst answer:\nTea.\n\nSecond answer:\nThat depends on the hour.\n\n" +
          "Which answer does this person prefer? Reply with one word, First or Second.",
      },
    ],
    answer_start: "",
  },
  labels: ["First", "Second"],
};

/**
 * Within what the processor's rounding of activations to 8 bits makes of it: 0.05, or one part in a hundred for the
 * large logits of a model that lacks its layers.
 */
function assertClose(found, expected) {
  const close = found.every((value, i) => Math.abs(value - expected[i]) <= Math.max(0.05, 0.01 * Math.abs(expected[i])));
  assert.ok(close, `${JSON.stringify(found)}, expected ${JSON.stringify(expected)}`);
  assert.equal(found[0] > found[1], expected[0] > expected[1], "the same answer is preferred");
}

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
      const [onGpu, gpuMs] = await timed({ Score: judgement });
      const [moved] = await timed({ Move: "Cpu" });
      const [onCpu, cpuMs] = await timed({ Score: judgement });
      const scores = (reply) => Array.from(reply.Ok?.Scores.log_probabilities ?? [JSON.stringify(reply)]);
      return {
        devices: [loaded, moved].map((reply) => reply.Ok?.Loaded.device ?? reply),
        scores: [onGpu, onCpu].map(scores),
        tokens: onGpu.Ok?.Scores.cost.prompt_tokens,
        ms: { loadMs, gpuMs, cpuMs },
      };
    },
    [file, JUDGEMENT],
  );

test("the whole model judges on the GPU as it does on the processor", { timeout: 5 * MINUTE }, async (t) => {
  await withGpu(async ({ page, witness }) => {
    await speaking(page);
    const { devices, scores, tokens, ms } = await judgeOnBoth(page, URL_OF_MODEL);
    assert.deepEqual(devices.map(({ gpu }) => gpu), [true, false], JSON.stringify(devices));
    assert.match(devices[0].name, /swiftshader.*WebGPU/i);
    t.diagnostic(`${tokens} tokens: ${JSON.stringify(ms)}, ${JSON.stringify(scores)}`);
    const { dispatches } = await witness.tell();
    assert.ok(dispatches > 30 * 8, `every layer was dispatched: ${dispatches}`);
    assertClose(...scores);
  });
});

test("a GPU that binds less than the largest matrix at once serves", { timeout: 3 * MINUTE }, async () => {
  await withGpu(async ({ page }) => {
    await speaking(page);
    const { devices, scores } = await judgeOnBoth(page, URL_OF_SMALL);
    assert.equal(devices[0].gpu, true, JSON.stringify(devices));
    assertClose(...scores);
  }, { before: limited(16 << 20), serving: { models } });
});

test("a lost GPU is asked for again, and one that is lost again is left alone", { timeout: 4 * MINUTE }, async () => {
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
        const answer = await window.running.ask({ Score: judgement }, { hear: ({ Again }) => Again && again.push(Again) });
        return { scores: Array.from(answer.Ok?.Scores.log_probabilities ?? [JSON.stringify(answer)]), again, moved: window.running.moved.splice(0) };
      }, JUDGEMENT);
    const first = await judge();
    assert.deepEqual([first.again, first.moved], [[], []]);

    await witness.lose();
    const second = await judge();
    assert.equal(second.again.length, 1);
    assert.match(second.again[0], /the GPU was lost/);
    assert.ok(second.moved[0].device.gpu);
    assert.match(second.moved[0].device.why, /the GPU was lost.*; it was loaded again, and it was chosen/);
    assert.deepEqual(second.scores, first.scores);

    await witness.lose();
    await witness.loseAlways();
    const third = await judge();
    assert.equal(third.again.length, 2);
    assert.deepEqual(third.moved.map(({ device }) => device.gpu), [true, false]);
    assert.match(third.moved[1].device.why, /the GPU was lost.*not for the first time/);
    assertClose(third.scores, first.scores);
    assert.deepEqual(fetched.filter((url) => url.endsWith(".gguf")), [], "nothing was fetched");
  }, { serving: { models } });
});

/** Gets a model on the models page by its address. */
async function download(page, url) {
  await page.getByRole("link", { name: "Models" }).click();
  await page.getByLabel("Address of a GGUF file").fill(`${url}models/${SMALL}`);
  await page.getByRole("button", { name: "Download" }).click();
  await page.getByRole("heading", { name: "two-layers" }).waitFor({ timeout: 2 * MINUTE });
}

const runsOn = (page) => page.locator(".in-use dt:text-is('Runs on') + dd");

test("the processor is chosen where it is faster, and the page says so; the choice is the person's", { timeout: 4 * MINUTE }, async (t) => {
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
    await runsOn(page).getByText(/^The GPU \(google swiftshader/).waitFor({ timeout: 2 * MINUTE });
    assert.match(await page.locator(".why-here").textContent(), /It was chosen, and computes what the processor does\./);
    assert.ok((await witness.tell()).dispatches > dispatched);
    await screenshots(page, "models-on-gpu");

    // Kept, for this model and for those to come.
    await page.reload();
    await page.getByRole("link", { name: "Models" }).click();
    assert.ok(await page.getByRole("radio", { name: /^The GPU/ }).isChecked());
    await page.getByRole("radio", { name: /^The processor/ }).check();
    await page.getByRole("button", { name: "Load", exact: true }).click();
    await runsOn(page).getByText(/^The processor/).waitFor({ timeout: MINUTE });
    assert.match(await page.locator(".why-here").textContent(), /^It was chosen\.$/);
  }, { serving: { models } });
});

test("a GPU that computes wrongly is not used, and the page says so", { timeout: 3 * MINUTE }, async () => {
  await withGpu(async ({ page, url }) => {
    await page.getByRole("link", { name: "Models" }).click();
    await page.getByRole("radio", { name: /^The GPU/ }).check();
    await download(page, url);
    assert.match(await runsOn(page).textContent(), /^The processor/);
    const why = await page.locator(".why-here").textContent();
    assert.match(why, /swiftshader is not used: the GPU computes wrongly: -?[\d.]+ where the processor has -?[\d.]+/);
    await screenshots(page, "models-wrong-gpu");
  }, { before: WRONG, serving: { models } });
});

test("without WebGPU the model runs on the processor, and the page says why", { timeout: 2 * MINUTE }, async () => {
  await withApp(async ({ page, url }) => {
    await page.getByRole("link", { name: "Models" }).click();
    await page.getByRole("radio", { name: /^The GPU/ }).check();
    await download(page, url);
    assert.match(await runsOn(page).textContent(), /^The processor/);
    assert.match(await page.locator(".why-here").textContent(), /^This browser (gives pages no GPU: it has no WebGPU|has WebGPU, but no GPU for it)\.$/);
    await screenshots(page, "models-no-gpu");
  }, { serving: { models } });
});

/** Choices in few words: what is read of them is what takes the time. */
const HISTORY = [
  ["Tea or coffee?", "Tea.", "That depends very much on the hour of the day."],
  ["Is rain wet?", "Yes.", "One might say that it is, in most cases."],
  ["Best colour?", "Blue.", "There are many fine colours to choose from."],
  ["Two plus two?", "Four.", "Adding two and two, we arrive at four."],
  ["Cat or dog?", "Cat.", "Both of them make wonderful companions."],
  ["Is it far?", "No.", "It is not so far as you may think it is."],
]
  .map(([question, chosen, rejected]) =>
    JSON.stringify({ context: [{ role: "user", content: question }], chosen, rejected }),
  )
  .join("\n");

test("a job goes on when the GPU is lost in the middle of it, and comes to what it does on the processor", { timeout: 8 * MINUTE }, async (t) => {
  const job = async ({ page, url }, device, meanwhile) => {
    await importHistory(page, HISTORY, 6);
    await page.getByRole("link", { name: "Models" }).click();
    await page.getByRole("radio", { name: device }).check();
    await download(page, url);
    await page.getByRole("link", { name: "Portrait" }).click();
    await page.getByText("More", { exact: true }).click();
    await page.getByRole("spinbutton", { name: "Candidates" }).fill("1");
    const start = Date.now();
    await page.getByRole("button", { name: "Induce" }).click();
    await meanwhile?.();
    await page.getByRole("heading", { name: "To take along" }).waitFor({ timeout: 7 * MINUTE });
    t.diagnostic(`${device}: ${Math.round((Date.now() - start) / 1000)} s`);
    const text = (selector) => page.locator(selector).allTextContents();
    return { claims: await text(".claim-text"), figures: await text(".figures tbody tr") };
  };
  let expected;
  await withApp(async (app) => (expected = await job(app, /^The processor/)), { serving: { models } });
  await withGpu(async (app) => {
    const { page, witness } = app;
    const fetched = [];
    page.context().on("request", (request) => request.url().endsWith(SMALL) && fetched.push(request.url()));
    const found = await job(app, /^The GPU/, async () => {
      await page.getByText(/\b[3-9] of at most/).waitFor({ timeout: 2 * MINUTE });
      await witness.lose();
      await page.getByText(/^The GPU was lost.*: the model was loaded again, and the work goes on\.$/).waitFor({ timeout: 2 * MINUTE });
      await screenshots(page, "portrait-gpu-lost");
    });
    assert.equal(fetched.length, 1, `it was fetched once: ${fetched}`);
    assert.deepEqual(found, expected);
    await page.getByRole("link", { name: "Models" }).click();
    await runsOn(page).getByText(/^The GPU/).waitFor();
    assert.match(await page.locator(".why-here").textContent(), /^The GPU was lost.*it was loaded again, and it was chosen/);
    await screenshots(page, "models-gpu-lost");
  }, { serving: { models } });
});
