// The app opens: cross-origin isolated, without an error, and with nothing asked of another machine.

import assert from "node:assert/strict";
import { test } from "node:test";
import { screenshots, withApp } from "./harness.mjs";

test("the app opens without an error and is cross-origin isolated", async () => {
  await withApp(async ({ page, url }) => {
    const asked = [];
    page.on("request", (request) => asked.push(request.url()));
    await page.reload({ waitUntil: "networkidle" });
    assert.equal(await page.evaluate(() => crossOriginIsolated), true);
    assert.ok(asked.length > 0);
    assert.deepEqual(asked.filter((address) => !address.startsWith(url)), []);
    await screenshots(page, "app");
  });
});

test("each page has its name and the focus, and an address that no page has says so", async () => {
  await withApp(async ({ page, url }) => {
    const has = (title, id) =>
      page.waitForFunction(([title, id]) => document.title === title && document.activeElement.id === id, [title, id]);
    await page.getByRole("link", { name: "Models" }).click();
    await has("Models – Likeness", "main");
    await page.getByRole("link", { name: "Privacy", exact: true }).focus();
    await page.locator("a.skip").focus();
    await page.keyboard.press("Enter");
    await has("Models – Likeness", "main");
    for (const [address, title, at] of [
      ["privacy/", "Privacy – Likeness", "privacy"],
      ["no/such", "There is no such page – Likeness", "no/such"],
    ]) {
      await page.goto(url + address);
      await page.waitForFunction((title) => document.title === title && document.querySelector("main h1"), title);
      assert.equal(page.url(), url + at);
      assert.equal(await page.getByText("Your history can't be opened").count(), 0);
    }
    await page.getByRole("link", { name: "Go to the history" }).click();
    await page.getByRole("button", { name: "Try it on a sample" }).waitFor();
  });
});

test("the colours that were chosen are there before the app is", async () => {
  await withApp(async ({ page }) => {
    await page.evaluate(() => localStorage.setItem("likeness.theme", "dark"));
    let goOn;
    const held = new Promise((resolve) => (goOn = resolve));
    await page.route("**/app_bg.wasm", (route) => held.then(() => route.continue()));
    await page.reload({ waitUntil: "commit" });
    await page.getByText("Likeness is loading …").waitFor();
    assert.equal(await page.evaluate(() => document.documentElement.dataset.theme), "dark");
    goOn();
    await page.getByText("Likeness is loading …").waitFor({ state: "detached" });
    await page.getByRole("button", { name: "Try it on a sample" }).waitFor();
  });
});

test("the app opens where the host sends no isolation headers", async () => {
  await withApp(
    async ({ page }) => {
      assert.equal(await page.evaluate(() => crossOriginIsolated), false);
    },
    { serving: { options: ["--no-isolation"] } },
  );
});
