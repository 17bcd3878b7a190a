// A signal ends every call of the package at once, whatever the call waits for: here that is a data worker which is told
// nothing any more, so that no call ends by itself.

import assert from "node:assert/strict";
import { test } from "node:test";
import { PAIRS, withHost } from "./package-host.mjs";

const MINUTE = 60_000;

/** In the page: `outcome` says what a call came to, `reason` is what its signal was aborted with. */
const setUp = () => {
  window.reason = new Error("enough");
  window.outcome = (call) => {
    const late = new Promise((settle) => setTimeout(settle, 2000, "hangs"));
    const ended = Promise.resolve(call).then(() => "done", (error) => (error === reason ? "left" : `${error?.code}: ${error?.message}`));
    return Promise.race([ended, late]);
  };
  // Workers that were started and have not been ended.
  window.alive = new Set();
  window.Worker = class extends Worker {
    constructor(...given) {
      super(...given);
      alive.add(this);
    }
    terminate() {
      alive.delete(this);
      super.terminate();
    }
  };
};

test("whatever a call waits for, its signal ends it at once with its reason", { timeout: 3 * MINUTE }, async () => {
  await withHost(async ({ page }) => {
    await page.evaluate(setUp);
    const seen = await page.evaluate(async (pairs) => {
      const context = [{ role: "user", content: "Where?" }];
      const options = [{ id: "a", content: "Here." }, { id: "b", content: "There." }];
      // The page's function answers the first time, and never after that; it does not look at its signal.
      let isQuiet = false;
      const answer = () => (isQuiet ? new Promise(() => {}) : "First");
      const likeness = await api.createLikeness({ model: { name: "hosts", answer } });
      const local = await api.createLikeness({ model: { local: new Blob(["no model"]) } });
      for (const pair of pairs) await likeness.record(pair);
      await likeness.judge(context, "Here.", "There.", { askModel: true });
      const { value: line } = await likeness.ledger().next();
      const [{ id }] = (await likeness.portrait()).claims;
      const file = await likeness.export();
      const calls = {
        record: (settings) => likeness.record(pairs[0], settings),
        recordChoice: (settings) => likeness.recordChoice({ context, options, chosen: "a" }, settings),
        takeBack: (settings) => likeness.takeBack({ context, options, chosen: "a" }, settings),
        pairs: (settings) => likeness.pairs([], settings),
        import: (settings) => likeness.import(file, settings),
        importText: (settings) => likeness.import("{}", settings),
        export: (settings) => likeness.export(settings),
        exportProfile: (settings) => likeness.exportProfile({ passphrase: "p", ...settings }),
        importProfile: (settings) => likeness.importProfile(file, { passphrase: "p", ...settings }),
        ledger: (settings) => likeness.ledger(settings).next(),
        body: (settings) => line.body(settings),
        portrait: (settings) => likeness.portrait(settings),
        "claims.list": (settings) => likeness.claims.list(settings),
        "claims.edit": (settings) => likeness.claims.edit(id, "Short.", settings),
        "claims.pin": (settings) => likeness.claims.pin(id, settings),
        "claims.refuse": (settings) => likeness.claims.refuse(id, settings),
        "claims.restore": (settings) => likeness.claims.restore(id, settings),
        induce: (settings) => likeness.induce(settings),
        personalize: (settings) => likeness.personalize(context, settings),
        judge: (settings) => likeness.judge(context, "a", "b", settings),
        askModel: (settings) => likeness.judge(context, "a", "b", { askModel: true, ...settings }),
        rank: (settings) => likeness.rank(context, ["a", "b"], settings),
        draftAndPick: (settings) => likeness.draftAndPick(context, settings),
        localDraftAndPick: (settings) => local.draftAndPick(context, settings),
        "models.load": (settings) => local.models.load(settings),
        "models.list": (settings) => likeness.models.list(settings),
        "models.unload": (settings) => likeness.models.unload(settings),
        "models.remove": (settings) => likeness.models.remove("a.gguf", settings),
        createLikeness: (settings) => api.createLikeness({ storage: { person: "Ada" }, ...settings }),
      };
      const methods = (of, before = "") => Object.keys(of).map((name) => before + name);
      const own = Object.getOwnPropertyNames(Object.getPrototypeOf(likeness));
      const all = [...own, ...methods(likeness.claims, "claims."), ...methods(likeness.models, "models.")];
      const missed = all.filter((name) => !(name in calls) && !["constructor", "on", "destroy"].includes(name));

      const already = alive.size;
      const outcomes = {};
      isQuiet = true;
      Worker.prototype.postMessage = () => {};
      for (const [name, call] of Object.entries(calls)) {
        outcomes[name] = [await outcome(call({ signal: AbortSignal.abort(reason) }))];
        for (const wait of [0, 30]) {
          const stop = new AbortController();
          const called = call({ signal: stop.signal });
          if (wait > 0) setTimeout(() => stop.abort(reason), wait);
          else stop.abort(reason);
          outcomes[name].push(await outcome(called));
        }
      }
      // Steps that are read hear of it too.
      const stop = new AbortController();
      const steps = (async () => {
        for await (const step of likeness.induce({ signal: stop.signal })) void step;
      })();
      stop.abort(reason);
      return { outcomes, missed, steps: await outcome(steps), left: alive.size - already };
    }, PAIRS);
    assert.deepEqual(seen.missed, [], "every call is in the table");
    for (const [name, outcomes] of Object.entries(seen.outcomes)) assert.deepEqual(outcomes, ["left", "left", "left"], name);
    assert.equal(seen.steps, "left");
    assert.equal(seen.left, 0, "a createLikeness that was left leaves no worker behind");
  });
});

test("init is left alone by a signal, and goes on for others", { timeout: MINUTE }, async () => {
  await withHost(async ({ page, requests }) => {
    await page.evaluate(setUp);
    const seen = await page.evaluate(async () => {
      const before = await outcome(api.init({ signal: AbortSignal.abort(reason) }));
      const stop = new AbortController();
      const left = api.init({ signal: stop.signal });
      const other = api.init();
      stop.abort(reason);
      return [before, await outcome(left), await outcome(other)];
    });
    assert.deepEqual(seen, ["left", "left", "done"]);
    assert.equal(requests.filter(({ url }) => url.endsWith("core_bg.wasm")).length, 1);
  });
});
