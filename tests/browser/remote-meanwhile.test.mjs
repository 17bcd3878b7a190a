// What a person does about models while an induction on a remote one is under way, in another tab, and before a portrait
// that one made is replaced.

import assert from "node:assert/strict";
import { test } from "node:test";
import { addRemote, fillForm, induce, made, open, withRemote } from "./remote-person.mjs";
import { answers, openModel } from "./remote-server.mjs";

const madeBy = (page) => page.getByText(/^Made .* with test-7b/);

test("neither a download nor a remote model that is saved or removed meanwhile stops an induction", async () => {
  const other = await openModel();
  try {
    await withRemote(async ({ page, server }) => {
      const held = [];
      server.will((_, number) => (number < 2 ? answers() : (...given) => held.push(given)));
      await induce(page);
      await page.getByText(/\b2 of at most/).waitFor();
      await page.evaluate(() => (window.isTheSamePage = true));
      await open(page, "Models");
      await page.getByLabel("Address of a GGUF file").fill(`${other.origin}/model.gguf`);
      await page.getByRole("button", { name: "Download", exact: true }).last().click();
      await page.getByText(/to reach that address, which would stop the induction/).waitFor();
      const form = await fillForm(page, { endpoint: other.endpoint, model: "another" });
      await form.getByRole("button", { name: "Save" }).click();
      await page.getByText(/has to be loaded anew to reach other remote models, which would stop the induction/).waitFor();
      await page.getByText(`This page was loaded before ${other.origin} was allowed.`).waitFor();
      const row = page.locator(".endpoints > li", { hasText: "another" });
      await row.getByRole("button", { name: "Remove" }).click();
      await row.getByRole("button", { name: "Forget" }).click();
      await row.waitFor({ state: "detached" });
      await open(page, "Portrait");
      await page.getByText(/\b2 of at most/).waitFor();
      assert.ok(await page.evaluate(() => window.isTheSamePage), "it was not loaded anew");
      server.will(() => answers());
      for (const [response, request] of held) answers()(response, request);
      await made(page);
      assert.equal(new Set(server.questions().map(({ body }) => body)).size, server.questions().length, "nothing was asked twice");

      // With none under way it is loaded anew at once.
      await addRemote(page, { endpoint: other.endpoint, model: "another" });
      assert.equal(await page.evaluate(() => window.isTheSamePage), undefined);
    });
  } finally {
    await other.stop();
  }
});

test("a portrait that a model made is not replaced by one without a model before that is confirmed", async () => {
  await withRemote(async ({ page }) => {
    await induce(page);
    await made(page);
    await open(page, "Models");
    const row = page.locator(".endpoints > li", { hasText: "test-7b" });
    await row.getByRole("button", { name: "Remove" }).click();
    await row.getByRole("button", { name: "Forget" }).click();
    await row.waitFor({ state: "detached" });
    await open(page, "Portrait");
    const without = page.getByRole("button", { name: "Do without a model" });
    await without.click();
    await page.getByText("Replace the portrait that a model made? It can't be brought back.").waitFor();
    await page.getByRole("button", { name: "Keep", exact: true }).click();
    await without.waitFor();
    await page.reload();
    await madeBy(page).waitFor();
    await without.click();
    await page.getByRole("button", { name: "Replace it" }).click();
    await page.getByText("The portrait is ready.").waitFor();
    await madeBy(page).waitFor({ state: "detached" });
    // Of one that no model made nobody is asked.
    await without.click();
    await page.getByText("The portrait is ready.").nth(1).waitFor();
  });
});

test("a remote model that one tab adds is known to the other, and stays reachable whatever that one does", async () => {
  const another = await openModel();
  try {
    await withRemote(async ({ page, browser, server, url }) => {
      const other = await browser.newPage();
      await other.goto(`${url}models`);
      await other.locator(".endpoints > li", { hasText: "test-7b" }).waitFor();
      await addRemote(page, { endpoint: another.endpoint, model: "another" });
      const row = other.locator(".endpoints > li", { hasText: "another" });
      await row.getByText(`This page was loaded before ${another.origin} was allowed.`).waitFor();
      // Once a model is loaded, what was allowed for its download is taken back.
      await other.getByRole("button", { name: /^Load/ }).first().click();
      await other.getByText("The model is ready.").waitFor();
      const both = [server.origin, another.origin].sort();
      const configured = () => other.evaluate(() => window.likenessPolicy.ready.then(({ configured }) => configured.toSorted()));
      assert.deepEqual(await configured(), both);
      await row.getByRole("button", { name: "Reload it" }).click();
      await other.waitForFunction((to) => window.likenessPolicy?.applied.includes(to), another.origin);
      assert.deepEqual(await configured(), both);
      await row.getByRole("button", { name: "Try it" }).click();
      await row.getByText(/^It answered "ready"/).waitFor();
    });
  } finally {
    await another.stop();
  }
});
