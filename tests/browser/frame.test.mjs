// The frame: what a host may do that the person has granted something, and what a hostile page gets, which is nothing.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { REPOSITORY, screenshots } from "./harness.mjs";
import { withFrames } from "./frame-host.mjs";

const MINUTE = 60_000;

/** Connects a host's page with a frame, as `window.likeness`. */
const connect = (page, frameUrl) =>
  page.evaluate(async (url) => {
    window.likeness = await api.connectLikeness({ url });
    likeness.frame.width = 600;
  }, frameUrl);

/** The person opens the window that the frame offers, and allows or refuses in it. */
async function decide(browser, page, what, unticked = []) {
  const frame = page.frameLocator("iframe").first();
  const opening = browser.waitForEvent("page");
  await frame.getByRole("button", { name: "Review…" }).click();
  const popup = await opening;
  for (const name of unticked) await popup.locator(`input[name=${name}]`).uncheck();
  const closing = popup.waitForEvent("close");
  await popup.getByRole("button", { name: what, exact: true }).click();
  await closing;
}

/** Asks for scopes as a host does, with the person allowing them. */
async function grant(browser, page, scopes) {
  const asking = page.evaluate((scopes) => likeness.requestAccess(scopes), scopes);
  await decide(browser, page, "Allow");
  return asking;
}

test("a host connects, the person allows one thing, and one call works", { timeout: MINUTE }, async () => {
  await withFrames(async ({ browser, host, frameUrl }) => {
    const page = await host("chat");
    await connect(page, frameUrl);
    assert.deepEqual(await page.evaluate(() => likeness.access()), []);
    assert.equal(await page.evaluate(() => likeness.portrait().catch(({ code }) => code)), "not-granted");
    assert.deepEqual(await grant(browser, page, ["portrait"]), ["portrait"]);
    assert.equal(await page.evaluate(async () => (await likeness.portrait()).pairs), 0);
  });
});
