// The Privacy page: what it says of what left is what arrived, each request can be read as it was sent, and there is a
// way to try whether anything comes out.

import assert from "node:assert/strict";
import { cp, mkdtemp, rm, unlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { REPOSITORY, screenshots, withApp } from "./harness.mjs";
import { MINUTE, fillForm, induce, ledger, made, open, takeSample, withRemote } from "./remote-person.mjs";
import { answers } from "./remote-server.mjs";

const count = (number) => `${number} request${number === 1 ? "" : "s"}`;

test("the counts, the lines and the bodies agree with what the server got", async () => {
  await withRemote(async ({ page, server }) => {
    await page.getByRole("button", { name: "Try it" }).click();
    await page.getByText(/^It answered/).waitFor();
    await induce(page);
    await made(page);
    const asked = server.questions();
    const lines = await ledger(page);
    assert.equal(lines.length, asked.length);
    const left = page.locator(".panel.left");
    await left.getByText(`which counts by itself: ${asked.length} to ${server.origin}.`).waitFor();
    const told = await left.innerText();
    const bytes = asked.reduce((sum, { body }) => sum + Buffer.byteLength(body), 0);
    assert.ok(told.includes(`${count(asked.length)}, ${(bytes / 1000).toFixed(bytes < 10_000 ? 1 : 0)} kB of text in all.`), told);
    assert.ok(told.includes(`lets it reach its own server and ${server.origin}.`), told);

    // Newest first; the body is laid out for reading, and says the same.
    for (const [at, line] of lines.entries()) {
      const { body, url, headers } = asked.at(-1 - at);
      await line.locator("summary").click();
      const shown = await line.locator(".body").innerText();
      assert.deepEqual(JSON.parse(shown), JSON.parse(body), `line ${at}`);
      const facts = await line.innerText();
      assert.ok(facts.includes(server.origin + url), facts);
      assert.ok(facts.includes(`content-type: ${headers["content-type"]}`), facts);
      assert.match(facts, /Nothing of the history is in it\.[^]*Answered with 200, \d+ bytes\./);
    }
    await screenshots(page, "privacy");
    const size = page.viewportSize();
    await page.setViewportSize({ width: 320, height: 700 });
    assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), "it scrolls sideways");
    await page.setViewportSize(size);

    // Each below the job that made it.
    const sums = async (name, many) => {
      const job = page.locator(".job", { has: page.getByRole("heading", { name }) });
      assert.equal(await job.locator(".lines > li").count(), many);
      assert.match(await job.locator("h3").innerText(), new RegExp(`, ${count(many)}, [0-9.]+ (kB|bytes)$`));
    };
    await sums("A try of a model", 1);
    await sums("An induction", asked.length - 1);

    const search = page.getByRole("searchbox");
    const judgements = asked.filter(({ asked }) => asked.logprobs).length;
    await search.fill("judgement test-7b");
    await page.waitForFunction((wanted) => document.querySelectorAll(".lines > li").length === wanted, judgements);
    await search.fill("no such words");
    await page.getByText("No request says that.").waitFor();
    await search.fill("");

    await page.getByRole("button", { name: "Clear the ledger …" }).click();
    await page.getByText("Forget what was sent? The receivers do not.").waitFor();
    await page.waitForFunction(() => document.activeElement.textContent === "Keep");
    await page.getByRole("button", { name: "Clear", exact: true }).click();
    await page.getByText("No request to a remote model is written down.").waitFor();
    assert.match(await left.innerText(), /^What left\s+Nothing\./);
    await left.getByText(`which counts by itself: ${asked.length} to ${server.origin}.`).waitFor();
  });
});

test("an opened line stays open and the same while new requests come", async () => {
  await withRemote(async ({ page, browser, server, url }) => {
    await page.getByRole("button", { name: "Try it" }).click();
    await page.getByText(/^It answered/).waitFor();
    const [line] = await ledger(page);
    await line.locator("summary").click();
    const body = await line.locator(".body").innerText();
    const other = await browser.newPage();
    await other.goto(`${url}models`);
    await other.getByRole("button", { name: "Try it" }).click();
    await other.getByText(/^It answered/).waitFor();
    await page.waitForFunction(() => document.querySelectorAll(".lines > li").length === 2);
    const opened = page.locator(".lines details[open]");
    assert.equal(await opened.count(), 1);
    assert.equal(await opened.locator(".body").innerText(), body);
    assert.equal(await page.locator(".lines > li").nth(1).locator("details[open]").count(), 1, "it is the older one");
    assert.equal(server.questions().length, 2);
  });
});

test("canaries are planted at the press of a button, and none comes out", async () => {
  await withApp(async ({ page }) => {
    await takeSample(page);
    await open(page, "Privacy");
    // The service worker answers from the second visit on, or once it has taken over.
    await page.waitForFunction(() => navigator.serviceWorker.controller);
    await page.getByRole("button", { name: "Plant canaries" }).click();
    await page.locator(".canaries .outcome").waitFor({ timeout: MINUTE });
    const told = await page.locator(".canaries .outcome").innerText();
    assert.match(told, /^None came out\. 2\d\d secrets were planted; \d+ requests were made, .* was stopped by the guard\.$/);
    const [, made] = /(\d+) requests/.exec(told);
    assert.equal(await page.locator(".lines > li").count(), Number(made));
    const left = await page.locator(".panel.left").innerText();
    assert.match(left, /^What left\s+Nothing\./);
    assert.ok(left.includes(`${made} requests of made-up secrets went to this page's own address`), left);
    await screenshots(page, "privacy-canaries");
    await open(page, "History");
    await page.getByText("24 choices, newest first").waitFor();
  });
});

test("without a service worker remote models are off, and it is said why", async () => {
  const folder = await mkdtemp(join(tmpdir(), "likeness-without-"));
  try {
    await cp(join(REPOSITORY, "dist"), folder, { recursive: true });
    await unlink(join(folder, "service_worker.js"));
    await withApp(
      async ({ page }) => {
        await takeSample(page);
        const form = await fillForm(page, { endpoint: "http://127.0.0.1:9/v1" });
        await form.getByRole("button", { name: "Save" }).click();
        await page.locator(".endpoints").getByText(/^Remote models are off here: /).waitFor();
        await open(page, "Privacy");
        await page.getByText(/The browser's service worker keeps no count beside ours: /).waitFor();
        await page.getByText(/Remote models are off: /).waitFor();
        await page.getByRole("button", { name: "Plant canaries" }).click();
        await page.getByText(/this needs the service worker, which this browser does not run here/i).waitFor();
      },
      { serving: { dist: folder }, allowedErrors: [/service_worker\.js/, /404/, /501|405/] },
    );
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});

test("a budget of calls is kept, and the job goes on later", async () => {
  await withRemote(async ({ page, server }) => {
    await page.getByRole("button", { name: "Change" }).click();
    const form = page.getByRole("form", { name: "A remote model" });
    await form.getByText("Limits and prices").click();
    await form.getByLabel("Most calls of one job").fill("5");
    await form.getByLabel("Price of a million tokens of prompt").fill("1");
    await form.getByLabel("Price of a million tokens of answer").fill("2,5");
    await form.getByRole("button", { name: "Save" }).click();
    await form.waitFor({ state: "detached" });
    server.will(() => answers());
    await open(page, "Portrait");
    await page.getByText(/at your prices\. Where no claim is found that has to be tested, at most \d+ calls, for (less than|at most) [\d.]+\.$/).waitFor();
    await screenshots(page, "estimate");
    // What was said of another search is taken away at once: with many choices the new one takes seconds.
    const shown = await page.evaluate(async () => {
      document.querySelector('.induce input[name="search"]:not(:checked)').click();
      // Before the data worker could have answered.
      for (let turn = 0; turn < 100; turn += 1) await null;
      return document.querySelector(".estimate").innerText;
    });
    assert.match(shown, /^Working out what this takes/);
    await induce(page);
    await page.getByText(/the budget of 5 calls would be passed, 5 are spent; raise the budget/).waitFor();
    assert.equal(server.questions().length, 5);
    await page.getByText(/interrupted .*, after 5 answers/).waitFor();
  });
});
