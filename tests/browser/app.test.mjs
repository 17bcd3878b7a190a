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

test("the app opens where the host sends no isolation headers", async () => {
  await withApp(
    async ({ page }) => {
      assert.equal(await page.evaluate(() => crossOriginIsolated), false);
    },
    { serving: { options: ["--no-isolation"] } },
  );
});
