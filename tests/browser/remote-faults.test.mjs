// Endpoints that fail in every way, met by a person who makes a portrait: what passes is outlived, what stays is said with
// what to do, and once it is mended "Go on" asks nothing again that was answered.
//
// The data worker's clock runs fast, so that the app's own waits of minutes are over in seconds.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { DATA_WORKER, changedApp } from "./changed-app.mjs";
import { noRoom } from "./data-worker.mjs";
import { quickened } from "./quick-clock.mjs";
import { failure, goOn, induce, made, open, withRemote } from "./remote-person.mjs";
import { answers, breaksOff, complains, hangs, neverEnds, says, streams, wait } from "./remote-server.mjs";

/** Hangs of 3 minutes last 3 seconds, which no honest answer of the server here takes. */
const RATE = 60;
/** What the browser itself logs of a failed request. */
const ALLOWED = [/Failed to load resource/, /blocked by CORS policy/, /^request: /];

let app;
before(async () => (app = await quickened(RATE)));
after(() => app.remove());

const withFaults = (body, settings) =>
  withRemote(body, { serving: { dist: app.dist }, allowedErrors: ALLOWED, ...settings });

/** The bodies of what was asked since request number `from`. */
const bodies = (server, from = 0) => server.questions().slice(from).map(({ body }) => body);

/**
 * An induction whose third question and all later ones meet a fault; then it is mended, and goes on.
 * @param {(number: number) => import("./remote-server.mjs").Act} fault by how many questions were asked before
 */
async function stops(page, server, fault, words) {
  const from = server.questions().length;
  const began = Date.now();
  server.will((_, number) => (number - from < 2 ? answers() : fault(number - from)));
  await induce(page);
  const told = await failure(page);
  assert.match(told, words);
  await goesOn(page, server, from, 2);
  return Date.now() - began;
}

/** Mends the server, presses "Go on", and looks that nothing which was answered is asked again. */
async function goesOn(page, server, from, answered) {
  await page.getByText(new RegExp(`interrupted .*, after ${answered} answers`)).waitFor();
  const before = bodies(server, from);
  server.will(() => answers());
  await goOn(page);
  await made(page);
  const later = bodies(server, from + before.length);
  assert.ok(later.length > 5, "the rest was asked");
  assert.equal(new Set(later).size, later.length, "nothing is asked twice");
  assert.deepEqual(
    before.slice(0, answered).filter((body) => later.includes(body)),
    [],
    "nothing is asked again that was answered",
  );
  assert.equal(later[0], before[answered], "it goes on where it stopped");
  await page.getByText(/interrupted/).waitFor({ state: "detached" });
  // The next induction starts from nothing.
  await page.reload();
}

test("what passes is outlived: the same question is asked once more, and no other", async () => {
  await withFaults(async ({ page, server }) => {
    const passing = {
      "429 with Retry-After": complains(429, "slow down", { "Retry-After": "30" }),
      500: says(500, "oops"),
      503: says(503, "<html>busy</html>"),
      "a stream that breaks off": breaksOff(),
    };
    for (const [name, fault] of Object.entries(passing)) {
      const from = server.questions().length;
      const at = [];
      server.will((_, number) => {
        at.push(Date.now());
        return number - from === 2 ? fault : answers();
      });
      await induce(page);
      await made(page);
      const asked = bodies(server, from);
      assert.equal(asked[2], asked[3], name);
      assert.equal(new Set(asked).size, asked.length - 1, `${name}: no other is asked twice`);
      if (name.startsWith("429")) assert.ok(at[3] - at[2] >= 30_000 / RATE, `waited ${at[3] - at[2]} ms`);
      await page.reload();
    }
  });
});

test("what stays is said, and once it is mended the induction goes on", { timeout: 180_000 }, async (t) => {
  await withFaults(async ({ page, server }) => {
    const json = { "Content-Type": "application/json" };
    const staying = [
      ["a long Retry-After", complains(429, "slow down", { "Retry-After": "3600" }), /takes no more requests now: "slow down"; go on in 3600 s/],
      ["500", says(500, "oops"), /failed \(status 500\): "oops"; try again later/],
      ["a wrong key", complains(401, "Incorrect API key"), /refuses the key: "Incorrect API key"; check the key/],
      ["a wrong model", complains(404, "no such model"), /does not know the model test-7b, or the address is wrong: "no such model"; check/],
      ["no credit", complains(402, "pay first"), /the account at .* is used up: "pay first"; see the account's credit/],
      ["broken JSON", says(200, '{"choices": oops}', json), /the reply is not JSON at byte 12; check that the endpoint speaks the API/],
      ["another API", says(200, '{"answer": 1}', json), /the reply lacks choices; check that the endpoint speaks the API/],
      ["an empty answer", says(200, '{"choices":[{"message":{"content":""}}]}', json), /answered nothing/],
      ["a stream that breaks off", breaksOff(), /broke off after \d+ bytes; try again later/],
      ["silence", hangs(), /took longer than 180 s to begin its reply; try again/],
    ];
    for (const [name, fault, words] of staying) {
      const took = await stops(page, server, () => fault, words);
      t.diagnostic(`${name}: ${took} ms`);
    }
  });
});

test("whom a job waits for is said, and when it is asked again", async () => {
  await withFaults(async ({ page, server }) => {
    const silent = page.getByText(/^Waiting for test-7b at http:\/\/127\.0\.0\.1:\d+$/);
    const again = page.getByText(/^Waiting for test-7b at \S+ \(retry in \d\d s\)$/);
    const waiting = page.locator(".waits-for:not(:empty)");
    const faults = [
      [hangs(), silent],
      [complains(429, "slow down", { "Retry-After": "55" }), again],
    ];
    for (const [fault, words] of faults) {
      const from = server.questions().length;
      server.will((_, number) => (number === from ? fault : answers()));
      await open(page, "Ask");
      await page.getByLabel("Drafts").selectOption("1");
      await page.getByLabel("Question").fill("What goes well with figs?");
      await page.getByRole("button", { name: "Ask", exact: true }).click();
      await words.waitFor();
      await page.locator(".drafting button").waitFor({ state: "detached" });
      assert.equal(await waiting.count(), 0, "nothing is waited for any more");
    }
    const from = server.questions().length;
    server.will((_, number) => (number - from === 2 ? faults[1][0] : answers()));
    await induce(page);
    await again.waitFor();
    await made(page);
  });
});

test("an endless drip ends, and a slow one is read to its end", { timeout: 120_000 }, async () => {
  await withFaults(async ({ page, server }) => {
    // Half a second here is half a minute there: no silence, but ten minutes are passed.
    await stops(page, server, () => neverEnds(500), /took longer than 600 s in all/);
    let slow = 0;
    server.will((request) => {
      const act = request.asked.stream && slow++ === 0;
      return act ? streams("It is shorter and that is what they like.\nPreferred: First", 300) : answers();
    });
    await induce(page);
    await made(page);
    assert.ok(slow > 1, "one was slow, the others were not");
  });
});

test("a server that lets no page read its replies is told from nothing else, but its remedy is said", async () => {
  await withFaults(
    async ({ page, server }) => {
      await induce(page);
      const told = await failure(page);
      assert.match(told, /could not be reached, or it does not let this page read its replies \(CORS\)/);
      assert.match(told, /OLLAMA_ORIGINS/);
      assert.deepEqual(server.questions(), [], "the browser asks whether it may before it sends anything");
      await open(page, "Privacy");
      await page.locator(".lines > li").first().waitFor();
      assert.equal(await page.locator(".lines > li").count(), 4, "each try is in the ledger");
    },
    { cors: false },
  );
});

test("a server that goes away in the middle is asked the rest when it is back, also by a page that was closed", async () => {
  await withFaults(async ({ page, browser, server, url }) => {
    server.will((_, number) => {
      if (number === 5) setTimeout(() => server.stop(), 0);
      return number === 5 ? hangs() : answers();
    });
    await induce(page);
    assert.match(await failure(page), /could not be reached/);
    const before = bodies(server);
    await page.close();
    const later = await browser.newPage();
    await later.goto(`${url}portrait`);
    await later.getByText(/interrupted .*, after 5 answers/).waitFor();
    await server.again();
    server.will(() => answers());
    await goOn(later);
    await made(later);
    const rest = bodies(server, before.length);
    assert.deepEqual(before.slice(0, 5).filter((body) => rest.includes(body)), []);
    assert.equal(rest[0], before[5]);
    assert.equal(new Set(rest).size, rest.length);
  });
});

test("a cancel is heard while the server is silent, and a page that is closed breaks the request off", async () => {
  await withFaults(async ({ page, server }) => {
    let broken = 0;
    server.will((_, number) => (number < 2 ? answers() : (response) => response.on("close", () => (broken += 1))));
    await induce(page);
    await page.getByText(/\b2 of at most/).waitFor();
    const pressed = Date.now();
    await page.getByRole("button", { name: "Cancel" }).click();
    await page.getByText(/interrupted .*, after 2 answers/).waitFor();
    assert.ok(Date.now() - pressed < 2_000, `took ${Date.now() - pressed} ms`);
    for (let waited = 0; waited < 2_000 && broken === 0; waited += 50) await wait(50);
    assert.equal(broken, 1, "the connection ends");
    await goesOn(page, server, 0, 2);
  });
});

test("answers outlive a portrait that there is no room for: once there is, it is made of them without a call", async () => {
  const full = await changedApp({ [DATA_WORKER]: noRoom("portraits") });
  const becomes = (page, isFull) => page.evaluate((isFull) => new BroadcastChannel("full").postMessage(isFull), isFull);
  try {
    await withFaults(async ({ page, server }) => {
      await becomes(page, true);
      await induce(page);
      assert.match(await failure(page), /The browser's storage is full.*Free some disk space/s);
      const asked = server.questions().length;
      assert.ok(asked > 5, `${asked} questions`);
      const told = page.getByText(`An induction was interrupted, after ${asked} answers.`);
      await told.waitFor();
      await goOn(page);
      assert.match(await failure(page), /storage is full/);
      // Also for a tab that is opened later.
      await page.reload();
      await told.waitFor();
      await becomes(page, false);
      await goOn(page);
      await made(page);
      assert.equal(server.questions().length, asked, "nothing was asked again");
      await page.getByText(/interrupted/).waitFor({ state: "detached" });
    }, { serving: { dist: full.dist } });
  } finally {
    await full.remove();
  }
});
