// The package where the browser withholds what it needs: a page over plain HTTP whose host is not localhost.

import assert from "node:assert/strict";
import { test } from "node:test";
import { launch } from "./harness.mjs";
import { withHost } from "./package-host.mjs";

const NAME = "likeness.test";
const FLAGS = [`--host-resolver-rules=MAP ${NAME} 127.0.0.1`];

test("without a secure context the code says so, and the advice how to get one", { timeout: 120_000 }, async () => {
  await withHost(async ({ page: secure, url, requests }) => {
    const opened = await secure.evaluate(async () => (await api.createLikeness()).portrait().then(({ pairs }) => pairs));
    assert.equal(opened, 0, "the same files from 127.0.0.1 work");
    const before = requests.length;
    const { browser, close } = await launch({ flags: FLAGS });
    try {
      const page = await browser.newPage();
      await page.goto(url.replace("127.0.0.1", NAME));
      await page.waitForFunction(() => window.ready);
      const seen = await page.evaluate(() =>
        api.createLikeness().then(
          () => "made",
          (error) => ({ code: error.code, message: error.message, advice: error.advice, is: error instanceof api.LikenessError }),
        ));
      assert.equal(await page.evaluate(() => isSecureContext), false);
      assert.equal(seen.code, "insecure-context", JSON.stringify(seen));
      assert.ok(seen.is);
      assert.match(seen.message, /likeness\.test.*no secure context/);
      assert.match(seen.advice, /https:.*localhost/);
      const started = requests.slice(before).filter(({ url }) => /wasm|worker_/.test(url));
      assert.deepEqual(started, [], "nothing is loaded for it");
    } finally {
      await close();
    }
  });
});
