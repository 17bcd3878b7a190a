// What the data worker keeps of remote models, and what it does where one is asked: two tabs that add some at once, a job that
// is stopped while it waits for another tab, choices without a winner that nothing may quote.

import assert from "node:assert/strict";
import { test } from "node:test";
import { pairs, withStore } from "./data-worker.mjs";
import { quickClock } from "./quick-clock.mjs";
import { openModel } from "./remote-server.mjs";

/** A remote model that the worker may ask, and tabs whose worker runs `before` first. */
async function withRemoteModel(body, { choose, before } = {}) {
  const server = await openModel(choose);
  try {
    await withStore((person) => body({ ...person, server }), { before, serving: { options: ["--allow", server.origin] } });
  } finally {
    await server.stop();
  }
}

test("two tabs that add remote models at once lose none of them, nor a key", async () => {
  // However fast: as if all of it were done within a millisecond.
  const before = "Date.now = () => 1_764_000_000_000;";
  await withStore(async ({ tab }) => {
    const tabs = [await tab({ changed: true }), await tab({ changed: true })];
    const adding = (page, name) =>
      page.evaluate(async (name) => {
        const add = (at) => data.addRemote("http://127.0.0.1:1/v1", { model: `${name}-${at}`, key: at % 2 ? "sk-test" : null });
        await Promise.all(Array.from({ length: 8 }, (_, at) => add(at)));
      }, name);
    await Promise.all([adding(tabs[0], "here"), adding(tabs[1], "there")]);
    for (const page of tabs) {
      const all = await page.evaluate(() => data.get("Endpoints"));
      const names = ["here", "there"].flatMap((name) => Array.from({ length: 8 }, (_, at) => `${name}-${at}`));
      assert.deepEqual(all.map(({ model }) => model).sort(), names);
      assert.equal(new Set(all.map(({ id }) => id)).size, all.length, "each has an id of its own");
      assert.ok(all.every(({ model, has_key }) => has_key === Boolean(model.at(-1) % 2)), JSON.stringify(all));
    }
    const removing = (page, name) =>
      page.evaluate(async (name) => {
        const all = await data.get("Endpoints");
        const own = all.filter(({ model }) => model.startsWith(name));
        await Promise.all(own.slice(1).map(({ id }) => data.get({ RemoveEndpoint: { id } })));
      }, name);
    await Promise.all([removing(tabs[0], "here"), removing(tabs[1], "there")]);
    const left = await tabs[0].evaluate(() => data.get("Endpoints"));
    assert.equal(left.length, 2, JSON.stringify(left));
  }, { before });
});

test("whoever waits for the lock and waits no more does not have it: then every tab writes on", async () => {
  await withRemoteModel(async ({ tab, server }) => {
    const [page, other] = [await tab(), await tab()];
    const me = await page.evaluate((text) => data.profile("Ada").then(async (me) => (await data.importText(me, text), me)), pairs(8));
    await other.evaluate(() => {
      window.held = navigator.locks.request("likeness-write", () => new Promise((done) => (window.release = done)));
    });
    const answer = await page.evaluate(async ([me, endpoint]) => {
      const [{ id }] = await data.addRemote(endpoint);
      const inducing = data.ask({ Induce: { profile: me, settings: { search: "small", seed: 1, candidates: 1, remote: id } } });
      const waits = async () => (await navigator.locks.query()).pending.some(({ name }) => name === "likeness-write");
      while (!(await waits())) await new Promise((done) => setTimeout(done, 10));
      data.cancelLast();
      return inducing;
    }, [me, server.endpoint]);
    assert.deepEqual(answer, { Err: "Cancelled" });
    await other.evaluate(() => (window.release(), window.held));
    for (const [at, writer] of [page, other].entries()) {
      const written = writer.evaluate(([me, at]) => data.get({ SavePair: { profile: me, pair: { context: [], chosen: `one ${at}`, rejected: "other" } } }), [me, at]);
      const late = new Promise((_, reject) => setTimeout(reject, 5_000, new Error(`tab ${at} can't write`)));
      assert.equal((await Promise.race([written, late]))[0].chosen, `one ${at}`);
    }
    assert.deepEqual(await page.evaluate(async () => (await navigator.locks.query()).held), []);
  });
});

test("what quotes a choice without a winner does not leave, until nobody has it any more", async () => {
  // Ten seconds in which a deletion can be undone are half a second there.
  await withRemoteModel(async ({ tab, server }) => {
    const page = await tab({ changed: true });
    const words = "the kettle whistles twice before the marmalade is carried to the northern window";
    const seen = await page.evaluate(async ([endpoint, words]) => {
      const people = [await data.profile("Ada"), await data.profile("Bob")];
      const [{ id }] = await data.addRemote(endpoint);
      const answers = [{ id: "a", content: `Well, ${words}.` }, { id: "b", content: "It does not." }];
      const choice = { context: [{ role: "user", content: "What happens?" }], answers, outcome: { kind: "all_good" } };
      for (const profile of people) await data.get({ RecordChoice: { profile, choice } });
      const say = async () => {
        const saying = { endpoint: id, question: `Is it so that ${words}?`, about: null, answers: 1 };
        const answer = await data.ask({ Say: { profile: people[0], saying } });
        return Object.keys(answer.Ok ?? answer.Err).join();
      };
      const gone = async (profile) => {
        const { until_ms } = await data.get({ DeleteTies: { profile } });
        const whileItCanBeUndone = await say();
        const kept = async () => (await data.everything()).filter((text) => text.startsWith("choices: {")).length;
        const before = await kept();
        for (const end = Date.now() + 10_000; (await kept()) === before && Date.now() < end; ) await new Promise((done) => setTimeout(done, 50));
        return [whileItCanBeUndone, until_ms > 0, before - (await kept())];
      };
      return [await say(), await gone(people[0]), await say(), await gone(people[1]), await say()];
    }, [server.endpoint, words]);
    assert.deepEqual(seen, ["Quotes", ["Quotes", true, 1], "Quotes", ["Quotes", true, 1], "Chat"]);
    assert.equal(server.questions().length, 1);
  }, { before: quickClock(20) });
});
