// What a page hands over by mistake or malice: every call ends in what it promises or in a `LikenessError`, no panic
// comes out of the wasm, and the likeness goes on.

import assert from "node:assert/strict";
import { test } from "node:test";
import { PAIRS, withHost } from "./package-host.mjs";

const MINUTE = 60_000;

test("whatever a page hands over, no panic crosses and the likeness goes on", { timeout: 5 * MINUTE }, async () => {
  await withHost(async ({ page }) => {
    const said = [];
    page.on("console", (message) => said.push(message.text()));
    const { outcomes, strange, before, after } = await page.evaluate(async (pairs) => {
      const likeness = await api.createLikeness({ storage: { person: "Mallory" } });
      for (const pair of pairs) await likeness.record(pair);
      const cyclic = {};
      cyclic.self = cyclic;
      const deep = {};
      for (let i = 0, at = deep; i < 20_000; i++) at = at.context = {};
      const hostile = new Proxy({}, { get: () => { throw new Error("no"); }, ownKeys: () => { throw new Error("no"); } });
      const message = { role: "user", content: "Hello?" };
      const values = {
        undefined: undefined, null: null, zero: 0, minus: -1, half: 0.5, NaN: NaN, infinite: Infinity, huge: 1e308, bigint: 2n ** 80n,
        empty: "", word: "x", half_a_pair: "\ud800", controls: "\u0000\u202e\ufeff", long: "ä".repeat(300_000), yes: true,
        symbol: Symbol("s"), function: () => { throw new Error("no"); }, list: [], holes: [, , 1], object: {}, cyclic, deep, hostile,
        date: new Date(NaN), map: new Map([["context", []]]), bytes: new Uint8Array(9), blob: new Blob(["\x00{"]), promise: Promise.resolve(1),
        getter: { get context() { throw new Error("no"); }, chosen: "a", rejected: "b" },
        roles: { context: [{ role: "user\ud800", content: null }], chosen: "a", rejected: "b" },
        context: [message], odd_context: [message, undefined], numbers: { context: [message], chosen: 1, rejected: 2 },
      };
      const calls = {
        record: (x) => likeness.record(x),
        recordContext: (x) => likeness.record({ context: x, chosen: "a", rejected: "b" }),
        recordNote: (x) => likeness.record({ context: [message], chosen: "a", rejected: "b", note: x }),
        recordOrigin: (x) => likeness.record({ context: [message], chosen: "a", rejected: "b", origin: x }),
        pairs: (x) => likeness.pairs(x),
        recordChoice: (x) => likeness.recordChoice(x),
        recordOptions: (x) => likeness.recordChoice({ context: [message], options: x, chosen: "a" }),
        supersedes: (x) => likeness.recordChoice({ context: [message], options: [{ id: "a", content: "A" }, { id: "b", content: "B" }], chosen: "a" }, { supersedes: x }),
        takeBack: (x) => likeness.takeBack(x),
        import: (x) => likeness.import(x),
        importNamed: (x) => likeness.import("{}", { name: x, format: x, user: x }),
        exportProfile: (x) => likeness.exportProfile({ passphrase: x?.length > 1000 ? "" : x }),
        importProfile: (x) => likeness.importProfile(x, { passphrase: "p" }),
        ledger: async (x) => { for await (const _ of likeness.ledger({ words: x })) break; },
        edit: (x) => likeness.claims.edit(x, x),
        pin: (x) => likeness.claims.pin(x),
        remove: (x) => likeness.models.remove(x),
        search: (x) => likeness.induce({ search: x, seed: x, candidates: x }),
        personalize: (x) => likeness.personalize(x),
        judge: (x) => likeness.judge(x, x, x),
        judgeAnswers: (x) => likeness.judge([message], x, "b"),
        rank: (x) => likeness.rank(x, x),
        rankCandidates: (x) => likeness.rank([message], x),
        rankWhy: (x) => likeness.rank([message], ["a", "b"], { why: x }),
        judgeWhy: (x) => likeness.judge([message], "a", "b", { why: x }),
        draftAndPick: (x) => likeness.draftAndPick(x, { n: x }),
        on: async (x) => likeness.on(x, x),
        signal: (x) => likeness.portrait({ signal: x }),
        exportSignal: (x) => likeness.export({ signal: x }),
        create: async (x) => (await api.createLikeness({ storage: { person: x } })).destroy(),
        createModel: async (x) => (await api.createLikeness({ model: x })).destroy(),
      };
      const shown = await likeness.portrait();
      const outcomes = {};
      const strange = [];
      for (const [name, call] of Object.entries(calls)) {
        for (const [kind, value] of Object.entries(values)) {
          const stuck = new Promise((settle) => setTimeout(settle, 10_000, "stuck"));
          const outcome = await Promise.race([
            (async () => call(value))().then(() => "done", (error) => {
              if (error instanceof api.LikenessError) return error.code;
              // What the page's own value throws is the page's; so is what no JavaScript can turn into words or copy.
              if (error?.message === "no") return "its own";
              return `${error?.name}: ${error?.message}`;
            }),
            stuck,
          ]);
          outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
          if (!/^[a-z-]+$|^its own$/.test(outcome) || ["internal", "stuck"].includes(outcome)) strange.push(`${name}(${kind}): ${outcome}`);
        }
      }
      const last = await likeness.portrait();
      const judged = await likeness.judge([message], "Hello.", "Well, hello to you, and welcome.");
      return { outcomes, strange, before: shown.pairs, after: { pairs: last.pairs, judged: typeof judged.first } };
    }, PAIRS);
    console.log(JSON.stringify(outcomes));
    assert.deepEqual(strange, []);
    assert.ok(outcomes.done > 10 && outcomes.invalid > 100, JSON.stringify(outcomes));
    assert.ok(after.pairs >= before, "nothing that was there is lost");
    assert.equal(after.judged, "number");
    assert.deepEqual(said.filter((line) => /panicked|unreachable/.test(line)), []);
  });
});
