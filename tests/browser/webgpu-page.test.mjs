// What the models page says of a GPU, in a Chromium whose GPU is SwiftShader: it is measured and not chosen, it is chosen by
// the person, it computes wrongly, it isn't there.

import assert from "node:assert/strict";
import { test } from "node:test";
import { PATIENCE, WRONG, withGpu } from "./gpu-witness.mjs";
import { screenshots, withApp } from "./harness.mjs";
import { folderWithSmallModel } from "./layers.mjs";
import { download, refusedTheGpu, runsOn, whyHere } from "./models-page.mjs";

const SMALL = "two-layers.gguf";
const models = await folderWithSmallModel(SMALL);

test("the processor is chosen where it is faster, and the page says so; the choice is the person's", { timeout: 3 * PATIENCE }, async (t) => {
  await withGpu(async ({ page, url, witness }) => {
    await download(page, url, SMALL);
    assert.match(await runsOn(page).textContent(), /^The processor/);
    const why = await whyHere(page);
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
    assert.match(await whyHere(page), /It was chosen, and computes what the processor does\./);
    assert.ok((await witness.tell()).dispatches > dispatched);
    await screenshots(page, "models-on-gpu");

    // Kept, for this model and for those to come.
    await page.reload();
    await page.getByRole("link", { name: "Models" }).click();
    assert.ok(await page.getByRole("radio", { name: /^The GPU/ }).isChecked());
    await page.getByRole("radio", { name: /^The processor/ }).check();
    await page.getByRole("button", { name: "Load", exact: true }).click();
    await runsOn(page).getByText(/^The processor/).waitFor({ timeout: PATIENCE });
    assert.match(await whyHere(page), /^It was chosen\.$/);
    await page.getByRole("radio", { name: /^One thread/ }).check();
    await runsOn(page).getByText(/^The processor \(1 thread,/).waitFor({ timeout: PATIENCE });
  }, { serving: { models } });
});

test("a GPU that computes wrongly is not used, and the page says so", { timeout: 3 * PATIENCE }, async () => {
  await withGpu(async ({ page, url }) => {
    const why = await refusedTheGpu(page, url, SMALL);
    assert.match(why, /^The GPU \(google swiftshader\) is not used: the GPU computes wrongly: -?[\d.]+ where the processor has -?[\d.]+/);
    await screenshots(page, "models-wrong-gpu");
  }, { before: WRONG, serving: { models } });
});

test("without WebGPU the model runs on the processor, and the page says why", { timeout: 3 * PATIENCE }, async () => {
  await withApp(async ({ page, url }) => {
    assert.match(await refusedTheGpu(page, url, SMALL), /^This browser (gives pages no GPU: it has no WebGPU|has WebGPU, but no GPU for it)\.$/);
    await screenshots(page, "models-no-gpu");
  }, { serving: { models } });
});
