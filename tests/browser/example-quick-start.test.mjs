// The package's quick start as a page: it is the README's, and works as it lies there, under a strict policy.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { withHost } from "./package-host.mjs";
import { PACKAGE, readmeBlock } from "./package-project.mjs";

test("the quick start's page says what the README says, and works without a build", { timeout: 120_000 }, async () => {
  const code = await readFile(join(PACKAGE, "examples/quick-start/quick-start.js"), "utf8");
  const readme = (await readmeBlock("Quick start", "js")).replace('"@likeness/browser"', '"../../index.js"');
  assert.ok(code.includes(readme), "it follows the README line by line");
  await withHost(async ({ page, url, requests }) => {
    await page.goto(`${url}package/examples/quick-start/index.html`);
    await page.getByText("Nothing yet, from 1 choice.").waitFor();
    const told = JSON.parse(await page.locator("#prompt").textContent());
    assert.deepEqual(told, [{ role: "user", content: "How do I bake bread?" }]);
    await page.locator("likeness-panel").getByText("From 1 choice.").waitFor();
    const texts = [...code.matchAll(/(?:content|chosen|rejected): "(.+?)"/g)].map(([, text]) => text).filter((text) => text !== told[0].content);
    assert.ok(texts.length >= 3, `the choice's texts: ${texts}`);
    for (const { url, body } of requests) assert.ok(!texts.some((text) => (decodeURIComponent(url) + body).includes(text)), "the choice is in no request");
  });
});
