// The states that a browser, another tab or an older version can put the store in, and the way out of each.

import assert from "node:assert/strict";
import { test } from "node:test";
import { holdDatabase, noRoom, pairs, withStore } from "./data-worker.mjs";

/** The database as version 1 made it; frozen. Runs in the page. */
function makeVersion1(people) {
  return new Promise((resolve, reject) => {
    const opening = indexedDB.open("likeness", 1);
    opening.onupgradeneeded = () => {
      opening.result.createObjectStore("people");
      opening.result.createObjectStore("history", { autoIncrement: true });
    };
    opening.onerror = () => reject(opening.error);
    opening.onsuccess = () => {
      const writing = opening.result.transaction(["people", "history"], "readwrite");
      for (const [id, { name, rows }] of Object.entries(people)) {
        writing.objectStore("people").put(JSON.stringify({ name, created_ms: 5 }), id);
        for (const json of rows) writing.objectStore("history").add({ profile: id, json });
      }
      writing.oncomplete = () => {
        opening.result.close();
        resolve();
      };
    };
  });
}

const row = (question, at_ms) =>
  JSON.stringify({
    context: [{ role: "user", content: question }],
    chosen: "a",
    rejected: "b",
    at_ms,
    origin: "typed in",
    note: "kept",
  });

const PEOPLE = {
  p1: { name: "Ada", rows: [row("late", 9), row("early", 1), "{damaged"] },
  p2: { name: "Bob", rows: [row("only", null)] },
};

async function checkMigrated(page) {
  const seen = await page.evaluate(async () => {
    const opened = await data.get("Open");
    const list = async (profile) => (await data.list(profile)).rows.map((row) => row.question);
    const [early] = (await data.list("p1", "early")).rows;
    const [whole] = await data.get({ Pair: { profile: "p1", id: early.id } });
    const unreadable = (await data.everything()).filter((text) => text.includes("{damaged"));
    const stores = await new Promise((resolve) => {
      const opening = indexedDB.open("likeness");
      opening.onsuccess = () => {
        resolve([...opening.result.objectStoreNames]);
        opening.result.close();
      };
    });
    return { opened, ada: await list("p1"), bob: await list("p2"), whole, unreadable, stores };
  });
  assert.equal(seen.opened.version, 4);
  assert.deepEqual(seen.opened.profiles.map(({ id, name, pairs }) => [id, name, pairs]), [["p1", "Ada", 2], ["p2", "Bob", 1]]);
  assert.deepEqual([seen.ada, seen.bob], [["late", "early"], ["only"]]);
  assert.deepEqual([seen.whole.at_ms, seen.whole.origin, seen.whole.note], [1, "typed in", "kept"]);
  assert.equal(seen.unreadable.length, 1, "what could not be read is kept as it was");
  assert.ok(!seen.stores.includes("people") && !seen.stores.includes("history"));
}

test("a database of version 1 becomes one of this version", async () => {
  await withStore(async ({ tab }) => {
    const page = await tab({ start: false });
    await page.evaluate(makeVersion1, PEOPLE);
    await page.evaluate(() => data.start());
    await checkMigrated(page);
  });
});

/** The database as version 3 had it, made of the one that is there; frozen. Runs in the page. */
async function backToVersion3() {
  const read = (store) =>
    new Promise((done) => {
      const all = store.getAll();
      const keys = store.getAllKeys();
      keys.onsuccess = () => done(keys.result.map((key, i) => [key, all.result[i]]));
    });
  const opened = await new Promise((done) => (indexedDB.open("likeness").onsuccess = ({ target }) => done(target.result)));
  const names = ["profiles", "portraits", "jobs", "answers", "deletions", "settings", "unreadable", "pairs", "choices"];
  const reading = opened.transaction(names);
  const rows = await Promise.all(names.map((name) => read(reading.objectStore(name))));
  opened.close();
  await new Promise((done) => (indexedDB.deleteDatabase("likeness").onsuccess = done));
  const opening = indexedDB.open("likeness", 3);
  opening.onupgradeneeded = () => {
    for (const name of names) {
      const store = opening.result.createObjectStore(name);
      if (name === "pairs") {
        store.createIndex("id", "id", { unique: true });
        store.createIndex("was", "was", { multiEntry: true });
      }
      if (name === "choices") store.createIndex("pairs", "pairs", { multiEntry: true });
    }
  };
  const old = await new Promise((done) => (opening.onsuccess = () => done(opening.result)));
  const writing = old.transaction(names, "readwrite");
  names.forEach((name, i) => rows[i].forEach(([key, row]) => writing.objectStore(name).put(row, key)));
  await new Promise((done) => (writing.oncomplete = done));
  old.close();
}

test("a database of version 3 gets what remote models need, and keeps the rest", async () => {
  await withStore(async ({ tab }) => {
    const page = await tab({ start: false });
    await page.evaluate(makeVersion1, PEOPLE);
    await page.evaluate(() => data.start());
    await checkMigrated(page);
    await page.evaluate(() => data.worker.terminate());
    await page.evaluate(backToVersion3);
    await page.evaluate(() => data.start());
    await checkMigrated(page);
    const ledger = await page.evaluate(() => data.get({ Ledger: { words: "", offset: 0, limit: 9 } }));
    assert.deepEqual([ledger.total, ledger.left], [0, 0]);
    assert.deepEqual(await page.evaluate(() => data.get("Endpoints")), []);
  });
});

test("a migration that stopped halfway is gone on with", async () => {
  // The tab dies when the first person is moved: the worker's second transaction for writing never begins.
  const before = `
    let writes = 0;
    const transaction = IDBDatabase.prototype.transaction;
    IDBDatabase.prototype.transaction = function (stores, mode, options) {
      if (mode === "readwrite" && ++writes > 1) { close(); throw new Error("killed"); }
      return transaction.apply(this, arguments);
    };`;
  await withStore(async ({ tab }) => {
    const first = await tab({ start: false, changed: true });
    await first.evaluate(makeVersion1, PEOPLE);
    await first.evaluate(async () => {
      await data.start();
      data.ask("Open");
      await new Promise((done) => setTimeout(done, 1500));
      data.worker.terminate();
    });
    const halfway = await first.evaluate(() => data.everything());
    assert.ok(halfway.some((text) => text.startsWith("people")) && halfway.some((text) => text.startsWith("pairs")), "halfway");
    await first.close();
    const second = await tab({ start: false });
    await second.evaluate(() => data.start());
    await checkMigrated(second);
  }, { before });
});

test("a database of a later version is refused and left alone", async () => {
  await withStore(async ({ tab }) => {
    const page = await tab({ start: false });
    const seen = await page.evaluate(async () => {
      await new Promise((resolve) => {
        const opening = indexedDB.open("likeness", 99);
        opening.onupgradeneeded = () => opening.result.createObjectStore("future");
        opening.onsuccess = () => {
          opening.result.close();
          resolve();
        };
      });
      await data.start();
      return { answer: await data.ask("Open"), databases: await indexedDB.databases() };
    });
    assert.deepEqual(seen.answer, { Err: { TooNew: { found: 99, known: 4 } } });
    assert.deepEqual(seen.databases, [{ name: "likeness", version: 99 }]);
  });
});

test("an upgrade that another tab blocks is told, and goes on when that tab lets go", async () => {
  await withStore(async ({ tab }) => {
    const old = await tab({ start: false });
    await old.evaluate(makeVersion1, PEOPLE);
    // An older version that does not listen for a newer one.
    await old.evaluate(holdDatabase, 1);
    const page = await tab({ start: false });
    const answer = await page.evaluate(async () => {
      await data.start();
      return data.ask("Open");
    });
    assert.deepEqual(answer, { Err: "Blocked" });
    await old.evaluate(() => window.held.close());
    await page.waitForFunction(() => data.changes.includes("Profiles"));
    await checkMigrated(page);
  });
});

test("a newer version in another tab gets the database, and this tab says that it is outdated", async () => {
  await withStore(async ({ tab }) => {
    const [page, newer] = [await tab(), await tab({ start: false })];
    await page.evaluate(() => data.profile("Ada"));
    await newer.evaluate(holdDatabase, 99);
    await page.waitForFunction(() => data.changes.includes("Outdated"));
    const answer = await page.evaluate(() => data.ask("Profiles"));
    assert.deepEqual(answer, { Err: { TooNew: { found: 99, known: 4 } } });
  });
});

test("without IndexedDB the worker says so", async () => {
  const before = `Object.defineProperty(self, "indexedDB", { value: undefined });`;
  await withStore(async ({ tab }) => {
    const page = await tab({ start: false, changed: true });
    const answer = await page.evaluate(async () => {
      await data.start();
      return data.ask("Open");
    });
    assert.ok(answer.Err.NoStorage, JSON.stringify(answer));
  }, { before });
});

test("a full disk is told, and what was written before stays readable", async () => {
  await withStore(async ({ browser, tab, url }) => {
    const page = await tab({ start: false });
    const session = await browser.newCDPSession(page);
    // Before the first writing, which makes the browser count on what was granted for half a minute.
    await session.send("Storage.overrideQuotaForOrigin", { origin: new URL(url).origin, quotaSize: 4 << 20 });
    await page.evaluate(() => data.start());
    const me = await page.evaluate(() => data.profile("Ada"));
    const seen = await page.evaluate(
      async ([me, text]) => {
        const answer = await data.ask({ ImportText: { profile: me, name: "n", format: "auto", text } });
        const { total, rows } = await data.list(me);
        // To the last byte: of a batch that did not fit, the room is still there.
        const noise = (bytes) => btoa(String.fromCharCode(...crypto.getRandomValues(new Uint8Array(bytes))));
        for (const bytes of [60_000, 6_000, 600, 6]) {
          const fits = async () => {
            const pair = { context: [], chosen: noise(bytes), rejected: "other" };
            return "Ok" in (await data.ask({ SavePair: { profile: me, pair } }));
          };
          for (let tries = 0; tries < 100 && (await fits()); tries += 1);
        }
        const full = await data.list(me);
        const deleted = await data.ask({ Delete: { profile: me, ids: [full.rows[0].id] } });
        const left = await data.list(me);
        return { answer, total, rows: rows.length, deleted, freed: full.total - left.total };
      },
      [me, pairs(8_000, { noise: 1500 })],
    );
    assert.deepEqual(seen.answer, { Err: "QuotaFull" });
    assert.equal(seen.rows, Math.min(seen.total, 100));
    assert.equal(seen.deleted.Ok?.Deleted.pairs, 1, JSON.stringify(seen.deleted));
    assert.equal(seen.freed, 1);
  });
});

test("where there is no room for a way back, what is deleted is gone at once", async () => {
  await withStore(async ({ tab }) => {
    const page = await tab({ changed: true });
    const seen = await page.evaluate(async (text) => {
      const me = await data.profile("Ada");
      await data.importText(me, text);
      const answers = [{ id: "a", content: "x" }, { id: "b", content: "y" }, { id: "c", content: "z" }];
      const context = [{ role: "user", content: "which?" }];
      for (const outcome of [{ kind: "preferred", winner: "b" }, { kind: "all_good" }]) {
        await data.get({ RecordChoice: { profile: me, choice: { context, answers, outcome } } });
      }
      new BroadcastChannel("full").postMessage(true);
      let refused;
      for (let n = 0; !refused; n += 1) {
        const pair = { context: [], chosen: `one ${n}`, rejected: "other" };
        refused = (await data.ask({ SavePair: { profile: me, pair } })).Err;
      }
      const before = await data.list(me);
      const { id } = before.rows.find((row) => row.question === "which?");
      const gone = await data.get({ Delete: { profile: me, ids: [id] } });
      const undone = await data.ask({ Undo: { undo: gone.undo } });
      const after = await data.list(me);
      const [{ pairs }] = await data.get("Profiles");
      const ties = await data.get({ Ties: { profile: me, query: "WHICH z", limit: 9 } });
      const noTie = await data.get({ DeleteTies: { profile: me } });
      const everything = await data.everything();
      const noOne = await data.ask({ RemoveProfile: { profile: me } });
      const left = (await data.list(me)).total;
      return { refused, before, gone, undone, after, pairs, id, ties, noTie, everything, noOne, left };
    }, pairs(3));
    assert.equal(seen.refused, "QuotaFull");
    assert.deepEqual([seen.gone.pairs, seen.undone], [1, { Err: "UndoExpired" }]);
    assert.deepEqual([seen.after.total, seen.pairs], [seen.before.total - 1, seen.before.total - 1]);
    assert.deepEqual([seen.ties.total, seen.ties.rows[0].said, seen.noTie.pairs], [1, { kind: "all_good" }, 1]);
    assert.deepEqual(seen.everything.filter((text) => text.includes(seen.id) || text.startsWith("choices")), []);
    // A whole person goes at one click, so never without a way back.
    assert.deepEqual(seen.noOne, { Err: "QuotaFull" });
    assert.equal(seen.left, seen.after.total);
  }, { before: noRoom() });
});

test("choices without a winner are deleted and come back on undo", async () => {
  await withStore(async ({ tab }) => {
    const page = await tab();
    const seen = await page.evaluate(async (text) => {
      const me = await data.profile("Ada");
      await data.importText(me, text);
      const choose = (content, kind) => {
        const answers = [{ id: "a", content }, { id: "b", content: "other" }];
        const choice = { context: [], answers, outcome: { kind } };
        return data.get({ RecordChoice: { profile: me, choice } });
      };
      await choose("first", "all_good");
      await choose("second", "all_bad");
      const total = async (query = "") => (await data.get({ Ties: { profile: me, query, limit: 0 } })).total;
      const exported = async () => (await (await data.get({ ExportHistory: { profile: me } })).text()).includes("second");
      const { rows } = await data.get({ Ties: { profile: me, query: "SECOND", limit: 9 } });
      const states = [[await total(), await total("first"), await exported()]];
      const { undo } = await data.get({ DeleteTies: { profile: me, ids: [rows[0].id] } });
      states.push([await total(), (await data.get("Profiles"))[0].pairs, await exported()]);
      await data.get({ Undo: { undo } });
      states.push([await total(), (await data.list(me)).total, await exported()]);
      const again = await data.get({ DeleteTies: { profile: me } });
      // Said again while the deletion can be undone: it stays.
      await choose("second", "all_bad");
      states.push([await total(), await total("second"), await exported()]);
      await new Promise((done) => setTimeout(done, again.until_ms - Date.now() + 1500));
      return { states, left: (await data.everything()).filter((text) => text.includes("first")) };
    }, pairs(3));
    assert.deepEqual(seen.states, [[2, 1, true], [1, 3, false], [2, 3, true], [1, 1, true]]);
    assert.deepEqual(seen.left, []);
  });
});

test("forgetting says which tab is in the way, and is done when that one is closed", async () => {
  await withStore(async ({ tab }) => {
    const [page, old] = [await tab(), await tab({ start: false })];
    await page.evaluate(() => data.profile("Ada"));
    // A version that does not listen for the deletion.
    await old.evaluate(holdDatabase);
    assert.deepEqual(await page.evaluate(() => data.ask("ForgetEverything")), { Err: "Blocked" });
    await old.close();
    await page.waitForFunction(async () => (await indexedDB.databases()).length === 0);
    const report = await page.evaluate(() => data.get("ForgetEverything"));
    assert.deepEqual(report.looked[0], ["IndexedDB", []]);
  });
});

test("an error that nothing caught ends the worker loudly", async () => {
  await withStore(async ({ tab }) => {
    const page = await tab();
    await page.evaluate(() => data.worker.postMessage("nonsense"));
    await page.waitForFunction(() => data.errors.length > 0);
  });
});
