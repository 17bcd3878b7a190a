// What the data worker keeps: people, pairs, choices; deletions that reach everything; two tabs; the states that
// a browser can put it in. Over the real wire, in a real IndexedDB.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { pairs, withStore } from "./data-worker.mjs";

const SECRET = "zanzibar";
const secretLine = JSON.stringify({
  context: [{ role: "user", content: "where to?" }],
  chosen: `to ${SECRET}`,
  rejected: "nowhere",
});

test("pairs are kept, found, edited, and added only once", async () => {
  await withStore(async ({ tab }) => {
    const page = await tab();
    const seen = await page.evaluate(async (text) => {
      const me = await data.profile("Ada");
      const first = await data.importText(me, text);
      const again = await data.importText(me, text);
      const list = await data.list(me, "", 2, 3);
      const found = await data.list(me, "GOOD #7#");
      const [whole] = await data.get({ Pair: { profile: me, id: found.rows[0].id } });
      const draft = { context: whole.context, chosen: "a better answer", rejected: whole.rejected, note: "mine" };
      const [edited] = await data.get({ SavePair: { profile: me, pair: draft, supersedes: whole.id } });
      const afterEdit = await data.importText(me, text);
      const order = (await data.list(me)).rows.map((row) => row.question);
      const people = await data.get("Profiles");
      return { first, again, list, found, whole, edited, afterEdit, order, people };
    }, pairs(10));
    assert.deepEqual([seen.first.read, seen.first.imported, seen.first.format], [10, 10, "synthesizeme"]);
    assert.deepEqual([seen.again.imported, seen.again.known], [0, 10]);
    assert.deepEqual(seen.list.rows.map((row) => row.question), ["question 7", "question 6", "question 5"]);
    assert.deepEqual([seen.list.total, seen.found.total], [10, 1]);
    assert.match(seen.whole.chosen, /^good answer 7 #7# word0/);
    assert.deepEqual([seen.edited.chosen, seen.edited.note], ["a better answer", "mine"]);
    assert.deepEqual([seen.afterEdit.imported, seen.afterEdit.known], [0, 10], "the edited pair does not come back");
    assert.deepEqual(seen.order, Array.from({ length: 10 }, (_, i) => `question ${9 - i}`));
    assert.deepEqual([seen.people.length, seen.people[0].pairs], [1, 10]);
  });
});

test("an export imports into the same history, ties and notes too", async () => {
  await withStore(async ({ tab }) => {
    const page = await tab();
    const seen = await page.evaluate(async (text) => {
      const me = await data.profile("Ada");
      await data.importText(me, text);
      const answers = [{ id: "a", content: "x" }, { id: "b", content: "y" }, { id: "c", content: "z" }];
      const context = [{ role: "user", content: "which?" }];
      const said = [{ kind: "preferred", winner: "b" }, { kind: "all_good" }, { kind: "all_bad" }];
      const made = [];
      for (const outcome of said) {
        made.push(await data.get({ RecordChoice: { profile: me, choice: { context, answers, outcome } } }));
      }
      const draft = { context: [], chosen: "😀 مرحبا", rejected: "\u0000\n\"", note: "a note" };
      await data.get({ SavePair: { profile: me, pair: draft, supersedes: undefined } });
      const exported = await (await data.get({ ExportHistory: { profile: me } })).text();
      const other = await data.profile("Bob");
      const report = await data.importText(other, exported);
      const again = await (await data.get({ ExportHistory: { profile: other } })).text();
      return { made, exported, again, report };
    }, pairs(5));
    assert.deepEqual(seen.made.map((pairs) => pairs.length), [2, 0, 0]);
    assert.equal(seen.again, seen.exported);
    assert.deepEqual([seen.report.imported, seen.report.ties, seen.report.skipped], [8, 2, 0]);
  });
});

/** Imports the secret after `n` other pairs; gives whose it is and its id. */
async function withSecret(page, n = 0) {
  const text = [...(n ? [pairs(n)] : []), secretLine].join("\n");
  return page.evaluate(
    async ({ text, secret }) => {
      const me = await data.profile("Ada");
      await data.importText(me, text);
      const [{ id }] = (await data.list(me, secret)).rows;
      return { me, id };
    },
    { text, secret: SECRET },
  );
}

/** Deletes the secret and nothing else; gives whose it was and the deletion. */
async function deleteSecret(page) {
  const { me, id } = await withSecret(page);
  return { me, deletion: await page.evaluate(({ me, id }) => data.get({ Delete: { profile: me, ids: [id] } }), { me, id }) };
}

/** What a tab finds of the secret and of its deletion, once the deletion's time is over. */
async function leftAfter(page, until_ms) {
  await page.evaluate((ms) => new Promise((done) => setTimeout(done, ms)), until_ms - Date.now() + 1500);
  const everything = await page.evaluate(() => data.everything());
  assert.ok(everything.some((text) => text.includes("Ada")));
  return everything.filter((text) => text.includes(SECRET) || text.startsWith("deletions"));
}

// Side by side, since each waits for its ten seconds.
describe("deletions", { concurrency: 5 }, () => {
  test("a deletion hides at once, can be undone, and then leaves nothing", async () => {
    await withStore(async ({ tab }) => {
      const page = await tab();
      const seen = await page.evaluate(
        async ({ me, id, secret }) => {
          const answers = [{ id: "a", content: `to ${secret}` }, { id: "b", content: "nowhere" }];
          const choice = { context: [{ role: "user", content: "where to?" }], answers, outcome: { kind: "preferred", winner: "a" } };
          await data.get({ RecordChoice: { profile: me, choice } });
          const remove = () => data.get({ Delete: { profile: me, ids: [id] } });
          const first = await remove();
          const hidden = (await data.list(me, secret)).total;
          await data.get({ Undo: { undo: first.undo } });
          const back = (await data.list(me, secret)).total;
          const second = await remove();
          const until = second.until_ms - Date.now();
          await new Promise((done) => setTimeout(done, until - 1500));
          // It is not to be seen again while it is carried out either.
          const shown = [];
          for (const end = Date.now() + 3000; Date.now() < end; ) shown.push((await data.list(me, "", 0, 10)).total);
          const late = await data.ask({ Undo: { undo: second.undo } });
          const people = await data.get("Profiles");
          return { first, hidden, back, until, shown, late, people, everything: await data.everything() };
        },
        { ...(await withSecret(page, 3)), secret: SECRET },
      );
      assert.deepEqual([seen.first.pairs, seen.hidden, seen.back], [1, 0, 1]);
      assert.ok(seen.until > 9000 && seen.until <= 10000, `${seen.until} ms to undo`);
      assert.deepEqual(seen.late, { Err: "UndoExpired" });
      assert.deepEqual([...new Set(seen.shown)], [3], `of ${seen.shown.length} looks`);
      assert.equal(seen.people[0].pairs, 3);
      assert.ok(seen.everything.length > 0);
      assert.deepEqual(seen.everything.filter((text) => text.includes(SECRET)), []);
    });
  });

  test("a deletion whose tab dies stays hidden, and the next start carries it out", async () => {
    await withStore(async ({ tab }) => {
      const first = await tab();
      const { me, deletion } = await deleteSecret(first);
      await first.evaluate(() => data.worker.terminate());
      await first.close();
      const second = await tab();
      assert.equal(await second.evaluate(async (me) => (await data.list(me)).total, me), 0);
      assert.deepEqual(await leftAfter(second, deletion.until_ms), []);
    });
  });

  test("a second tab lets a deletion be undone, and carries it out when the first one is closed", async () => {
    await withStore(async ({ tab }) => {
      const [before, first] = [await tab(), await tab()];
      const { me, deletion } = await deleteSecret(first);
      const opened = await tab();
      const seen = await first.evaluate(
        async ({ me, undo }) => {
          const draft = { context: [], chosen: "another", rejected: "one", note: undefined };
          await data.get({ SavePair: { profile: me, pair: draft, supersedes: undefined } });
          await data.get({ Undo: { undo } });
          const { total, rows } = await data.list(me);
          const ids = rows.filter((row) => row.chosen !== "another").map((row) => row.id);
          return { total, again: await data.get({ Delete: { profile: me, ids } }) };
        },
        { me, undo: deletion.undo },
      );
      assert.equal(seen.total, 2, "neither a tab that opens nor a pair that is added takes the way back");
      await first.close();
      await opened.close();
      // This one was open before there was a deletion, and only heard of it.
      assert.deepEqual(await leftAfter(before, seen.again.until_ms), []);
    });
  });

  test("a pair that is imported again while its deletion can be undone stays", async () => {
    await withStore(async ({ tab }) => {
      const page = await tab();
      const { me, deletion } = await deleteSecret(page);
      const seen = await page.evaluate(
        async ({ me, undo, secretLine }) => {
          const report = await data.importText(me, secretLine);
          return { report, undone: await data.ask({ Undo: { undo } }) };
        },
        { me, undo: deletion.undo, secretLine },
      );
      assert.deepEqual([seen.report.imported, seen.undone], [1, { Err: "UndoExpired" }]);
      assert.ok((await leftAfter(page, deletion.until_ms)).some((text) => text.includes(SECRET)));
      assert.equal(await page.evaluate(async (me) => (await data.list(me)).total, me), 1);
    });
  });

  test("a person is removed with everything of theirs, and comes back on undo", async () => {
    await withStore(async ({ tab }) => {
      const page = await tab();
      const seen = await page.evaluate(
        async ({ text, secretLine }) => {
          const [ada, bob] = [await data.profile("Ada"), await data.profile("Bob")];
          await data.importText(ada, secretLine);
          await data.importText(bob, text);
          const gone = await data.get({ RemoveProfile: { profile: ada } });
          const left = (await data.get("Profiles")).map((person) => person.name);
          await data.get({ Undo: { undo: gone.undo } });
          const back = (await data.get("Profiles")).map((person) => person.name);
          const again = await data.get({ RemoveProfile: { profile: ada } });
          await new Promise((done) => setTimeout(done, again.until_ms - Date.now() + 1500));
          return { left, back, bob: (await data.list(bob)).total, everything: await data.everything() };
        },
        { text: pairs(3), secretLine },
      );
      assert.deepEqual([seen.left, seen.back, seen.bob], [["Bob"], ["Ada", "Bob"], 3]);
      assert.deepEqual(seen.everything.filter((text) => text.includes(SECRET) || text.includes("Ada")), []);
    });
  });
});

test("a pair that is deleted while a portrait is made is not in the portrait", async () => {
  await withStore(async ({ tab }) => {
    const page = await tab();
    const secret = await withSecret(page, 8);
    const seen = await page.evaluate(
      async ({ me, id }) => {
        // Nothing is written while this page holds the lock, so the portrait waits, made from all pairs.
        let release;
        const held = navigator.locks.request("likeness-write", () => new Promise((done) => (release = done)));
        const inducing = data.get({ Induce: { profile: me, settings: { search: "small", seed: 1 } } });
        let made = false;
        inducing.then(() => (made = true));
        while (!made && !(await navigator.locks.query()).pending.length) await new Promise((done) => setTimeout(done, 10));
        // Meanwhile another tab carries a deletion out, as its transaction does.
        await new Promise((done) => {
          const opening = indexedDB.open("likeness");
          opening.onsuccess = () => {
            const writing = opening.result.transaction(["profiles", "pairs"], "readwrite");
            const [profiles, pairs] = [writing.objectStore("profiles"), writing.objectStore("pairs")];
            profiles.get(me).onsuccess = ({ target }) => {
              const row = JSON.parse(target.result);
              profiles.put(JSON.stringify({ ...row, pairs: row.pairs - 1, revision: row.revision + 1 }), me);
            };
            pairs.index("id").getKey(`${me}/${id}`).onsuccess = ({ target }) => pairs.delete(target.result);
            writing.oncomplete = () => done(opening.result.close());
          };
        });
        release();
        await Promise.all([held, inducing]);
        return { kept: (await data.everything()).filter((text) => text.startsWith("portraits: ")) };
      },
      secret,
    );
    assert.equal(seen.kept.length, 2, "a key and a portrait");
    assert.deepEqual(seen.kept.filter((text) => text.includes(secret.id) || text.includes(SECRET)), []);
  });
});

test("forgetting everything leaves nothing, and says where it looked", async () => {
  await withStore(async ({ tab }) => {
    const [page, other] = [await tab(), await tab()];
    const seen = await page.evaluate(async (secretLine) => {
      await data.importText(await data.profile("Ada"), secretLine);
      const root = await navigator.storage.getDirectory();
      const folder = await root.getDirectoryHandle("models", { create: true });
      const file = await (await folder.getFileHandle("model.gguf", { create: true })).createWritable();
      await file.write("GGUF");
      await file.close();
      await (await caches.open("shell")).put("x", new Response("x"));
      const report = await data.get("ForgetEverything");
      const files = [];
      for await (const name of root.keys()) files.push(name);
      const left = { databases: await indexedDB.databases(), files, caches: await caches.keys() };
      const people = (await data.get("Open")).profiles;
      return { report, left, people };
    }, secretLine);
    assert.deepEqual(seen.report.looked, [["IndexedDB", []], ["OPFS", []], ["Cache Storage", []]]);
    assert.deepEqual(seen.left, { databases: [], files: [], caches: [] });
    assert.deepEqual(seen.people, []);
    await other.waitForFunction(() => data.changes.includes("Everything"));
    assert.deepEqual(await other.evaluate(() => data.get("Profiles")), []);
  });
});

test("two tabs see each other's changes, and importing in both adds each pair once", async () => {
  await withStore(async ({ tab }) => {
    const [one, other] = [await tab(), await tab()];
    const me = await one.evaluate(() => data.profile("Ada"));
    await other.waitForFunction(() => data.changes.includes("Profiles"));
    assert.equal(await other.evaluate(async (me) => (await data.list(me)).total, me), 0);
    const text = pairs(3000);
    const importing = (page) => page.evaluate(([me, text]) => data.importText(me, text), [me, text]);
    const reports = await Promise.all([importing(one), importing(other)]);
    assert.equal(reports[0].imported + reports[1].imported, 3000);
    for (const page of [one, other]) {
      const seen = await page.evaluate(async (me) => [(await data.list(me)).total, (await data.get("Profiles"))[0].pairs], me);
      assert.deepEqual(seen, [3000, 3000]);
    }
    const raw = await one.evaluate(async () => (await data.everything()).filter((text) => text.startsWith("pairs: [")));
    assert.equal(raw.length, 3000);
    // A deletion in one is hidden in the other at once.
    await one.evaluate(async (me) => data.get({ Delete: { profile: me, ids: [(await data.list(me)).rows[0].id] } }), me);
    await other.waitForFunction(async (me) => (await data.list(me)).total === 2999, me);
  });
});

test("whoever looks while pairs are added sees them all afterwards", async () => {
  await withStore(async ({ tab }) => {
    const page = await tab();
    const totals = await page.evaluate(async (text) => {
      const totals = [];
      // Some look before it and some after: who reads first which pairs there are is a matter of chance.
      for (let round = 0; round < 40; round++) {
        const person = await data.profile(`person ${round}`);
        const looks = (times) => Array.from({ length: times }, () => data.list(person));
        await Promise.all([...looks(round % 4), data.importText(person, text), ...looks(3)]);
        totals.push((await data.list(person)).total);
      }
      return totals;
    }, pairs(10));
    assert.deepEqual(totals, totals.map(() => 10));
  });
});

test("a pair that one tab changes while another deletes it is counted as it is", async () => {
  await withStore(async ({ tab }) => {
    const [here, there] = [await tab(), await tab()];
    const me = await here.evaluate((text) => data.profile("Ada").then(async (me) => (await data.importText(me, text), me)), pairs(12));
    for (let round = 0; round < 10; round++) {
      const [{ id }] = await here.evaluate(async (me) => (await data.list(me)).rows, me);
      const draft = { context: [], chosen: `changed ${round}`, rejected: "no" };
      await Promise.all([
        here.evaluate(([profile, pair, supersedes]) => data.ask({ SavePair: { profile, pair, supersedes } }), [me, draft, id]),
        there.evaluate(([profile, id]) => data.ask({ Delete: { profile, ids: [id] } }), [me, id]),
      ]);
      // A message between the tabs is under way.
      for (const page of [here, there]) await page.waitForFunction(async ([me, id]) => (await data.list(me)).rows.every((row) => row.id !== id), [me, id]);
      for (const page of [here, there]) {
        const [counted, listed] = await page.evaluate(async (me) => [(await data.get("Profiles"))[0].pairs, (await data.list(me)).total], me);
        assert.equal(counted, listed, `round ${round}`);
      }
    }
  });
});

test("a tab killed in the middle of an import leaves whole batches, and the import goes on", async () => {
  await withStore(async ({ tab }) => {
    const text = pairs(8_000, { words: 60 });
    const first = await tab();
    const me = await first.evaluate(() => data.profile("Ada"));
    await first.evaluate(
      ([me, text]) =>
        new Promise((resolve) => {
          const request = { Import: { profile: me, name: "big.jsonl", format: "auto", user: undefined } };
          data.get(request, new Blob([text]), (event) => event.Importing.imported > 1000 && resolve());
        }),
      [me, text],
    );
    // The worker goes without a word, in the middle of whatever it does.
    await first.close();
    const second = await tab();
    const seen = await second.evaluate(
      async ([me, text]) => {
        const before = (await data.list(me)).total;
        const counted = (await data.get("Profiles"))[0].pairs;
        const report = await data.importText(me, text);
        return { before, counted, report, after: (await data.list(me)).total };
      },
      [me, text],
    );
    assert.ok(seen.before >= 1000 && seen.before < 8_000, `${seen.before} were written before the kill`);
    assert.equal(seen.counted, seen.before);
    assert.deepEqual([seen.report.known, seen.report.imported, seen.after], [seen.before, 8_000 - seen.before, 8_000]);
  });
});

test("a stopped import keeps what it wrote and answers that it was stopped", async () => {
  await withStore(async ({ tab }) => {
    const page = await tab();
    const seen = await page.evaluate(async (text) => {
      const me = await data.profile("Ada");
      const request = { Import: { profile: me, name: "big.jsonl", format: "auto", user: undefined } };
      const answer = await data.ask(request, new Blob([text]), () => data.cancelLast());
      return { answer, total: (await data.list(me)).total };
    }, pairs(10_000, { words: 60 }));
    assert.deepEqual(seen.answer, { Err: "Cancelled" });
    assert.ok(seen.total > 0 && seen.total < 10_000, `${seen.total}`);
  });
});

test("a file of several people is refused whole, with their names, and read for one of them", async () => {
  await withStore(async ({ tab }) => {
    const page = await tab();
    const text = [pairs(2000, { user: "p1" }), pairs(10, { user: "p2", from: 5000 })].join("\n");
    const seen = await page.evaluate(async (text) => {
      const me = await data.profile("Ada");
      const refused = await data.ask({ ImportText: { profile: me, name: "n", format: "auto", text } });
      const after = (await data.list(me)).total;
      const request = { Import: { profile: me, name: "n", format: "auto", user: "p2" } };
      const report = await data.get(request, new Blob([text]));
      const bob = await data.profile("Bob");
      const asText = await data.importText(bob, text, { user: "p2" });
      return { refused, after, report, asText, bad: await data.ask({ ImportText: { profile: me, name: "n", format: "auto", text: "a,b\n1,2" } }) };
    }, text);
    assert.deepEqual(seen.refused, { Err: { SeveralPeople: { users: ["p1", "p2"] } } });
    assert.equal(seen.after, 0, "nothing of the refused file stays");
    assert.deepEqual([seen.report.imported, seen.asText.imported], [10, 10]);
    assert.match(seen.bad.Err.BadFile, /format is not recognised/);
  });
});

test("of a large file of many people one is read to its end, whoever else is in it", async () => {
  await withStore(async ({ tab }) => {
    const page = await tab();
    // Three pieces of the file, the person's choices in the first one and in the last.
    const others = Array.from({ length: 30 }, (_, of) => pairs(60, { user: `other ${of}`, from: 1000 + of * 60, words: 100 }));
    const mine = [pairs(7, { user: "me" }), pairs(5, { user: "me", from: 500 })];
    const text = [mine[0], ...others, mine[1]].join("\n");
    assert.ok(text.length > 2 << 20, `${text.length} bytes`);
    const seen = await page.evaluate(async (text) => {
      const me = await data.profile("Ada");
      const report = await data.get({ Import: { profile: me, name: "n", format: "auto", user: "me" } }, new Blob([text]));
      const bob = await data.profile("Bob");
      return { report, asText: await data.importText(bob, text, { user: "me" }), all: (await data.list(me)).total };
    }, text);
    assert.deepEqual([seen.report.imported, seen.report.skipped, seen.asText.imported, seen.all], [12, 0, 12, 12]);
  });
});

test("a file that proves unreadable at its end leaves what its edits would have replaced", async () => {
  await withStore(async ({ tab }) => {
    const page = await tab();
    const seen = await page.evaluate(async () => {
      const me = await data.profile("Ada");
      const first = { context: [], chosen: "tea", rejected: "coffee", note: undefined };
      const [old] = await data.get({ SavePair: { profile: me, pair: first, supersedes: null } });
      const header = (version) => JSON.stringify({ likeness: "history", version });
      const row = (of, supersedes) =>
        JSON.stringify({ pair: { context: [], chosen: `green tea ${of}`, rejected: "coffee", ...(supersedes && { supersedes }) } });
      // More than a batch, so that the edit is written before the end is read.
      const lines = [header(1), row("", old.id), ...Array.from({ length: 900 }, (_, of) => row(of))];
      const taken = (lines) => data.ask({ ImportText: { profile: me, name: "n", format: "likeness", text: lines.join("\n") } });
      const chosen = async () => (await data.list(me, "tea", 0, 2000)).rows.map((row) => row.chosen);
      const bad = await taken([...lines, header(99)]);
      const after = await chosen();
      const good = await taken(lines.slice(0, 2));
      return { bad, after, good, then: await chosen() };
    });
    assert.match(seen.bad.Err.BadFile, /version/);
    assert.deepEqual(seen.after, ["tea"]);
    assert.deepEqual(seen.then, ["green tea "]);
  });
});

test("choices and deletions are written with strict durability", async () => {
  // The worker's own transactions, as it asks the browser for them.
  const before = `
    const transaction = IDBDatabase.prototype.transaction;
    IDBDatabase.prototype.transaction = function (stores, mode, options) {
      const made = transaction.apply(this, arguments);
      if (mode === "readwrite") postMessage({ Changed: { stores: [].concat(stores), durability: made.durability } });
      return made;
    };`;
  await withStore(async ({ tab }) => {
    const page = await tab({ changed: true });
    const written = await page.evaluate(async () => {
      const me = await data.profile("Ada");
      const taken = async (request) => {
        data.changes.length = 0;
        const got = await data.get(request);
        return [got, data.changes.filter((change) => change.durability).map((change) => change.durability)];
      };
      const answers = [{ id: "a", content: "x" }, { id: "b", content: "y" }];
      const choice = { context: [], answers, outcome: { kind: "preferred", winner: "b" } };
      const [[pair], chosen] = await taken({ RecordChoice: { profile: me, choice } });
      const draft = { context: [], chosen: "x", rejected: "z", note: undefined };
      const [, saved] = await taken({ SavePair: { profile: me, pair: draft, supersedes: pair.id } });
      const [row] = (await data.list(me)).rows;
      const [gone, deleted] = await taken({ Delete: { profile: me, ids: [row.id] } });
      const [, undone] = await taken({ Undo: { undo: gone.undo } });
      return { chosen, saved, deleted, undone };
    });
    for (const [what, durabilities] of Object.entries(written)) {
      assert.ok(durabilities.length > 0, what);
      assert.deepEqual(durabilities.filter((durability) => durability !== "strict"), [], what);
    }
  }, { before });
});
