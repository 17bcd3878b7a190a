// Where a likeness can be made beside a page of its own: in a worker, in a page that has loaded the package twice, with a
// file of another window; and what is said where it can't.

import assert from "node:assert/strict";
import { test } from "node:test";
import { PAIRS, withHost } from "./package-host.mjs";

const MINUTE = 60_000;

test("a worker that the page started can make one, over the page's own history", { timeout: 2 * MINUTE }, async () => {
  await withHost(async ({ page }) => {
    const seen = await page.evaluate(async (pair) => {
      const url = trustedTypes.createPolicy("host", { createScriptURL: (url) => url }).createScriptURL("/worker.js");
      const worker = new Worker(url, { type: "module" });
      const answer = await new Promise((settle, fail) => {
        Object.assign(worker, { onmessage: ({ data }) => settle(data), onerror: fail });
        worker.postMessage(pair);
      });
      const likeness = await api.createLikeness({ storage: { person: "Worker" } });
      return { answer, pairs: (await likeness.portrait()).pairs };
    }, PAIRS[0]);
    assert.deepEqual(seen.answer, { pairs: 1, isPage: false });
    assert.equal(seen.pairs, 1);
  });
});

test("where no worker can be started, the code says that it takes a page", { timeout: MINUTE }, async () => {
  await withHost(async ({ page, requests }) => {
    const before = requests.length;
    const seen = await page.evaluate(async () => {
      // As it is in a service worker.
      window.Worker = undefined;
      return api.createLikeness().catch((error) => ({ is: error instanceof api.LikenessError, code: error.code, advice: error.advice }));
    });
    assert.deepEqual([seen.is, seen.code], [true, "no-page"]);
    assert.match(seen.advice, /page/);
    assert.equal(requests.length, before, "nothing is loaded for it");
  });
});

test("two copies of the package share their Trusted Types policy, and a page that forbids it is told", { timeout: 2 * MINUTE }, async () => {
  await withHost(async ({ page, url }) => {
    const seen = await page.evaluate(async () => {
      const copy = await import("/copy/index.js");
      const [one, two] = [await api.createLikeness(), await copy.createLikeness({ storage: { person: "Ada" } })];
      const pairs = [(await one.portrait()).pairs, (await two.portrait()).pairs];
      return { pairs, isAnother: copy.LikenessError !== api.LikenessError, listed: Object.keys(globalThis).filter((name) => /policy/i.test(name) && !name.startsWith("on")) };
    });
    assert.deepEqual(seen, { pairs: [0, 0], isAnother: true, listed: [] });

    await page.goto(url);
    await page.waitForFunction(() => window.ready);
    const taken = await page.evaluate(async () => {
      trustedTypes.createPolicy("likeness", {});
      return api.createLikeness().catch(({ code, message, advice }) => ({ code, message, advice }));
    });
    assert.equal(taken.code, "invalid", JSON.stringify(taken));
    assert.match(taken.message, /Trusted Types/);
    assert.match(taken.advice, /trusted-types/);
  }, { allowedErrors: [/TrustedTypePolicy|trusted-types|Trusted Type/] });
});

test("a file of another window is a file", { timeout: 2 * MINUTE }, async () => {
  await withHost(async ({ page }) => {
    const seen = await page.evaluate(async (pair) => {
      const { contentWindow } = document.body.appendChild(document.createElement("iframe"));
      const file = new contentWindow.Blob([JSON.stringify(pair)]);
      const likeness = await api.createLikeness({ model: { local: new contentWindow.Blob(["no model"]) } });
      const source = await api.createLikeness({ model: { local: { source: file, name: "a.gguf" } } });
      const loaded = await likeness.models.load().catch(({ code }) => code);
      source.destroy();
      const stop = new contentWindow.AbortController();
      const { imported } = await likeness.import(file, { signal: stop.signal });
      return { isOurs: file instanceof Blob, loaded, imported };
    }, PAIRS[0]);
    assert.deepEqual(seen, { isOurs: false, loaded: "bad-model", imported: 1 });
  });
});
