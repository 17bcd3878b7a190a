// A tab that the browser freezes in the middle of a job on the GPU, as it does with tabs in the background to save power.

import assert from "node:assert/strict";
import { test } from "node:test";
import { witnessOf, withGpu } from "../gpu-witness.mjs";
import { mainJob } from "../main-job.mjs";

const MINUTE = 60_000;

test("a job on the GPU goes on when its tab is thawed", { timeout: 60 * MINUTE }, async (t) => {
  const inApp = async ({ page, browser, url, witness }) => {
    await page.evaluate(() => {
      window.heard = [];
      for (const name of ["freeze", "resume"]) document.addEventListener(name, () => window.heard.push(name));
      window.ticks = 0;
      setInterval(() => (window.ticks += 1), 1000);
    });
    const load = async () => {
      await page.getByRole("button", { name: "Load it" }).click();
      await page.locator(".in-use").getByRole("heading", { name: /SmolLM2/ }).waitFor({ timeout: 10 * MINUTE });
    };
    // What the tab's timers did in ten seconds, and how often its engine's worker answered a tab beside it.
    const alive = async (beside) => {
      const ticks = () => page.evaluate(() => window.ticks);
      const before = await ticks();
      let answers = 0;
      for (let second = 0; second < 10; second++) answers += (await beside.tell()).devices > 0;
      return { ticked: (await ticks()) > before, answered: answers > 0 };
    };
    const meanwhile = async () => {
      await page.getByText(/\b[3-9] of at most/).waitFor({ timeout: 10 * MINUTE });
      const other = await browser.newPage();
      // Any file of the origin will do: it must not be the app, whose own engine would answer.
      await other.goto(`${url}manifest.webmanifest`);
      await other.bringToFront();
      const beside = witnessOf(other);
      assert.equal(await page.evaluate(() => document.visibilityState), "hidden");
      assert.deepEqual(await alive(beside), { ticked: true, answered: true }, "in the background");
      const session = await browser.newCDPSession(page);
      await session.send("Page.setWebLifecycleState", { state: "frozen" });
      // A worker first ends what it is at.
      await new Promise((resolve) => setTimeout(resolve, 2000));
      assert.deepEqual(await page.evaluate(() => window.heard), ["freeze"]);
      assert.deepEqual(await alive(beside), { ticked: false, answered: false }, "frozen");
      // Whoever comes back to a frozen tab thaws it.
      await page.bringToFront();
      assert.deepEqual(await alive(beside), { ticked: true, answered: true }, "thawed");
      assert.equal(await page.getByRole("heading", { name: "To take along" }).count(), 0, "the job was not done yet");
      await other.close();
    };
    const { portrait, choice } = await mainJob(page, { runOn: /^The GPU/, load, meanwhile, timeout: 40 * MINUTE });
    t.diagnostic(JSON.stringify({ portrait, choice }));
    assert.deepEqual(await page.evaluate(() => window.heard), ["freeze", "resume"]);
    assert.ok(portrait.claims.length && choice, "a portrait was made, and judged by");
    assert.ok((await witness.tell()).dispatches > 10_000, "on the GPU");
  };
  await withGpu(inApp, { launching: { freezable: true } });
});
