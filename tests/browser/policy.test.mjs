// The service worker: what it allows is reached, by the page and by its workers; what it doesn't is not, and it counts both.
//
// That nothing else gets out under its policy, by any way, is in leak.test.mjs and prediction.test.mjs.

import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { appendFile, mkdtemp, readFile, rm, unlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { REPOSITORY, launch, serve, watchErrors } from "./harness.mjs";
import { allow, guardedFolder, openEndpoint, serveGuarded, serveWithoutPolicies, tries } from "./sending.mjs";

const BOOT_MS = 90_000;

let chromium, first, second;

before(async () => {
  [chromium, first, second] = await Promise.all([launch(), openEndpoint(), openEndpoint()]);
});

after(async () => {
  await chromium.close();
  first.close();
  second.close();
});

/** Runs `body` with a page of a fresh site; the site's service worker is its own, since its port is. */
async function onSite(body, { options = [], site = undefined } = {}) {
  const served = site ?? (await serveGuarded(options));
  const page = await chromium.browser.newPage();
  try {
    await page.goto(served.url);
    await body(page, served);
  } finally {
    await page.close();
    await served.stop();
  }
}

const ready = (page) => page.evaluate(async () => ({ ...(await window.likenessPolicy.ready), ready: undefined }));
const report = (page) => page.evaluate(() => window.likenessPolicy.report());

/** Whether the page, a worker and a worker's worker can ask `to`. */
async function reached(page, to) {
  return page.evaluate(async (address) => {
    const asked = (given) =>
      new Promise((resolve) => {
        const worker = new Worker("leak-worker.js");
        worker.onmessage = ({ data }) => resolve(data);
        worker.postMessage(given);
      });
    const page = fetch(address).then(
      async (answer) => (await answer.text(), "sent"),
      () => "refused",
    );
    return Promise.all([
      page,
      asked({ to: address, mode: "cors" }),
      asked({ to: address, mode: "cors", nested: true }),
    ]);
  }, to);
}

const everywhere = (outcome) => [outcome, outcome, outcome];

/** As the browser does with a service worker that is idle for some seconds. */
async function stopServiceWorkers(page) {
  const session = await page.context().newCDPSession(page);
  await session.send("ServiceWorker.enable");
  await session.send("ServiceWorker.stopAllWorkers");
  await session.detach();
}

test("page, server and service worker spell one policy", async () => {
  const meta = /http-equiv="Content-Security-Policy" content="([^"]*)"/;
  const page = meta.exec(await readFile(join(REPOSITORY, "www", "index.html"), "utf8"))[1];
  await onSite(async (tab, { url }) => {
    const server = await fetch(url);
    assert.equal(server.headers.get("content-security-policy"), `${page}; frame-ancestors 'none'`);
    await ready(tab);
    const answer = await tab.reload();
    const html = await answer.text();
    assert.ok(answer.fromServiceWorker());
    for (const name of ["content-security-policy", "connection-allowlist"]) {
      assert.equal(answer.headers()[name], server.headers.get(name), name);
    }
    assert.equal(meta.exec(html)[1], page);
  });
});

test("a configured origin is reached by page and workers, and no other is", async () => {
  await onSite(async (page, { url }) => {
    const begun = await ready(page);
    assert.deepEqual([begun.state, begun.applied, begun.configured], ["ready", [], []]);
    assert.deepEqual(await reached(page, first.origin), everywhere("refused"), "nothing is configured yet");

    assert.deepEqual(await page.evaluate((list) => window.likenessPolicy.allow(list), [first.origin]), {
      ok: true,
      origins: [first.origin],
    });
    const changed = await ready(page);
    assert.deepEqual(
      [changed.applied, changed.configured],
      [[], [first.origin]],
      "the page's own policy is the old one",
    );

    const answer = await page.reload();
    assert.equal(answer.headers()["connection-allowlist"], `(response-origin "${first.origin}")`);
    assert.match(answer.headers()["content-security-policy"], new RegExp(`connect-src 'self' ${first.origin};`));
    for (const kept of ["cross-origin-opener-policy", "cross-origin-embedder-policy", "x-content-type-options"]) {
      assert.equal(answer.headers()[kept], (await fetch(url)).headers.get(kept), kept);
    }
    assert.ok(await page.evaluate(() => crossOriginIsolated), "threads need the isolation");
    assert.deepEqual((await ready(page)).applied, [first.origin]);

    assert.deepEqual(await reached(page, first.origin), everywhere("sent"));
    assert.deepEqual(await reached(page, second.origin), everywhere("refused"));
    const sent = await page.evaluate(async (origin) => {
      const answer = await fetch(`${origin}/v1`, { method: "POST", headers: { "X-Key": "k" }, body: "question" });
      return answer.text();
    }, first.origin);
    assert.equal(sent, "answer");
    assert.equal(first.requests.at(-1).body, "question");

    const astray = `${first.origin}/redirect?to=${encodeURIComponent(second.origin)}`;
    assert.deepEqual(await reached(page, astray), everywhere("refused"), "a redirect leads to no other origin");
    assert.deepEqual(second.requests, []);
  });
});

test("where downloads are handed on, a redirect is followed to an allowed origin, and to no other", async () => {
  const site = await serveGuarded();
  const script = join(site.folder, "service_worker.js");
  const text = await readFile(script, "utf8");
  // The only host that hands downloads on is out there; one of ours plays it.
  await writeFile(script, text.replace('"https://huggingface.co"', JSON.stringify(first.origin)));
  const third = await openEndpoint();
  try {
    await onSite(async (page, { url }) => {
      await allow(page, url, [first.origin, second.origin]);
      const by = ({ origin }) => `${first.origin}/redirect?to=${encodeURIComponent(origin)}`;
      const before = second.requests.length;
      assert.deepEqual(await reached(page, by(second)), everywhere("sent"));
      assert.equal(second.requests.length, before + 3);
      assert.deepEqual(await reached(page, by(third)), everywhere("refused"));
      assert.deepEqual(third.requests, []);
    }, { site });
  } finally {
    third.close();
  }
});

test("a worker that waits for the one before it is told again to start", async () => {
  const site = await serveGuarded();
  const script = join(site.folder, "service_worker.js");
  const text = await readFile(script, "utf8");
  // Chromium forgets now and then what a worker says as it is installed; this one does not say it.
  const silent = text.replace('addEventListener("install", () => self.skipWaiting())', 'addEventListener("install", () => {})');
  assert.notEqual(silent, text);
  await writeFile(script, silent);
  await onSite(async (page, { url }) => {
    await allow(page, url, [first.origin]);
    assert.deepEqual((await ready(page)).applied, [first.origin]);
  }, { site });
});

test("the list outlives the worker being stopped, the browser, and a new version of the worker", async () => {
  const profile = await mkdtemp(join(tmpdir(), "likeness-policy-profile-"));
  const site = await serveGuarded();
  try {
    for (const visit of ["first", "second"]) {
      const { browser, close } = await launch({ profile });
      try {
        const page = await browser.newPage();
        if (visit === "first") await allow(page, site.url, [first.origin]);
        else await page.goto(site.url);
        assert.deepEqual((await ready(page)).applied, [first.origin], `${visit} visit`);
        await stopServiceWorkers(page);
        assert.deepEqual(await reached(page, first.origin), everywhere("sent"), `${visit} visit`);
        if (visit === "first") continue;

        await appendFile(join(site.folder, "service_worker.js"), "// A new version.\n");
        // The page looks for a new version as it starts.
        await page.addInitScript(() => {
          window.changed = new Promise((changed) => {
            navigator.serviceWorker.addEventListener("controllerchange", () => changed());
          });
        });
        await page.reload();
        await page.evaluate(() => window.changed);
        await page.reload();
        assert.deepEqual((await ready(page)).applied, [first.origin], "the new version");
        assert.deepEqual(await reached(page, first.origin), everywhere("sent"), "the new version");
      } finally {
        await close();
      }
    }
  } finally {
    await site.stop();
    await rm(profile, { recursive: true, force: true, maxRetries: 5 });
  }
});

test("what is no longer configured is refused at once, also to a page that still has the old policy", async () => {
  await onSite(async (page, { url }) => {
    await allow(page, url, [first.origin]);
    const other = await chromium.browser.newPage();
    await other.goto(url);
    await other.evaluate(() => {
      window.heard = new Promise((heard) => {
        window.addEventListener("likeness-policy", () => window.likenessPolicy.configured.length === 0 && heard());
      });
    });
    assert.deepEqual(await page.evaluate(() => window.likenessPolicy.allow([])), { ok: true, origins: [] });
    await other.evaluate(() => window.heard);
    assert.deepEqual(await ready(other).then((policy) => policy.applied), [first.origin], "its policy would allow it");
    const before = first.requests.length;
    assert.deepEqual(await reached(other, first.origin), everywhere("refused"));
    await stopServiceWorkers(other);
    // The request that wakes the worker must not slip by while it wakes.
    assert.deepEqual(await reached(other, first.origin), everywhere("refused"));
    assert.equal(first.requests.length, before);
    // The page's two: a worker that is started now has the new policy, so its request doesn't come as far.
    const { counts } = await report(page);
    assert.deepEqual(counts, [{ origin: first.origin, count: 0, refused: 2 }]);
    await other.close();
  });
});

test("what leaves is counted, the count is kept, and both are forgotten", async () => {
  await onSite(async (page, { url }) => {
    await ready(page);
    const nothing = { ok: true, origins: [], since: null, counts: [], complete: true };
    assert.deepEqual(await report(page), nothing);
    const began = Date.now();
    await allow(page, url, [first.origin, second.origin]);
    await reached(page, first.origin);
    await stopServiceWorkers(page);
    await reached(page, first.origin);
    await reached(page, second.origin);
    await page.reload();
    const { since, ...rest } = await report(page);
    assert.ok(since >= began && since <= Date.now());
    assert.deepEqual(rest, {
      ok: true,
      origins: [first.origin, second.origin],
      counts: [
        { origin: first.origin, count: 6, refused: 0 },
        { origin: second.origin, count: 3, refused: 0 },
      ],
      complete: true,
    });
    assert.deepEqual(await page.evaluate(() => caches.keys()), ["likeness-requests"]);

    assert.deepEqual(await page.evaluate(() => window.likenessPolicy.forget()), { ok: true });
    assert.deepEqual(await report(page), nothing);
    assert.deepEqual(await page.evaluate(() => caches.keys()), [], "nothing is left");
    assert.deepEqual(await reached(page, first.origin), everywhere("refused"));
    await page.reload();
    assert.deepEqual((await ready(page)).applied, []);

    // The store's "forget everything" deletes every cache, without asking the worker.
    await page.evaluate(() => caches.delete("likeness-requests"));
    assert.deepEqual(await report(page), nothing);
  });
});

test("nothing but an origin is allowed", async () => {
  await onSite(async (page, { url }) => {
    await ready(page);
    const check = async (origins, expected) => {
      const answer = await page.evaluate((list) => window.likenessPolicy.allow(list), origins);
      if (Array.isArray(expected)) assert.deepEqual(answer, { ok: true, origins: expected });
      else assert.match(answer.error ?? `allowed ${origins}`, expected);
    };
    const noOrigin = /is not an origin such as/;
    for (const text of [
      "",
      "api.example",
      "https://",
      "https://api.example/",
      "https://api.example/v1",
      "https://a.example;script-src *",
      "https://a.example https://b.example",
      "https://*.example",
      "*",
      "https:",
      "https://user@a.example",
      "https://a.example:*",
      "https://a.example:99999",
      "https://a.example:0",
      "https://a..example",
      "https://.example",
      "https://a.example?q",
      'https://a"b',
      "ws://a.example",
      "data:x",
      "https://b\u00fccher.example",
      "http://0x7f.1",
      "http://2130706433",
      "http://[::1]:8080",
      "https://a.example\n",
      null,
      5,
      {},
    ]) {
      await check([text], noOrigin);
    }
    await check(["http://api.example"], /is not on this machine, so it needs https/);
    await check(["http://localhost.example"], /needs https/);
    await check(["http://127.0.0.1.example"], /needs https/);
    await check(
      Array.from({ length: 41 }, (_, n) => `https://a${n}.example`),
      /at most 40/,
    );
    await check("https://a.example", /a list of origins is needed/);
    await check(undefined, /a list of origins is needed/);
    const { configured } = await ready(page);
    assert.deepEqual(configured, [], "a refused list changes nothing");
    await check(
      [
        "HTTPS://API.example:443",
        "https://api.example",
        "http://localhost:11434",
        "http://127.0.0.2:1",
        "http://x.localhost",
        new URL(url).origin,
      ],
      ["https://api.example", "http://localhost:11434", "http://127.0.0.2:1", "http://x.localhost"],
    );
    const forged = page.evaluate(() => navigator.serviceWorker.register("service_worker.js?allow=*"));
    await assert.rejects(forged, /ServiceWorker script evaluation failed/);
  });
});

test("ranges and other files are the browser's own business", async () => {
  await onSite(async (page, { url, folder }) => {
    await writeFile(join(folder, "tiny.gguf"), "0123456789");
    await allow(page, url, [first.origin]);
    const got = await page.evaluate(async () => {
      const answer = await fetch("/models/tiny.gguf", { headers: { Range: "bytes=3-5" } });
      return [answer.status, answer.headers.get("content-range"), await answer.text()];
    });
    assert.deepEqual(got, [206, "bytes 3-5/10", "345"]);
    const page404 = await page.goto(`${url}missing.js`);
    assert.equal(page404.status(), 404);
    assert.match(page404.headers()["content-security-policy"], /connect-src 'self' http/);
  });
});

test("an origin that the server allows is reached with and without the worker", async () => {
  await onSite(
    async (page, { url }) => {
      assert.deepEqual(
        await reached(page, first.origin),
        everywhere("sent"),
        "before the worker answers for the server",
      );
      await allow(page, url, [second.origin]);
      assert.deepEqual(await reached(page, first.origin), everywhere("sent"));
      assert.deepEqual(await reached(page, second.origin), everywhere("sent"));
      const { configured, applied } = await ready(page);
      assert.deepEqual([configured, applied], [[second.origin], [second.origin]], "it is no choice of the person's");
    },
    { options: ["--allow", first.origin] },
  );
});

describe("a host that sends no headers", () => {
  const plain = async (change = async () => {}) => {
    const folder = await guardedFolder();
    await change(folder);
    const site = await serveWithoutPolicies(folder);
    return {
      ...site,
      stop: async () => {
        site.stop();
        await rm(folder, { recursive: true });
      },
    };
  };

  test("gets the policy of the page's meta, and of the worker once it is there", async () => {
    const other = await openEndpoint();
    const site = await plain();
    await onSite(
      async (page) => {
        // Its first visit: a worker that is started now has no policy, as the host gave none. PRIVACY.md says so.
        const [byPage] = await reached(page, other.origin);
        assert.equal(byPage, "refused");
        await ready(page);
        await page.reload();
        other.requests.length = 0;
        assert.deepEqual(await reached(page, other.origin), everywhere("refused"));
        assert.equal(await tries(chromium.browser, site.url, "location"), 0, "the worker adds Connection-Allowlist");
        assert.deepEqual(other.requests, []);
        await allow(page, site.url, [first.origin]);
        assert.deepEqual(await reached(page, first.origin), everywhere("sent"));
        assert.deepEqual(await reached(page, other.origin), everywhere("refused"));
      },
      { site },
    );
    other.close();
  });

  test("lets through what the worker stops, where the worker's rules are taken out", async () => {
    const site = await plain(async (folder) => {
      const path = join(folder, "service_worker.js");
      const rules = await readFile(path, "utf8");
      const without = rules
        .replace("if (takesPolicy(request)) ", "")
        .replace("event.respondWith(withPolicy(request))", "")
        .replace("if (!passes) event.respondWith(Response.error());", "")
        // The echo of the Privacy page is no rule.
        .replace(/^.*respondWith\(echo\(request\)\);\n/m, "");
      assert.equal(without.match(/respondWith/g), null);
      await writeFile(path, without);
      const page = await readFile(join(folder, "index.html"), "utf8");
      await writeFile(join(folder, "index.html"), page.replace(/<meta http-equiv[^>]*>/, ""));
    });
    await onSite(
      async (page) => {
        await ready(page);
        await page.reload();
        assert.deepEqual(await reached(page, first.origin), everywhere("sent"));
        assert.deepEqual((await report(page)).counts, [{ origin: first.origin, count: 0, refused: 3 }]);
      },
      { site },
    );
  });

  test("without the worker's file, says so, and goes on", async () => {
    const site = await plain((folder) => unlink(join(folder, "service_worker.js")));
    await onSite(
      async (page) => {
        const { state, why } = await ready(page);
        assert.equal(state, "missing");
        assert.match(why, /404|bad HTTP response/i);
        const answer = await page.evaluate(() => window.likenessPolicy.allow(["https://api.example"]));
        assert.equal(answer.ok, false);
        assert.equal(answer.error, why);
      },
      { site },
    );
  });

  test("where no service worker may run, says so", async () => {
    const site = await plain();
    const { browser, close } = await launch({ flags: ["--host-resolver-rules=MAP plain.example 127.0.0.1"] });
    try {
      const page = await browser.newPage();
      await page.goto(site.url.replace("127.0.0.1", "plain.example"));
      const { state, why } = await ready(page);
      assert.equal(state, "missing");
      assert.match(why, /no service worker here/);
      for (const asked of ["report", "forget"]) {
        assert.equal((await page.evaluate((name) => window.likenessPolicy[name](), asked)).error, why);
      }
    } finally {
      await close();
      await site.stop();
    }
  });
});

test("the app runs under the worker's policy", async (t) => {
  if (!existsSync(join(REPOSITORY, "dist", "index.html"))) return t.skip("the app is not built");
  const server = await serve();
  const page = await chromium.browser.newPage();
  try {
    const watched = watchErrors(page);
    await allow(page, server.url, [first.origin]);
    await page.waitForSelector("main h1, main h2", { timeout: BOOT_MS });
    assert.ok(await page.evaluate(() => crossOriginIsolated));
    watched.assertNone();
  } finally {
    await page.close();
    await server.stop();
  }
});
