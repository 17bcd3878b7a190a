// What becomes of a key: it goes to its own origin in its own header, and is nowhere else, not on the disk in clear, not
// in the ledger, not in the page. What "forget everything" leaves of remote models: nothing.

import assert from "node:assert/strict";
import { test } from "node:test";
import { searchFor } from "./canaries.mjs";
import { withApp } from "./harness.mjs";
import { addRemote, forgetEverything, ledger, open, takeSample, withRemote } from "./remote-person.mjs";
import { answers, complains, openModel } from "./remote-server.mjs";

const KEY = "sk-live-9QzVx7LmT2wRb4Nc8Yd1";
const holdsKey = (text) => searchFor([KEY])(text).length > 0;

/** All that the page's origin keeps where a script can read it, as one text. */
const keptOf = (page) =>
  page.evaluate(async () => {
    const text = [JSON.stringify({ ...localStorage }), JSON.stringify({ ...sessionStorage }), document.cookie];
    const bytes = (value) => new TextDecoder("latin1").decode(value);
    // Values are rows of JSON, bytes, keys of the browser's, and lists and objects of those.
    const told = (value) => {
      if (value instanceof ArrayBuffer || ArrayBuffer.isView(value)) return bytes(value);
      if (value instanceof CryptoKey) return `CryptoKey, extractable: ${value.extractable}`;
      if (value && typeof value === "object") return Object.entries(value).map(([name, one]) => `${name}: ${told(one)}`).join("\n");
      return String(value);
    };
    const done = (request) => new Promise((resolve, reject) => Object.assign(request, { onsuccess: () => resolve(request.result), onerror: reject }));
    for (const { name } of await indexedDB.databases()) {
      const database = await done(indexedDB.open(name));
      for (const store of database.objectStoreNames) {
        const reading = database.transaction(store).objectStore(store);
        const [keys, values] = await Promise.all([done(reading.getAllKeys()), done(reading.getAll())]);
        text.push(`store ${store}`, ...keys.map(told), ...values.map(told));
      }
      database.close();
    }
    for (const name of await caches.keys()) {
      const cache = await caches.open(name);
      for (const request of await cache.keys()) text.push(request.url, await (await cache.match(request)).text());
    }
    return text.join("\n");
  });

test("a key goes to its own origin in its own header, and is nowhere else", async () => {
  const other = await openModel();
  try {
    await withRemote(
      async ({ page, server }) => {
        await addRemote(page, { endpoint: other.endpoint, model: "keyless" });
        for (const name of ["test-7b", "keyless"]) {
          const row = page.locator(".endpoints > li", { hasText: name });
          await row.getByRole("button", { name: "Try it" }).click();
          await row.getByText(/^It answered "ready"/).waitFor();
        }
        const [asked] = server.questions();
        assert.equal(asked.headers.authorization, `Bearer ${KEY}`);
        assert.ok(!holdsKey(asked.url + asked.body), "it is in the header alone");
        assert.ok(!holdsKey(JSON.stringify(server.all.filter(({ method }) => method === "OPTIONS"))));
        assert.equal(other.questions().length, 1);
        assert.ok(!holdsKey(JSON.stringify(other.all)) && !other.questions()[0].headers.authorization);

        const kept = await keptOf(page);
        assert.match(kept, /store secrets/);
        assert.match(kept, /CryptoKey, extractable: false/);
        assert.ok(kept.includes("test-7b"), "the endpoint is there");
        assert.ok(!holdsKey(kept), "it is kept sealed");

        const lines = await ledger(page);
        for (const line of lines) await line.locator("summary").click();
        await page.locator(".lines .body").nth(lines.length - 1).waitFor();
        const shown = await page.locator("main").innerText();
        assert.match(shown, /authorization: \(your key\)/i);
        assert.ok(!holdsKey(shown) && !holdsKey(await page.content()));
      },
      { key: KEY },
    );
  } finally {
    await other.stop();
  }
});

test("a key that the server says back is not quoted", async () => {
  await withRemote(
    async ({ page, server }) => {
      server.will(() => complains(401, `no such key: ${KEY}`));
      await page.getByRole("button", { name: "Try it" }).click();
      const said = page.locator(".endpoint-notes [role=alert]");
      await said.waitFor();
      assert.match(await said.innerText(), /refuses the key: "no such key: \(key\)"/);
      const [line] = await ledger(page);
      await line.locator("summary").click();
      await line.locator(".body").waitFor();
      assert.ok(!holdsKey(await page.content()) && !holdsKey(await keptOf(page)));
    },
    { key: KEY, allowedErrors: [/status of 401/] },
  );
});

test("a kept key is not shown again, stays when other things change, and goes when the address does", async () => {
  const other = await openModel();
  try {
    await withRemote(
      async ({ page, server }) => {
        const form = page.getByRole("form", { name: "A remote model" });
        const key = form.getByLabel("Key", { exact: true });
        const change = async (fill) => {
          await page.getByRole("button", { name: "Change" }).click();
          assert.deepEqual([await key.getAttribute("type"), await key.inputValue()], ["password", ""]);
          await fill();
          await form.getByRole("button", { name: "Save" }).click();
          await form.waitFor({ state: "detached" });
        };
        const tried = async () => {
          await page.getByRole("button", { name: "Try it" }).click();
          await page.getByText(/^It answered/).waitFor();
        };
        await change(() => form.getByLabel("Model", { exact: true }).fill("test-8b"));
        await page.getByText("test-8b").waitFor();
        await tried();
        assert.equal(server.questions().at(-1).headers.authorization, `Bearer ${KEY}`);

        await change(() => form.getByLabel("Base address").fill(other.endpoint));
        await page.waitForFunction((to) => window.likenessPolicy?.applied.includes(to), other.origin);
        await tried();
        assert.equal(other.questions().at(-1).headers.authorization, undefined, "it belongs to the old address");
        assert.ok(!(await page.locator(".endpoints").innerText()).includes("with a key"));

        await page.getByRole("button", { name: "Remove" }).click();
        await page.getByRole("button", { name: "Forget", exact: true }).click();
        await page.waitForFunction(() => window.likenessPolicy?.applied.length === 0);
        const secrets = (await keptOf(page)).split(/^store /m).find((store) => store.startsWith("secrets"));
        assert.ok(!secrets.includes("sealed"), secrets);
        assert.equal(await page.locator(".endpoints > li").count(), 0);
      },
      { key: KEY },
    );
  } finally {
    await other.stop();
  }
});

test("forgetting everything forgets endpoints, keys, the ledger and what the service worker knows", async () => {
  const server = await openModel(() => answers());
  try {
    await withApp(async ({ page, url }) => {
      await takeSample(page);
      await addRemote(page, { endpoint: server.endpoint, key: KEY });
      await page.getByRole("button", { name: "Try it" }).click();
      await page.getByText(/^It answered/).waitFor();
      await forgetEverything(page);
      const left = await page.evaluate(async () => ({
        databases: await indexedDB.databases(),
        caches: await caches.keys(),
        local: localStorage.length,
        policy: window.likenessPolicy.configured,
        report: await window.likenessPolicy.report(),
      }));
      const nothing = { ok: true, origins: [], counts: [], since: null, complete: true };
      assert.deepEqual(left, { databases: [], caches: [], local: 0, policy: [], report: nothing });
      await page.goto(url);
      await takeSample(page);
      await open(page, "Models");
      await page.getByRole("button", { name: "Add a remote model …" }).waitFor();
      assert.equal(await page.locator(".endpoints > li").count(), 0);
      assert.equal((await ledger(page)).length, 0);
      assert.deepEqual(await page.evaluate(() => window.likenessPolicy.applied), [], "nothing else is reached any more");
    });
  } finally {
    await server.stop();
  }
});
