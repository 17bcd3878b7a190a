// A divided induction: the embedded model reads the choices, a remote one is told sketches of those that it foresaw.

import assert from "node:assert/strict";
import { test } from "node:test";
import { screenshots, withApp } from "./harness.mjs";
import { PAIRS } from "./main-job.mjs";
import { addRemote, importHistory, open } from "./remote-person.mjs";
import { openModel, streams } from "./remote-server.mjs";

/** Short ones, so that a slow machine ends it soon. */
const HISTORY = PAIRS.map((pair) => JSON.stringify(pair));

test("the model here reads, the remote one sums up over sketches", { timeout: 600_000 }, async () => {
  const server = await openModel(() => streams("You prefer answers that say the most important thing first."));
  try {
    await withApp(async ({ page }) => {
      await importHistory(page, HISTORY.join("\n"), PAIRS.length);
      await addRemote(page, { endpoint: server.endpoint, model: "scripted" });
      await open(page, "Portrait");
      const reads = page.getByLabel("Who reads");
      await reads.selectOption({ label: `On this device; scripted at ${server.origin} sums up, over sketches` });
      const induce = page.getByRole("button", { name: "Induce" });
      assert.ok(await induce.isDisabled(), "no model is loaded here yet");
      await page.getByRole("link", { name: "Load a model on this device first" }).click();
      await page.getByRole("button", { name: /Load/ }).first().click();
      await open(page, "Portrait");
      // The choice stays, through the other page and when the model is there.
      assert.match(await reads.evaluate((select) => select.selectedOptions[0].textContent), /sums up/);
      await page.getByText(/reads about|With SmolLM2/).first().waitFor({ timeout: 60_000 });
      assert.match(await reads.evaluate((select) => select.selectedOptions[0].textContent), /sums up/);
      await page.getByText(/At most \d+ calls?/).waitFor();
      await page.getByText("More", { exact: true }).click();
      await page.getByRole("spinbutton", { name: "Candidates" }).fill("1");
      await screenshots(page, "portrait-divided");
      await induce.click();
      await page.getByText("The portrait is ready.").waitFor({ timeout: 540_000 });
      assert.ok(server.questions().length >= 1 && server.questions().length <= 3, `${server.questions().length} requests`);
      for (const { body } of server.questions()) {
        assert.match(body, /Their texts are private/);
        // Of the chosen answers each is a word that a prompt of ours may have.
        for (const { context, rejected } of PAIRS) {
          for (const text of [...context.map(({ content }) => content), rejected]) assert.ok(!body.includes(text), text);
        }
      }
    });
  } finally {
    await server.stop();
  }
});
