// The states of storage as a person meets them: each is said on the page, with what to do about it.

import assert from "node:assert/strict";
import { test } from "node:test";
import { AT_BLANK, holdDatabase, pairs, tab } from "./data-worker.mjs";
import { screenshots, withApp } from "./harness.mjs";

/** A page of the app's origin that starts nothing; the app is opened by the test, when its state is made. */
const withOrigin = (body) => withApp(body, AT_BLANK);

test("without storage the page says in which window to open it", async () => {
  await withOrigin(async ({ page, url }) => {
    await page.route("**/data_worker_loader.js", async (route) => {
      const response = await route.fetch();
      const taken = 'Object.defineProperty(self, "indexedDB", { value: undefined });';
      await route.fulfill({ response, body: taken + (await response.text()) });
    });
    await page.goto(url);
    await page.getByRole("heading", { name: "Your history can't be opened" }).waitFor();
    await page.getByText("This browser gives the page no storage").waitFor();
    await page.getByText("Open the app in an ordinary window").waitFor();
    await screenshots(page, "state-no-storage");
  });
});

test("a history of a newer version is left alone, and the page says to reload", async () => {
  await withOrigin(async ({ page, url }) => {
    await page.evaluate(holdDatabase, 99);
    await page.goto(url);
    await page.getByText("The history was written by a newer version").waitFor();
    await page.getByText("Reload the page to get the newest version").waitFor();
    const databases = await page.evaluate(() => indexedDB.databases());
    assert.deepEqual(databases, [{ name: "likeness", version: 99 }]);
  });
});

test("an older version in another tab is told, and the history opens when that tab lets go", async () => {
  await withOrigin(async ({ page, browser, url }) => {
    const old = await tab(browser, url, { start: false });
    await old.evaluate(holdDatabase, 1);
    await page.goto(url);
    await page.getByText("Another tab with an older version of this app is open").waitFor();
    await page.getByText("Close the other tabs of this app").waitFor();
    await screenshots(page, "state-blocked");
    await old.evaluate(() => window.held.close());
    await page.getByRole("button", { name: "Try it on a sample" }).waitFor();
  });
});

test("a newer version in another tab asks this one to be reloaded", async () => {
  await withOrigin(async ({ page, browser, url }) => {
    await page.goto(url);
    await page.getByRole("button", { name: "Try it on a sample" }).waitFor();
    const newer = await tab(browser, url, { start: false });
    await newer.evaluate(holdDatabase, 99);
    await page.getByText("A newer version of this app is open in another tab.").waitFor();
    await page.getByRole("button", { name: "Reload" }).waitFor();
    await screenshots(page, "state-outdated");
  });
});

test("a full disk is told where the file was imported, and what fitted in is there", async () => {
  await withOrigin(async ({ page, browser, url }) => {
    const session = await browser.newCDPSession(page);
    // Before the first writing, which makes the browser count on what was granted for half a minute.
    await session.send("Storage.overrideQuotaForOrigin", { origin: new URL(url).origin, quotaSize: 4 << 20 });
    await page.goto(url);
    await page.getByRole("button", { name: "Start with my own choices" }).click();
    await page.getByRole("button", { name: "Import a file" }).click();
    const dialog = page.getByRole("dialog", { name: "Import choices" });
    const buffer = Buffer.from(pairs(8_000, { noise: 1500 }));
    await dialog.getByLabel(/Drop files here/).setInputFiles({ name: "big.jsonl", mimeType: "application/jsonl", buffer });
    await dialog.getByText("The browser's storage is full").waitFor();
    await dialog.getByText("Free some disk space").waitFor();
    await dialog.getByText(/^Before that, .*choices? went in\.$/).waitFor();
    await screenshots(page, "state-full");
    await dialog.getByRole("button", { name: "Done" }).click();
    await page.getByText(/choices, newest first|No choices yet/).waitFor();
    const row = page.locator('[data-row="0"]');
    if ((await row.count()) > 0) {
      await row.focus();
      await page.keyboard.press("Delete");
      await page.getByText(/^Deleted one choice\./).waitFor();
    }
  });
});

test("the browser is asked to keep the history once there is one, and what it said is shown", async () => {
  await withOrigin(async ({ page, url }) => {
    // What this browser decides is its own matter: here it promises at the second asking.
    await page.addInitScript(() => {
      window.asked = 0;
      StorageManager.prototype.persist = async () => ++window.asked > 1;
      StorageManager.prototype.persisted = async () => window.asked > 1;
    });
    const asked = () => page.evaluate(() => window.asked);
    await page.goto(url);
    await page.getByRole("button", { name: "Start with my own choices" }).click();
    await page.getByRole("button", { name: "Add one by hand" }).click();
    assert.equal(await asked(), 0);
    const dialog = page.getByRole("dialog", { name: "Add a choice" });
    await dialog.getByLabel("What was asked").fill("Tea or coffee?");
    await dialog.getByLabel("The answer you preferred").fill("Tea.");
    await dialog.getByLabel("The other answer").fill("It depends.");
    await dialog.getByRole("button", { name: "Save" }).click();
    await page.getByText("1 choice, newest first").waitFor();
    await page.waitForFunction(() => window.asked === 1);
    await page.getByRole("button", { name: "Your data …" }).click();
    await page.getByText("The browser has not promised to keep it").waitFor();
    await screenshots(page, "your-data-not-promised");
    await page.getByRole("button", { name: "Ask the browser to keep it" }).click();
    await page.getByText("The browser has promised to keep it").waitFor();
    assert.equal(await asked(), 2);
  });
});
