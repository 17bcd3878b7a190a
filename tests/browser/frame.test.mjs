// The frame: what a host may do that the person has granted something, and what a hostile page gets, which is nothing.

import assert from "node:assert/strict";
import { test } from "node:test";
import { connect, decide, frameOf, grant, outcome, withFrames } from "./frame-host.mjs";
import { screenshots } from "./harness.mjs";
import { PAIRS } from "./package-host.mjs";

const MINUTE = 60_000;
const SHORT = "Paris.";
const LONG = "Great question! The capital of France, as you may well know, is of course the city of Paris. ".repeat(3);

test("a good host: granted, it records, and gets portrait, prompt, ranking and its own pairs", { timeout: 3 * MINUTE }, async () => {
  await withFrames(async ({ browser, host, frameUrl, requests, url }) => {
    const page = await host("chat");
    await connect(page, frameUrl);
    assert.deepEqual(await outcome(page, "access"), []);
    assert.equal(await outcome(page, "portrait"), "not-granted");
    assert.ok(!requests.some(({ url }) => /wasm/.test(url)), "nothing is started for a page that nothing was granted");
    assert.deepEqual(await grant(browser, page, ["portrait"]), ["portrait"]);
    assert.equal(await outcome(page, "record", PAIRS[0]), "not-granted");
    assert.deepEqual(await grant(browser, page, ["rank", "record", "portrait"]), ["record", "portrait", "rank"]);

    const seen = await page.evaluate(async ({ pairs, SHORT, LONG }) => {
      let changes = 0;
      likeness.on("portrait", () => (changes += 1));
      const ids = [];
      for (const pair of pairs) ids.push(await likeness.record(pair));
      const context = [{ role: "user", content: "What is the capital of France?" }];
      const options = [{ id: "a", content: "one" }, { id: "b", content: "two" }];
      const chosen = await likeness.recordChoice({ context, options, chosen: "b", origin: "https://forged.example" });
      const tie = await likeness.recordChoice({ context, options, none: "all-bad" });
      const told = await likeness.personalize(context);
      const [portrait, ranked, judged] = [await likeness.portrait(), await likeness.rank(context, [LONG, SHORT]), await likeness.judge(context, LONG, SHORT)];
      const stop = new AbortController();
      const stopped = likeness.rank(context, [LONG, SHORT], { signal: stop.signal }).catch((error) => error);
      stop.abort("enough");
      return { ids, chosen, tie, told, portrait, ranked, judged, stopped: await stopped, own: await likeness.pairs(), changes };
    }, { pairs: PAIRS, SHORT, LONG });
    assert.equal(new Set(seen.ids).size, PAIRS.length);
    assert.equal(seen.chosen.length, 1);
    assert.deepEqual(seen.tie, []);
    assert.equal(seen.portrait.pairs, PAIRS.length + 1);
    assert.ok(seen.portrait.claims.length > 0);
    assert.equal(seen.told.length, 2);
    for (const { text } of seen.portrait.claims) assert.ok(seen.told[0].content.includes(text.replace(/^You/, "They")), text);
    // The sample's person prefers answers without a flattering start and with fewer hedges.
    assert.deepEqual(seen.ranked.map(({ content, index }) => [content, index]), [[SHORT, 1], [LONG, 0]]);
    assert.ok(seen.judged.first < 0.45 && seen.ranked[0].liked > 0.55, `${seen.judged.first} ${seen.ranked[0].liked}`);
    assert.equal(seen.judged.first, Math.round(seen.judged.first * 100) / 100, "two decimals");
    assert.equal(seen.stopped, "enough");
    assert.equal(seen.own.length, PAIRS.length + 1);
    assert.deepEqual(Object.keys(seen.own[0]).sort(), ["chosen", "context", "id", "rejected"]);
    assert.ok(seen.changes > 0);
    // Whatever the host says, the history says where a choice was made.
    const file = await frameOf(page).evaluate(async () => (await (await window.likenessHeld.likeness()).export()).text());
    assert.ok(!file.includes("forged"));
    assert.ok(file.includes(JSON.stringify(new URL(url("chat")).origin)));

    // The frame of another site has a partition of its own: history and grants do not follow.
    const top = await browser.newPage();
    await top.goto(frameUrl);
    await top.getByText("No page may use your likeness.").waitFor();
    await top.getByText("From 0 choices.").waitFor();
    await screenshots(top, "empty");
    await page.evaluate(() => likeness.destroy());
    assert.equal(await outcome(page, "portrait"), "destroyed");
    assert.equal(await page.locator("iframe").count(), 0);
  });
});

test("a no is a no, and what was unticked is not given", { timeout: 2 * MINUTE }, async () => {
  await withFrames(async ({ browser, host, frameUrl }) => {
    const page = await host("chat");
    await connect(page, frameUrl);
    const refused = outcome(page, "requestAccess", ["portrait"]);
    await decide(browser, page, "Don't allow");
    assert.equal(await refused, "not-granted");
    const later = outcome(page, "requestAccess", ["portrait"]);
    await page.frameLocator("iframe").getByRole("button", { name: "Not now" }).click();
    assert.equal(await later, "not-granted");
    const some = outcome(page, "requestAccess", ["record", "portrait", "rank"]);
    await decide(browser, page, "Allow", ["portrait", "rank"]);
    assert.deepEqual(await some, ["record"]);
    assert.equal(await outcome(page, "portrait"), "not-granted");
    assert.equal(await outcome(page, "requestAccess", ["rank"]), "rate-limited", "who said no is not asked for ever");
    assert.deepEqual(await outcome(page, "requestAccess", ["record"]), ["record"], "what is granted is not asked");
  });
});

test("a click that comes too early allows nothing, and a frame can't be clicked into a grant", { timeout: 2 * MINUTE }, async () => {
  await withFrames(async ({ browser, host, frameUrl }) => {
    const page = await host("chat");
    await connect(page, frameUrl);
    const asking = outcome(page, "requestAccess", ["rank"]);
    const frame = page.frameLocator("iframe");
    await frame.getByRole("button", { name: "Review…" }).waitFor();
    const buttons = await frame.getByRole("button").allTextContents();
    assert.deepEqual(buttons, ["Review…", "Not now"], "in the frame there is nothing to allow with");
    const opening = browser.waitForEvent("page");
    await frame.getByRole("button", { name: "Review…" }).click();
    const popup = await opening;
    const allow = popup.getByRole("button", { name: "Allow", exact: true });
    await allow.waitFor();
    assert.equal(await allow.isDisabled(), true);
    await allow.click({ force: true });
    // A click that no person made counts for nothing either.
    await popup.waitForFunction(() => !document.querySelector("button.main").disabled);
    await popup.evaluate(() => document.querySelector("button.main").click());
    assert.deepEqual(await outcome(page, "access"), []);
    await screenshots(popup, "question");
    // The window may be gone before the click has been reported.
    await allow.click().catch((error) => assert.match(error.message, /has been closed/));
    assert.deepEqual(await asking, ["rank"]);
  });
});

test("where there is no frame to be had, the code says so", { timeout: MINUTE }, async () => {
  await withFrames(async ({ host, frameUrl, url }) => {
    const page = await host("chat");
    const codes = await page.evaluate(
      async ({ frameUrl, own, missing }) => {
        const failed = (settings) => api.connectLikeness({ timeoutMs: 1000, ...settings }).catch(({ code, message }) => code ?? message);
        const stop = AbortSignal.abort(new Error("enough"));
        return [await failed({}), await failed({ url: own }), await failed({ url: missing }), await failed({ url: frameUrl, signal: stop })];
      },
      { frameUrl, own: url("chat"), missing: `${url("likeness")}nothing` },
    );
    assert.deepEqual(codes, ["invalid", "invalid", "no-frame", "enough"]);
    assert.equal(await page.locator("iframe").count(), 0);
    // A frame that the page made, already loaded, and loaded again later.
    const again = await page.evaluate(async (src) => {
      const frame = Object.assign(document.createElement("iframe"), { src });
      await new Promise((onload) => document.body.append(Object.assign(frame, { onload })));
      const likeness = await api.connectLikeness({ frame });
      const before = await likeness.access();
      frame.src = src;
      await new Promise((onload) => Object.assign(frame, { onload }));
      const after = await likeness.access().catch(() => likeness.access());
      likeness.destroy();
      return [before, after, frame.isConnected];
    }, frameUrl);
    assert.deepEqual(again, [[], [], true]);
  }, [/404/]);
});

test("a frame that goes or shows something else ends the calls that wait for it, and one that comes back answers again", { timeout: 2 * MINUTE }, async () => {
  await withFrames(async ({ host, frameUrl, url }) => {
    const page = await host("chat");
    const seen = await page.evaluate(async ({ url, other }) => {
      const failed = (call) => {
        const late = new Promise((settle) => setTimeout(settle, 20_000, "hangs"));
        return Promise.race([call.then(() => "answered", (error) => (error instanceof api.LikenessError ? error.code : error.name)), late]);
      };
      // What runs by the second is over once nobody waits.
      const running = new Set();
      const [set, clear] = [setInterval, clearInterval];
      window.setInterval = (...given) => {
        const timer = set(...given);
        running.add(timer);
        return timer;
      };
      window.clearInterval = (timer) => (running.delete(timer), clear(timer));
      const likeness = await api.connectLikeness({ url, timeoutMs: 8000 });
      const { frame } = likeness;
      // Nobody answers this question while the frame goes.
      const asking = failed(likeness.requestAccess(["rank"]));
      await new Promise((resolve) => setTimeout(resolve, 500));
      frame.remove();
      const removed = [await asking, await failed(likeness.access())];
      const idle = running.size;
      document.body.append(frame);
      const back = await failed(likeness.access());
      const again = failed(likeness.requestAccess(["rank"]));
      await new Promise((resolve) => setTimeout(resolve, 500));
      frame.src = other;
      const elsewhere = [await again, await failed(likeness.access())];
      const stop = new AbortController();
      const greeting = failed(likeness.access({ signal: stop.signal }));
      stop.abort();
      const left = await greeting;
      frame.src = url;
      await new Promise((resolve) => frame.addEventListener("load", resolve, { once: true }));
      const home = await failed(likeness.access());
      likeness.destroy();
      let on;
      try {
        on = likeness.on("access", () => {});
      } catch ({ code }) {
        on = code;
      }
      return { removed, idle, back, elsewhere, left, home, on, ended: await failed(likeness.access()), running: running.size };
    }, { url: frameUrl, other: `${url("likeness")}nothing` });
    assert.deepEqual(seen, {
      removed: ["no-frame", "no-frame"], idle: 0, back: "answered", elsewhere: ["no-frame", "no-frame"], left: "AbortError",
      home: "answered", on: "destroyed", ended: "destroyed", running: 0,
    });
  }, [/404/]);
});

test("a signal ends every call at once, whatever the frame does; null settings are none", { timeout: 2 * MINUTE }, async () => {
  await withFrames(async ({ host, frameUrl }) => {
    const page = await host("chat");
    await connect(page, frameUrl);
    const outcomes = await page.evaluate(async (pair) => {
      const { context, chosen, rejected } = pair;
      const choice = { context, options: [{ id: "a", content: chosen }, { id: "b", content: rejected }], chosen: "a" };
      const calls = {
        access: (settings) => likeness.access(settings),
        requestAccess: (settings) => likeness.requestAccess(["rank"], settings),
        record: (settings) => likeness.record(pair, settings),
        recordChoice: (settings) => likeness.recordChoice(choice, settings),
        pairs: (settings) => likeness.pairs(settings),
        portrait: (settings) => likeness.portrait(settings),
        personalize: (settings) => likeness.personalize(context, settings),
        judge: (settings) => likeness.judge(context, chosen, rejected, settings),
        rank: (settings) => likeness.rank(context, [chosen, rejected], settings),
      };
      const code = (call) => call.then(() => "done", (error) => error?.code ?? error);
      const outcomes = { null: [await code(calls.access(null)), await code(calls.rank(null))] };
      // From here on the frame hears nothing any more.
      MessagePort.prototype.postMessage = () => {};
      for (const [name, call] of Object.entries(calls)) {
        outcomes[name] = [await code(call({ signal: AbortSignal.abort("left") }))];
        for (const wait of [0, 20]) {
          const stop = new AbortController();
          const called = code(call({ signal: stop.signal }));
          if (wait > 0) setTimeout(() => stop.abort("left"), wait);
          else stop.abort("left");
          outcomes[name].push(await Promise.race([called, new Promise((settle) => setTimeout(settle, 2000, "hangs"))]));
        }
      }
      return outcomes;
    }, PAIRS[0]);
    const { null: none, ...rest } = outcomes;
    assert.deepEqual(none, ["done", "not-granted"]);
    for (const [name, seen] of Object.entries(rest)) assert.deepEqual(seen, ["left", "left", "left"], name);
  });
});

test("a bucket empties, fills with time, and survives a clock that goes back", async () => {
  const { take } = await import("../../pkg/frame/limits.js");
  const limit = { most: 10, perMinute: 6 };
  const full = take(undefined, 4, 1000, limit);
  assert.deepEqual(full, { bucket: { left: 6, at: 1000 }, waitSeconds: 0 });
  const empty = take(full.bucket, 7, 1000, limit);
  assert.deepEqual(empty, { bucket: { left: 6, at: 1000 }, waitSeconds: 10 });
  assert.equal(take(empty.bucket, 7, 11_000, limit).waitSeconds, 0);
  assert.equal(take({ left: 0, at: 1e12 }, 1, 0, limit).waitSeconds, 10);
  assert.equal(take({ left: 0, at: 0 }, 10, 1e12, limit).bucket.left, 0, "never more than it holds");
});
