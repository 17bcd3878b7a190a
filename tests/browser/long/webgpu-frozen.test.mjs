// A tab that the browser freezes in the middle of a job on the GPU, as it does with tabs in the background to save power.

import assert from "node:assert/strict";
import { test } from "node:test";
import { withGpu } from "../gpu-witness.mjs";
import { mainJob } from "../main-job.mjs";

const MINUTE = 60_000;

test("a job on the GPU goes on when its tab is thawed", { timeout: 60 * MINUTE }, async () => {
  await withGpu(async ({ page, witness }) => {
    await page.evaluate(() => {
      window.heard = [];
      for (const name of ["freeze", "resume"]) document.addEventListener(name, () => window.heard.push(name));
    });
    const load = async () => {
      await page.getByRole("button", { name: "Load it" }).click();
      await page.locator(".in-use").getByRole("heading", { name: /SmolLM2/ }).waitFor({ timeout: 10 * MINUTE });
    };
    const meanwhile = async () => {
      await page.getByText(/\b[3-9] of at most/).waitFor({ timeout: 10 * MINUTE });
      const browser = await page.context().newCDPSession(page);
      await browser.send("Page.setWebLifecycleState", { state: "frozen" });
      await new Promise((resolve) => setTimeout(resolve, 10_000));
      await browser.send("Page.setWebLifecycleState", { state: "active" });
    };
    const { portrait, choice } = await mainJob(page, { runOn: /^The GPU/, load, meanwhile, timeout: 40 * MINUTE });
    assert.deepEqual(await page.evaluate(() => window.heard), ["freeze", "resume"]);
    assert.ok(portrait.claims.length && choice, "a portrait was made, and judged by");
    assert.ok((await witness.tell()).dispatches > 10_000, "on the GPU");
  });
});
