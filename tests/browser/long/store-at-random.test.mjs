// Two tabs that change three histories at random, several things at once: afterwards both tabs, and one that is opened then, see
// the same, and what is counted is what is listed.

import assert from "node:assert/strict";
import { test } from "node:test";
import { withStore } from "../data-worker.mjs";

const ROUNDS = 60;
/** Milliseconds in which the tabs have heard of each other's changes. */
const HEARD = 500;
const OUTCOMES = [{ kind: "preferred", winner: "a" }, { kind: "preferred", winner: "b" }, { kind: "all_good" }, { kind: "all_bad" }];
/** What a person may be answered who changes what is not there any more, and nothing else. */
const EXPECTED = /^("UndoExpired"|\{"NotFound":"(this choice|the pair to change|this claim|this person)"\})$/;

/** Chance that a number begins, so that a failure can be had again. */
function chance(seed) {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fff_ffff;
    return Math.floor((state / 0x8000_0000) * below);
  };
}

const line = (n) =>
  JSON.stringify({ context: [{ role: "user", content: `question ${n}` }], chosen: `1. good answer ${n}`, rejected: `perhaps ${n}` });
const choice = (n, outcome) => ({
  context: [{ role: "user", content: `which ${n}?` }], answers: [{ id: "a", content: `x ${n}` }, { id: "b", content: `y ${n}` }], outcome,
});

/** One request, about a person of whom these pairs were listed last. */
function request(draw, profile, listed, undos) {
  const one = (list) => list[draw(list.length)];
  const typed = (n) => ({ context: [], chosen: `typed ${n}`, rejected: "no" });
  const kinds = [
    () => ({ ImportText: { profile, name: "t", format: "auto", text: Array.from({ length: 1 + draw(12) }, () => line(draw(60))).join("\n") } }),
    () => ({ SavePair: { profile, pair: typed(draw(40)), supersedes: null } }),
    () => listed.length > 0 && { SavePair: { profile, pair: typed(draw(40)), supersedes: one(listed) } },
    () => ({ RecordChoice: { profile, choice: choice(draw(10), one(OUTCOMES)), supersedes: draw(2) ? one(OUTCOMES) : null } }),
    () => ({ TakeBackChoice: { profile, choice: choice(draw(10), one(OUTCOMES)) } }),
    () => listed.length > 0 && { Delete: { profile, ids: [one(listed), one(listed)] } },
    () => undos.length > 0 && { Undo: { undo: undos.splice(draw(undos.length), 1)[0] } },
    () => ({ DeleteTies: { profile, ids: null } }),
    () => ({ Induce: { profile, settings: { search: "small", seed: 1, candidates: null } } }),
    () => ({ Reading: { profile } }),
    () => ({ RenameProfile: { profile, name: `Name ${draw(5)}` } }),
    () => ({ RemoveProfile: { profile } }),
    () => undos.length > 0 && { Undo: { undo: undos.splice(draw(undos.length), 1)[0] } },
    () => ({ ChangeClaim: { profile, claim: "hedges:less", change: draw(2) ? "Pin" : "Refuse" } }),
    () => ({ ExportHistory: { profile } }),
    () => ({ Rank: { profile, context: [], answers: ["1. short", "perhaps it may be long"] } }),
    () => ({ List: { profile, query: "answer", offset: 0, limit: 1000 } }),
  ];
  for (;;) {
    const made = one(kinds)();
    if (made) return made;
  }
}

/** What a tab sees of everyone. */
const look = (page, people) =>
  page.evaluate(async (people) => {
    const counted = new Map((await data.get("Profiles")).map(({ id, pairs }) => [id, pairs]));
    const seen = [];
    for (const profile of people) {
      // Who is removed is nobody's to look at until that is undone.
      if (!counted.has(profile)) {
        seen.push(null);
        continue;
      }
      const { total, rows } = await data.list(profile, "", 0, 1000);
      const ties = await data.get({ Ties: { profile, query: "", limit: 0 } });
      seen.push({ counted: counted.get(profile), total, ids: rows.map(({ id }) => id), ties: ties.total });
    }
    return seen;
  }, people);

for (const packaged of [false, true]) {
  test(`changes at random in two tabs leave them agreed, ${packaged ? "the package's" : "the app's"} worker`, { timeout: 600_000 }, async (t) => {
    const seed = Date.now() & 0xffff;
    t.diagnostic(`seed ${seed}`);
    const draw = chance(seed);
    await withStore(async ({ tab }) => {
      const tabs = [await tab(), await tab()];
      const people = await tabs[0].evaluate(async () => [await data.profile("Ada"), await data.profile("Bob"), await data.profile("Cy")]);
      let listed = people.map(() => []);
      const undos = [];
      for (let round = 0; round < ROUNDS; round++) {
        const asked = Array.from({ length: 1 + draw(5) }, () => {
          const who = draw(people.length);
          return { page: tabs[draw(tabs.length)], request: request(draw, people[who], listed[who], undos) };
        });
        const answers = await Promise.all(asked.map(({ page, request }) => page.evaluate((request) => data.ask(request), request)));
        const told = JSON.stringify(asked.map(({ request }) => request));
        for (const { Ok, Err } of answers) {
          if (Err) assert.match(JSON.stringify(Err), EXPECTED, `round ${round}: ${told}`);
          if (Ok?.Deleted) undos.push(Ok.Deleted.undo);
        }
        await new Promise((resolve) => setTimeout(resolve, HEARD));
        const views = await Promise.all(tabs.map((page) => look(page, people)));
        if (round % 10 === 9) {
          const fresh = await tab();
          views.push(await look(fresh, people));
          await fresh.close();
        }
        for (const view of views) {
          assert.deepEqual(view, views[0], `round ${round}: ${told}`);
          for (const { counted, total, ids } of view.filter(Boolean)) {
            assert.deepEqual([counted, new Set(ids).size], [total, total], `round ${round}: ${told}`);
          }
        }
        listed = views[0].map((seen) => seen?.ids ?? []);
      }
    }, { packaged });
  });
}
