// The package's data worker begins with a part of itself that keeps the history, and loads the whole when more is asked:
// what is loaded when, what becomes of calls meanwhile, and of deletions that the first part can't carry out.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { brotliCompressSync } from "node:zlib";
import { pairs, withStore } from "./data-worker.mjs";
import { PAIRS, withHost } from "./package-host.mjs";
import { PACKAGE } from "./package-project.mjs";

const MINUTE = 60_000;
const WHOLE = "data_worker_bg.wasm";
/** What a page loads to record choices and look them up, in brotli. */
const MOST_BYTES = 350_000;

const loaded = (requests) => requests.map(({ url }) => url.split("/").at(-1)).filter((name) => name.endsWith(".wasm"));

test("what records and shows the history loads the first part alone; the whole comes when it is asked for", { timeout: 2 * MINUTE }, async () => {
  await withHost(async ({ page, requests }) => {
    const recorded = await page.evaluate(async (pairs) => {
      window.changes = 0;
      window.likeness = await api.createLikeness();
      likeness.on("history", () => (changes += 1));
      const ids = [];
      for (const pair of pairs) ids.push(await likeness.record(pair));
      const options = [{ id: "a", content: "Here." }, { id: "b", content: "There." }];
      await likeness.recordChoice({ context: [{ role: "user", content: "Where?" }], options, none: "all-good" });
      return { listed: (await likeness.pairs(ids)).length, changes };
    }, PAIRS);
    assert.deepEqual(recorded, { listed: PAIRS.length, changes: PAIRS.length + 1 });
    assert.deepEqual(loaded(requests), ["core_bg.wasm", "history_worker_bg.wasm"]);
    const files = requests.map(({ url }) => url.match(/^\/package\/(.+)/)?.[1]).filter(Boolean);
    const sizes = await Promise.all(files.map(async (file) => brotliCompressSync(await readFile(join(PACKAGE, file))).length));
    const bytes = sizes.reduce((sum, size) => sum + size);
    console.log(`the core is ${bytes} bytes in brotli, of ${MOST_BYTES}: ${files.join(", ")}`);
    assert.ok(bytes <= MOST_BYTES);

    const known = await page.evaluate(async (pair) => {
      const before = (await likeness.portrait()).pairs;
      const told = changes;
      await likeness.record(pair);
      return { before, after: (await likeness.portrait()).pairs, told: changes - told };
    }, { context: [{ role: "user", content: "Which way?" }], chosen: "Left.", rejected: "It depends on many things." });
    assert.deepEqual(known, { before: PAIRS.length, after: PAIRS.length + 1, told: 1 }, "and each change is told once");
    assert.deepEqual(loaded(requests), ["core_bg.wasm", "history_worker_bg.wasm", WHOLE]);
  });
});

test("a stop that comes when its answer is on the way loads nothing", { timeout: MINUTE }, async () => {
  await withStore(async ({ browser, tab }) => {
    const urls = [];
    browser.on("request", (request) => urls.push(request.url()));
    const page = await tab();
    await page.evaluate(async () => {
      await data.get("Profiles");
      data.cancelLast();
      // What is asked then is answered after it.
      await data.get("Profiles");
    });
    assert.ok(urls.some((url) => url.endsWith("/history_worker_bg.wasm")));
    assert.deepEqual(urls.filter((url) => /\/data_worker\./.test(url)), []);
  }, { packaged: true });
});

test("while the whole is on its way the history is served, and calls that need it wait or are left", { timeout: 2 * MINUTE }, async () => {
  await withHost(async ({ page }) => {
    let open;
    const opened = new Promise((resolve) => (open = resolve));
    await page.route(`**/${WHOLE}`, async (route) => {
      await opened;
      await route.continue();
    });
    const meanwhile = await page.evaluate(async (pairs) => {
      window.likeness = await api.createLikeness();
      await likeness.record(pairs[0]);
      window.portrait = likeness.portrait();
      const leaving = new AbortController();
      const left = likeness.portrait({ signal: leaving.signal }).catch((error) => error);
      for (const pair of pairs.slice(1)) await likeness.record(pair);
      const context = [{ role: "user", content: "What is the capital of France?" }];
      const long = "Great question! The capital of France, as you may well know, is of course the beautiful city of Paris. ".repeat(3);
      window.ranked = likeness.rank(context, [long, "Paris."]);
      leaving.abort(new Error("enough"));
      return { left: (await left).message, waits: await Promise.race([portrait.then(() => "done"), "waits"]) };
    }, PAIRS);
    assert.deepEqual(meanwhile, { left: "enough", waits: "waits" });
    open();
    const then = await page.evaluate(async () => [(await portrait).pairs, (await ranked)[0].content]);
    assert.deepEqual(then, [PAIRS.length, "Paris."], "all that was recorded counts");
  });
});

for (const missing of [WHOLE, "data_worker.js"]) {
  test(`where ${missing} can't be loaded, who waits for the whole is told and nobody else, and the next call tries again`, { timeout: 2 * MINUTE }, async () => {
    await withHost(
      async ({ page }) => {
        await page.route(`**/${missing}`, (route) => route.abort());
        const told = await page.evaluate(async (pairs) => {
          window.likeness = await api.createLikeness();
          const portrait = likeness.portrait().catch(({ code, message, advice }) => ({ code, message, advice }));
          const recorded = await Promise.allSettled(pairs.map((pair) => likeness.record(pair)));
          return { ...(await portrait), recorded: recorded.filter(({ status }) => status === "fulfilled").length };
        }, PAIRS);
        assert.equal(told.code, "internal", JSON.stringify(told));
        assert.match(told.message, /larger part can't be loaded: .*fetch/i);
        assert.equal(told.recorded, PAIRS.length);
        await page.unroute(`**/${missing}`);
        assert.equal(await page.evaluate(async () => (await likeness.portrait()).pairs), PAIRS.length);
      },
      { allowedErrors: [/ERR_FAILED/, /fetch/i] },
    );
  });
}

test("changes keep the order in which they were asked for, and each is told once, whichever part does them", { timeout: 2 * MINUTE }, async () => {
  await withHost(async ({ page, requests }) => {
    const seen = await page.evaluate(async () => {
      window.likeness = await api.createLikeness();
      let changes = 0;
      likeness.on("history", () => (changes += 1));
      const choice = {
        context: [{ role: "user", content: "Where?" }],
        options: [{ id: "a", content: "Here." }, { id: "b", content: "There." }],
        chosen: "a",
      };
      await likeness.recordChoice(choice);
      const [, ids] = await Promise.all([likeness.takeBack(choice), likeness.recordChoice(choice)]);
      return { pairs: (await likeness.pairs(ids)).length, changes };
    });
    assert.deepEqual(seen, { pairs: 1, changes: 3 });
    assert.ok(loaded(requests).includes(WHOLE));
  });
  await withHost(async ({ page }) => {
    const seen = await page.evaluate(async () => {
      window.likeness = await api.createLikeness();
      let changes = 0;
      likeness.on("history", () => (changes += 1));
      const record = (n) => likeness.record({ context: [], chosen: `Yes, ${n}.`, rejected: `No, not ${n}, and why ask?` });
      const first = Array.from({ length: 200 }, (_, n) => record(n));
      const portrait = likeness.portrait();
      const more = Array.from({ length: 200 }, (_, n) => record(200 + n));
      await Promise.all([...first, ...more, portrait]);
      return { pairs: (await likeness.portrait()).pairs, changes };
    });
    assert.deepEqual(seen, { pairs: 400, changes: 400 });
  });
});

test("a pair that another tab has just deleted is recorded again by the whole worker, which first carries the deletion out", { timeout: 2 * MINUTE }, async () => {
  await withStore(
    async ({ browser, tab }) => {
      const other = await tab();
      const { profile, undo, draft } = await other.evaluate(async (text) => {
        const profile = await data.profile("Ada");
        await data.importText(profile, text);
        const { rows } = await data.list(profile);
        const [pair] = await data.get({ Pair: { profile, id: rows[0].id } });
        const { undo } = await data.get({ Delete: { profile, ids: [pair.id] } });
        const { context, chosen, rejected } = pair;
        return { profile, undo, draft: { context, chosen, rejected, note: null, origin: null } };
      }, pairs(3));
      const requests = [];
      browser.on("request", (request) => requests.push({ url: request.url() }));
      const here = await tab();
      const before = await here.evaluate(async (profile) => (await data.list(profile)).total, profile);
      assert.equal(before, 2, "what is deleted is not shown");
      assert.deepEqual(loaded(requests), ["history_worker_bg.wasm"], "and the first part knows that");
      const seen = await here.evaluate(
        async ({ profile, draft }) => {
          const [saved] = await data.get({ SavePair: { profile, pair: draft, supersedes: null } });
          return { total: (await data.list(profile)).total, chosen: saved.chosen, errors: data.errors };
        },
        { profile, draft },
      );
      assert.deepEqual(seen, { total: 3, chosen: draft.chosen, errors: [] });
      assert.deepEqual(loaded(requests), ["history_worker_bg.wasm", WHOLE]);
      const undone = await other.evaluate((undo) => data.ask({ Undo: { undo } }), undo);
      assert.deepEqual(undone, { Err: "UndoExpired" });
    },
    { packaged: true },
  );
});

test("a deletion whose tab is closed before its time is over is carried out by a tab that had the history alone", { timeout: 2 * MINUTE }, async () => {
  await withStore(
    async ({ tab }) => {
      const other = await tab();
      const profile = await other.evaluate(async (text) => {
        const profile = await data.profile("Ada");
        await data.importText(profile, text);
        return profile;
      }, pairs(2));
      const here = await tab();
      await other.evaluate(async (profile) => {
        const { rows } = await data.list(profile);
        await data.get({ Delete: { profile, ids: [rows[0].id] } });
      }, profile);
      await other.close();
      const holds = async () => (await here.evaluate(() => data.everything())).filter((row) => row.startsWith("pairs:") && row.includes("good answer")).length;
      assert.equal(await holds(), 2, "it can still be undone");
      for (let second = 0; second < 60 && (await holds()) > 1; second++) await new Promise((resolve) => setTimeout(resolve, 1000));
      assert.equal(await holds(), 1);
      assert.deepEqual(await here.evaluate(() => data.errors), []);
    },
    { packaged: true },
  );
});
