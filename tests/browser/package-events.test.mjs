// What `on` tells: each event once something of its kind changed, here and in another page of the same origin, and
// nothing more once it was told to stop.

import assert from "node:assert/strict";
import { test } from "node:test";
import { PAIRS, withHost } from "./package-host.mjs";

const MINUTE = 60_000;
const EVENTS = ["history", "portrait", "models", "ledger", "everything", "outdated"];

/** Makes `window.likeness` and counts what it tells: in `heard`, and in `stopped` by a listener that was told to stop. */
const listen = (page) => page.evaluate(async (events) => {
  window.likeness = await api.createLikeness({ model: { name: "hosts", answer: () => "First" } });
  window.heard = Object.fromEntries(events.map((event) => [event, 0]));
  window.stopped = [];
  for (const event of events) {
    likeness.on(event, () => (heard[event] += 1));
    const stop = likeness.on(event, () => stopped.push(event));
    stop();
    // Once more does nothing.
    stop();
  }
  window.other = await api.createLikeness({ storage: { person: "Grace" } });
  window.others = [];
  for (const event of ["history", "portrait"]) other.on(event, () => others.push(event));
}, EVENTS);

/** The pages hear of this event once `act` is done, and of none of the rest. */
async function assertHeard(event, pages, act, rest = EVENTS) {
  // What an earlier change may still tell has come by then.
  await pages[0].waitForTimeout(300);
  for (const page of pages) await page.evaluate(() => Object.keys(heard).forEach((name) => (heard[name] = 0)));
  await act();
  for (const page of pages) {
    await page.waitForFunction((event) => heard[event] > 0, event);
    const others = await page.evaluate(() => Object.keys(heard).filter((name) => heard[name] > 0));
    assert.deepEqual(others.filter((name) => name !== event && rest.includes(name)), [], event);
  }
}

test("each event is told here and in a second page, to whoever has not stopped it", { timeout: 3 * MINUTE }, async () => {
  await withHost(async ({ page, url }) => {
    const second = await page.context().newPage();
    await second.goto(url);
    await second.waitForFunction(() => window.ready);
    const pages = [page, second];
    for (const one of pages) await listen(one);

    await assertHeard("history", pages, () => page.evaluate(async (pairs) => {
      for (const pair of pairs) await likeness.record(pair);
    }, PAIRS));
    await assertHeard("portrait", pages, () => page.evaluate(async () => {
      const [{ id }] = await likeness.claims.list();
      await likeness.claims.pin(id);
    }));
    await assertHeard("ledger", pages, () =>
      page.evaluate(() => likeness.judge([{ role: "user", content: "Where?" }], "Here.", "There.", { askModel: true })));
    await assertHeard("models", [page], () => page.evaluate(() => likeness.models.unload()));

    // The app deletes everything: what it tells other pages is sent here, and no more.
    await assertHeard("everything", pages, () => page.evaluate(() => {
      const channel = new BroadcastChannel("likeness");
      channel.postMessage(JSON.stringify("Everything"));
      channel.close();
    }), ["outdated"]);
    for (const one of pages) assert.equal(await one.evaluate(async () => (await likeness.portrait()).pairs), PAIRS.length, "it asks anew");

    // A later version of the package opens the store.
    await assertHeard("outdated", pages, () => page.evaluate(() => new Promise((settle, fail) => {
      const opening = indexedDB.open("likeness", 99);
      Object.assign(opening, { onsuccess: () => settle(), onerror: fail });
    })), ["everything"]);
    for (const one of pages) {
      assert.match(await one.evaluate(() => likeness.portrait().catch(({ code }) => code)), /^(outdated|too-new)$/);
      assert.deepEqual(await one.evaluate(() => [stopped, others]), [[], []], "nobody else's, and nothing after the stop");
    }
  });
});
