// What goes wrong on a caller's side: settings that are null or no good, callbacks that throw, an end in the middle of a
// call. The likeness says so, leaves nothing running, and goes on.

import assert from "node:assert/strict";
import { test } from "node:test";
import { PAIRS, withHost } from "./package-host.mjs";

const MINUTE = 60_000;

test("a createLikeness that fails has a code and leaves no worker running", { timeout: 2 * MINUTE }, async () => {
  await withHost(async ({ page }) => {
    const seen = await page.evaluate(async () => {
      window.started = 0;
      window.alive = new Set();
      window.Worker = class extends Worker {
        constructor(...given) {
          super(...given);
          started += 1;
          alive.add(this);
        }
        terminate() {
          alive.delete(this);
          super.terminate();
        }
      };
      const answer = () => "First";
      const tokens = [0, -1, 0.5, NaN, Infinity, 2 ** 32, "many"].map((contextTokens) => [`${contextTokens} tokens`, { model: { name: "a", answer, contextTokens } }]);
      const wrong = {
        nameless: { model: { answer } },
        "no answer": { model: { name: "a" } },
        both: { model: { answer, local: "/a.gguf" } },
        "no person": { storage: { person: 3 } },
        "no address": { storage: { workerUrl: "http://" } },
        elsewhere: { storage: { workerUrl: "https://elsewhere.example/data_worker_loader.js" } },
        "another script": { storage: { workerUrl: "/probe.js" } },
        "no signal": { signal: "stop" },
        ...Object.fromEntries(tokens),
      };
      const code = (settings) => api.createLikeness(settings).then(() => "made", (error) => (error instanceof api.LikenessError ? error.code : String(error)));
      const codes = {};
      for (const [name, settings] of Object.entries(wrong)) codes[name] = await code(settings);
      const before = started;
      // The core alone knows what a name may be.
      const late = await code({ model: { name: "two words", answer } });
      const most = await code({ model: { name: "a", answer, contextTokens: 2 ** 32 - 1 } });
      return { codes, before, late, most, started, alive: alive.size };
    });
    for (const [name, code] of Object.entries(seen.codes)) assert.equal(code, "invalid", name);
    assert.equal(seen.before, 0, "what is wrong is seen before a worker is started");
    assert.deepEqual([seen.late, seen.most], ["invalid", "made"]);
    assert.deepEqual([seen.started, seen.alive], [2, 1], "of two workers one was ended");
  });
});

test("settings that are null are none, and nothing is thrown before there is a promise", { timeout: 2 * MINUTE }, async () => {
  await withHost(async ({ page }) => {
    const seen = await page.evaluate(async (pairs) => {
      await api.init(null);
      const likeness = await api.createLikeness(null);
      await (await api.createLikeness({ storage: null, model: null, policy: null, signal: null })).destroy();
      const [pair] = pairs;
      const { context } = pair;
      const choice = { context, options: [{ id: "a", content: "One." }, { id: "b", content: "Two." }], chosen: "a" };
      for (const one of pairs) await likeness.record(one, null);
      const [{ id }] = (await likeness.portrait(null)).claims;
      const calls = {
        recordChoice: () => likeness.recordChoice(choice, null),
        supersedes: () => likeness.recordChoice(choice, { supersedes: null, signal: null }),
        takeBack: () => likeness.takeBack(choice, null),
        import: () => likeness.import(JSON.stringify(pair), null),
        importNamed: () => likeness.import(JSON.stringify(pair), { name: null, format: null, user: null, onProgress: null }),
        export: () => likeness.export(null),
        ledger: () => likeness.ledger(null).next(),
        list: () => likeness.claims.list(null),
        pin: () => likeness.claims.pin(id, null),
        restore: () => likeness.claims.restore(id, null),
        refuse: () => likeness.claims.refuse(id, null),
        edit: () => likeness.claims.edit(id, "Short.", null),
        induce: () => likeness.induce(null),
        personalize: () => likeness.personalize(context, null),
        judge: () => likeness.judge(context, "One.", "Two.", null),
        rank: () => likeness.rank(context, ["One.", "Two."], null),
        draftAndPick: () => likeness.draftAndPick(context, null),
        load: () => likeness.models.load(null),
        exportProfile: () => likeness.exportProfile(null),
        importProfile: () => likeness.importProfile(new Blob(["no profile"]), null),
        callback: () => likeness.import("{}", { onProgress: "none" }),
        hostile: () => likeness.portrait({ get signal() { throw new Error("no"); } }),
      };
      const outcomes = {};
      for (const [name, call] of Object.entries(calls)) {
        try {
          outcomes[name] = await call().then(() => "done", (error) => (error instanceof api.LikenessError ? error.code : String(error)));
        } catch (error) {
          outcomes[name] = `thrown at once: ${error}`;
        }
      }
      return outcomes;
    }, PAIRS);
    const { draftAndPick, load, exportProfile, importProfile, callback, hostile, ...rest } = seen;
    assert.deepEqual([draftAndPick, load, exportProfile, callback, hostile], ["no-model", "no-model", "invalid", "invalid", "invalid"]);
    assert.match(importProfile, /^(bad-file|invalid|wrong-passphrase)$/);
    for (const [name, outcome] of Object.entries(rest)) assert.equal(outcome, "done", name);
  });
});

/** A likeness with the sample and a model that answers at once, unless `hold` says that it should not. */
const withAnswers = (page) => page.evaluate(async (pairs) => {
  window.reported = [];
  addEventListener("error", (event) => {
    reported.push(event.error.message);
    event.preventDefault();
  });
  window.hold = false;
  window.signals = [];
  const answer = async ({ messages, signal }) => {
    signals.push(signal);
    if (hold) await new Promise(() => {});
    const last = messages.at(-1).content;
    if (/line "Preferred: First"/.test(last)) return "One is shorter than the other.\nPreferred: First";
    if (/Write at most \d+ lines/.test(last)) return "You prefer shorter answers.\nYou prefer plain words.";
    return /tea/.test(last) ? `Draft ${signals.length}.` : "First";
  };
  window.likeness = await api.createLikeness({ model: { name: "hosts", answer } });
  for (const pair of pairs) await likeness.record(pair);
}, PAIRS);

test("a callback that throws is reported, and changes nothing else", { timeout: 3 * MINUTE }, async () => {
  await withHost(async ({ page }) => {
    await withAnswers(page);
    const seen = await page.evaluate(async (pair) => {
      const fails = (what) => () => {
        throw new Error(`of the host's own: ${what}`);
      };
      let heard = 0;
      likeness.on("history", fails("on"));
      likeness.on("history", () => (heard += 1));
      await likeness.record({ ...pair, chosen: "Another one." });
      const messages = [{ role: "user", content: "Of tea." }];
      const { ranked } = await likeness.draftAndPick(messages, { n: 3, onDraft: fails("onDraft") });
      const drafting = likeness.draftAndPick(messages, { n: 2, onDraft: fails("read") });
      const read = [];
      for await (const draft of drafting) read.push(draft.content);
      const portrait = await likeness.induce({ candidates: 1, onProgress: fails("induce") });
      const imported = await likeness.import(await likeness.export(), { onProgress: fails("import") });
      return { heard, drafts: ranked.length, read: read.length, model: portrait.model, known: imported.known, reported: [...new Set(reported)] };
    }, PAIRS[0]);
    assert.ok(seen.heard > 0, "the other listener hears it");
    assert.deepEqual([seen.drafts, seen.read], [3, 2], "no draft is lost");
    assert.match(seen.model, /hosts/);
    assert.ok(seen.known > 0);
    const expected = ["import", "induce", "on", "onDraft", "read"].map((what) => `of the host's own: ${what}`);
    assert.deepEqual(seen.reported.sort(), expected);
  }, { allowedErrors: [/of the host's own/] });
});

test("an end in the middle: calls say so, a page's function is told, and nobody can listen any more", { timeout: 3 * MINUTE }, async () => {
  await withHost(async ({ page }) => {
    await withAnswers(page);
    const seen = await page.evaluate(async () => {
      const code = (call) => call.then(() => "done", (error) => error.code ?? String(error));
      hold = true;
      signals.length = 0;
      const drafting = code(likeness.draftAndPick([{ role: "user", content: "Of tea." }], { n: 2 }));
      const inducing = code(likeness.induce({ candidates: 1 }));
      while (signals.length < 3) await new Promise((resolve) => setTimeout(resolve, 20));
      const waiting = [code(likeness.portrait()), code(likeness.export())];
      likeness.destroy();
      const told = signals.filter((signal) => signal.aborted).length;
      let on;
      try {
        on = likeness.on("history", () => {});
      } catch (error) {
        on = error.code;
      }
      likeness.destroy();
      return { codes: await Promise.all([drafting, inducing, ...waiting, code(likeness.record({})), code(likeness.induce())]), told, asked: signals.length, on };
    });
    assert.deepEqual(seen.codes, Array(6).fill("destroyed"));
    assert.equal(seen.told, seen.asked, "whoever answers is told that nobody waits");
    assert.equal(seen.on, "destroyed");
  });
});

test("an import that is stopped keeps what it had, and the same file brings the rest", { timeout: 3 * MINUTE }, async () => {
  await withHost(async ({ page }) => {
    const seen = await page.evaluate(async () => {
      const likeness = await api.createLikeness();
      const count = 20_000;
      const text = Array.from({ length: count }, (_, at) =>
        JSON.stringify({ context: [{ role: "user", content: `Question ${at}` }], chosen: `canary ${at}`, rejected: "Another one." })).join("\n");
      // What a page hands over as a text goes to the worker by reference, never as a message that is copied.
      const posted = [];
      const { postMessage } = Worker.prototype;
      Worker.prototype.postMessage = function (message, ...rest) {
        posted.push(JSON.stringify(message));
        return postMessage.call(this, message, ...rest);
      };
      const stop = new AbortController();
      const stopped = await likeness.import(text, { signal: stop.signal, onProgress: () => stop.abort("enough") }).catch((error) => error);
      const { imported, known, read } = await likeness.import(text);
      return { count, stopped, imported, known, read, copied: posted.some((message) => message.includes("canary")), posted: posted.length };
    });
    assert.equal(seen.stopped, "enough");
    assert.equal(seen.imported + seen.known, seen.count, JSON.stringify(seen));
    assert.equal(seen.read, seen.count);
    assert.ok(seen.posted > 0 && !seen.copied, "the text is in no message");
  });
});
