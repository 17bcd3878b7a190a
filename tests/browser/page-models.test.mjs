// Models on the page: the browser's own (`LanguageModel`, the Prompt API), and functions of a page that embeds us.
//
// The Chromium of these tests knows the API but has no model behind it, so no test here asks a real one. A stand-in is
// put in its place by a script that runs before the app's. It shows that what a page defines gets sketches alone. To see
// what the app does with a real one in Chrome, one test lies: its script makes the stand-in look like the platform's own
// and the browser like Chrome. Only what runs before the app can do that, which on the app's page is an extension or the
// host. That Chrome itself is as we take it to be is not tested here.
//
// The app offers no function of a page; that half is asked through the worker's own wire.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { withStore } from "./data-worker.mjs";
import { REPOSITORY, launchShared, screenshots, serve, watchErrors, withApp } from "./harness.mjs";

const MINUTE = 60_000;
const SAMPLE = await readFile(join(REPOSITORY, "www/sample.jsonl"), "utf8");
/** A stretch of each text of the sample, none of which may be in what a model gets that is not local. */
const TEXTS = SAMPLE.trim()
  .split("\n")
  .map((line) => JSON.parse(line))
  .flatMap(({ context, chosen, rejected }) => [...context, chosen, rejected].map(({ content }) => content.slice(0, 40)));

/** Answers as a model would that believes in short answers. Runs in the page, and here. */
function reply(messages) {
  const last = messages.at(-1).content;
  if (/one word, First or Second/.test(last)) return "First";
  if (/line "Preferred: First"/.test(last)) return "One is shorter than the other.\nPreferred: First";
  if (/Write at most \d+ lines/.test(last)) return "You prefer shorter answers.\nYou prefer plain words.";
  return "ready";
}

/** Puts a stand-in in the place of `LanguageModel`; runs in the page before everything else. */
function standIn({ availability = "available", silent = false, lie = false, wrap = "" }) {
  const stand = { availability, asked: [], aborted: 0, activated: undefined, destroyed: 0 };
  const answer = window.replyTo;
  class LanguageModel {
    static async availability() {
      return stand.availability;
    }
    static async create({ initialPrompts = [], monitor, signal } = {}) {
      if (monitor) {
        stand.activated = navigator.userActivation.isActive;
        const target = new EventTarget();
        monitor(target);
        for (const loaded of [0.5, 1]) target.dispatchEvent(Object.assign(new Event("downloadprogress"), { loaded }));
        stand.availability = "available";
      }
      const session = new LanguageModel();
      session.contextWindow = 6000;
      session.before = initialPrompts;
      signal?.throwIfAborted();
      return session;
    }
    async prompt(content, { signal, responseConstraint } = {}) {
      const messages = [...this.before, { role: "user", content }];
      stand.asked.push({ messages, responseConstraint });
      if (silent) {
        return new Promise((_, reject) =>
          signal.addEventListener("abort", () => {
            stand.aborted += 1;
            reject(signal.reason);
          }),
        );
      }
      return answer(messages);
    }
    promptStreaming(content, options) {
      const whole = this.prompt(content, options);
      return new ReadableStream({
        async start(stream) {
          try {
            for (const piece of (await whole).match(/[^]{1,7}/g)) stream.enqueue(piece);
            stream.close();
          } catch (error) {
            stream.error(error);
          }
        },
      });
    }
    destroy() {
      stand.destroyed += 1;
    }
  }
  let put = LanguageModel;
  if (wrap === "bound") put = Object.assign(LanguageModel.bind(null), { availability: LanguageModel.availability });
  if (wrap === "bound") put.create = LanguageModel.create;
  if (wrap === "proxy") put = new Proxy(LanguageModel, {});
  if (lie) {
    const ours = [LanguageModel, LanguageModel.availability, LanguageModel.create];
    ours.push(...["prompt", "promptStreaming", "destroy"].map((name) => LanguageModel.prototype[name]));
    const real = Function.prototype.toString;
    Function.prototype.toString = function () {
      return ours.includes(this) ? `function ${this.name}() { [native code] }` : real.call(this);
    };
    const brands = [{ brand: "Google Chrome", version: "150" }];
    Object.defineProperty(navigator, "userAgentData", { value: { brands } });
  }
  Object.defineProperty(window, "LanguageModel", { value: put, configurable: true, writable: true });
  window.stand = stand;
}

/** The app on a page with the stand-in. */
async function withStandIn(settings, body) {
  const server = await serve();
  const { browser, close } = await launchShared();
  try {
    const page = await browser.newPage();
    const watched = watchErrors(page);
    await page.addInitScript(`window.replyTo = ${reply}`);
    await page.addInitScript(standIn, settings);
    await page.goto(server.url);
    await body({ page });
    watched.assertNone();
  } finally {
    await close();
    await server.stop();
  }
}

const asked = (page) => page.evaluate(() => window.stand.asked);

async function open(page, name) {
  await page.getByRole("link", { name, exact: true }).click();
  await page.locator('nav a[aria-current="page"]', { hasText: name }).waitFor();
  await page.getByRole("heading", { level: 1 }).waitFor();
}

async function takeSample(page) {
  await page.getByRole("button", { name: "Try it on a sample" }).click();
  await page.getByRole("heading", { name: "Claims" }).waitFor();
}

async function induce(page) {
  await page.getByText("More", { exact: true }).click();
  await page.getByRole("spinbutton", { name: "Candidates" }).fill("1");
  await page.getByRole("button", { name: "Induce" }).click();
}

/** The ledger's first lines, as the Privacy page shows them, and how many requests it counts. */
async function ledger(page) {
  await open(page, "Privacy");
  await page.getByRole("heading", { name: "Every request" }).waitFor();
  return page.locator(".privacy .total").textContent();
}

test("a browser without a model says so, and offers none", { timeout: 2 * MINUTE }, async () => {
  await withApp(async ({ page }) => {
    await takeSample(page);
    const known = await page.evaluate(() => typeof LanguageModel);
    await open(page, "Models");
    if (known === "undefined") {
      assert.equal(await page.getByRole("heading", { name: "The browser's own model" }).count(), 0);
      return;
    }
    // The platform's own, but nobody says that Chromium's would be local.
    assert.equal(await page.evaluate(() => window.likenessBuiltIn.local), false);
    const section = page.getByRole("region", { name: "The browser's own model" });
    await section.getByText("says that it can't be used here").waitFor();
    assert.equal(await section.getByRole("button").count(), 0);
    await open(page, "Portrait");
    assert.equal(await page.getByLabel("Who reads", { exact: true }).count(), 0);
  });
});

test("what a page defines in its place sees sketches alone, and makes a portrait", { timeout: 5 * MINUTE }, async () => {
  await withStandIn({ availability: "downloadable" }, async ({ page }) => {
    await takeSample(page);
    await open(page, "Models");
    const section = page.getByRole("region", { name: "The browser's own model" });
    await section.getByText(/So it sees sketches, never your texts/).waitFor();
    await screenshots(page, "built-in-downloadable");
    await section.getByRole("button", { name: "Download and prepare it" }).click();
    await section.getByRole("button", { name: "Try it" }).click();
    await section.getByText(/It answered "ready" in/).waitFor();
    assert.equal(await page.evaluate(() => window.stand.activated), true, "a click has to lead to the download");
    await screenshots(page, "built-in-ready");

    await open(page, "Portrait");
    await page.getByText(/^At most \d+ calls/).waitFor();
    await screenshots(page, "built-in-select");
    await induce(page);
    await page.getByText(/Made .* with the browser's own model/i).waitFor({ timeout: 3 * MINUTE });

    const got = await asked(page);
    assert.ok(got.length > 5, `${got.length} questions`);
    const all = JSON.stringify(got);
    for (const text of TEXTS) assert.ok(!all.includes(JSON.stringify(text).slice(1, -1)), text);
    assert.match(all, /Their texts are private/);
    assert.equal(await page.evaluate(() => window.stand.destroyed >= window.stand.asked.length), true);

    await open(page, "Judge");
    await page.getByRole("button", { name: "Fill in an example" }).click();
    await page.getByLabel("Model", { exact: true }).selectOption({ label: "The browser's own model, over sketches" });
    await page.getByLabel(/^Ask .* too/).check();
    await page.getByRole("button", { name: "Judge", exact: true }).click();
    await page.locator(".verdict").waitFor({ timeout: MINUTE });
    const judged = (await asked(page)).slice(got.length);
    assert.ok(judged.length >= 2);
    const example = await page.getByLabel("First answer").inputValue();
    assert.ok(!JSON.stringify(judged).includes(JSON.stringify(example.slice(0, 40)).slice(1, -1)));

    // Each of them passed the door, and has its line.
    const questions = (await asked(page)).length;
    assert.match(await ledger(page), new RegExp(`^${questions} requests`));
    await page.locator(".privacy").getByText("page:LanguageModel").first().waitFor();
    await screenshots(page, "built-in-ledger");
  });
});

for (const wrap of ["bound", "proxy"]) {
  test(`one that is ${wrap}, and so shows native code, is not taken for the browser's own`, async () => {
    await withStandIn({ wrap }, async ({ page }) => {
      await page.getByRole("button", { name: "Try it on a sample" }).waitFor();
      const [source, local] = await page.evaluate(() => [
        Function.prototype.toString.call(LanguageModel),
        window.likenessBuiltIn.local,
      ]);
      assert.match(source, /native code/);
      assert.equal(local, false);
      const refusal = page.evaluate(() =>
        window.likenessBuiltIn.ask({ messages: [{ role: "user", content: "x" }], maxTokens: 1, temperature: 0 }, true),
      );
      await assert.rejects(refusal, /it is not known to be local/);
    });
  });
}

test("one that is local reads the texts where the person says so, and nothing of it is in the ledger", { timeout: 5 * MINUTE }, async () => {
  await withStandIn({ lie: true }, async ({ page }) => {
    await takeSample(page);
    await open(page, "Models");
    const section = page.getByRole("region", { name: "The browser's own model" });
    await section.getByText(/The makers of Google Chrome 150 say that what it is given stays/).waitFor();
    await section.getByRole("button", { name: "Try it" }).click();
    await section.getByText(/It answered "ready" in/).waitFor();
    await screenshots(page, "built-in-local");
    await open(page, "Portrait");
    const reads = page.getByLabel("Who reads", { exact: true });
    assert.equal(await reads.inputValue(), "page:LanguageModel", "sketches, until the person chooses");
    await page.getByText("Sees sketches, never your texts").waitFor();
    await reads.selectOption({ label: "The browser's own model, on this device" });
    await page.getByText(/^Reads your choices as they are. The makers of Google Chrome 150 say/).waitFor();
    assert.equal(await page.getByText(/^At most \d+ calls/).count(), 0);
    await screenshots(page, "built-in-local-select");
    await induce(page);
    await page.getByText(/Made .* with the browser's own model/i).waitFor({ timeout: 4 * MINUTE });
    const all = JSON.stringify(await asked(page));
    assert.ok(TEXTS.some((text) => all.includes(JSON.stringify(text).slice(1, -1))));
    assert.equal(await ledger(page), "Nothing.");
  });
});

test("an induction that is cancelled stops what the model is at", { timeout: 2 * MINUTE }, async () => {
  await withStandIn({ silent: true }, async ({ page }) => {
    await takeSample(page);
    await page.getByText(/^At most \d+ calls/).waitFor();
    await induce(page);
    await page.waitForFunction(() => window.stand.asked.length > 0);
    const pressed = Date.now();
    await page.getByRole("button", { name: "Cancel" }).click();
    await page.getByRole("button", { name: "Induce" }).waitFor();
    await page.waitForFunction(() => window.stand.aborted > 0);
    assert.ok(Date.now() - pressed < 2_000, `took ${Date.now() - pressed} ms`);
  });
});

test("a function of the page gets sketches, each with a line in the ledger before it", { timeout: 3 * MINUTE }, async () => {
  await withStore(async ({ tab }) => {
    const page = await tab();
    await page.evaluate(`window.replyTo = ${reply}; true`);
    const seen = await page.evaluate(
      async (sample) => {
        const profile = await data.profile("Ada");
        await data.importText(profile, sample);
        const calls = [];
        let unwritten = 0;
        const said = async (ask) => {
          if (ask.About) return { About: { version: "", local: false, context_tokens: 4096 } };
          calls.push(ask.Answer);
          const { lines } = await data.get({ Ledger: { words: "", offset: 0, limit: 1 } });
          if (lines[0]?.url !== "host-function:mine" || !/^left, or was about to/.test(lines[0].outcome)) unwritten += 1;
          return { Text: replyTo(JSON.parse(ask.Answer.call).messages) };
        };
        data.worker.addEventListener("message", async ({ data: message }) => {
          if (!message.AskPage) return;
          const [number, ask] = message.AskPage;
          data.worker.postMessage({ PageAnswered: [number, { Ok: await said(ask) }] });
        });
        const settings = { search: "small", seed: 0, candidates: 1, remote: "host-function:mine" };
        const portrait = await data.get({ Induce: { profile, settings } });
        const { left, stopped } = await data.get({ Ledger: { words: "", offset: 0, limit: 0 } });
        const refused = await data.ask({ Induce: { profile, settings: { ...settings, remote: "host-function:a b" } } });
        // A page that does not say that its `LanguageModel` is local is handed no text, whatever was chosen.
        const before = calls.length;
        const notLocal = await data.ask({ Induce: { profile, settings: { ...settings, remote: "built-in" } } });
        const asked = calls.splice(before).length;
        return { calls, unwritten, left, stopped, model: portrait.model, refused, notLocal, asked };
      },
      SAMPLE,
    );
    assert.ok(seen.calls.length > 5, `${seen.calls.length} calls`);
    assert.deepEqual([seen.left, seen.stopped, seen.unwritten], [seen.calls.length, 0, 0]);
    assert.ok(seen.calls.every(({ raw, model }) => raw === false && model.HostFunction === "mine"));
    assert.equal(seen.model, "the page's function mine");
    const all = JSON.stringify(seen.calls.map(({ call }) => JSON.parse(call)));
    for (const text of TEXTS) assert.ok(!all.includes(JSON.stringify(text).slice(1, -1)), text);
    assert.ok("Err" in seen.refused);
    assert.match(seen.notLocal.Err.Model, /not known to run on this device/);
    assert.equal(seen.asked, 0);
  });
});
