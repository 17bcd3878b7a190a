// The Ask page: a live chat with a remote model, whose turns go where they went and nowhere else.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { REPOSITORY, screenshots, withApp } from "./harness.mjs";
import { addRemote, importHistory, open, takeSample } from "./remote-person.mjs";
import { openModel, streams } from "./remote-server.mjs";

const LONG = `${"There are perhaps several ways to look at this, and each may have its merits. ".repeat(6)}I hope that helps!`;
const SHORT = "Rinse it, then **dry** it.";
const HOSTILE =
  "![x](https://evil.example/?q=1) [here](https://evil.example/) <img src=https://evil.example/ onerror=alert(1)> " +
  "<form action=https://evil.example/><input></form>\n\n<script>fetch('https://evil.example/')</script>";

let server, other;

before(async () => {
  let turn = 0;
  const replies = [LONG, SHORT, HOSTILE, `${LONG} It is so.`];
  [server, other] = await Promise.all([
    openModel(() => streams(replies[turn++ % replies.length])),
    openModel(() => streams("Another one.")),
  ]);
});

after(() => Promise.all([server.stop(), other.stop()]));

/** Adds a server's model and goes to ask it for so many drafts. */
async function beginChat(page, server, drafts) {
  await addRemote(page, { endpoint: server.endpoint, model: "scripted" });
  await open(page, "Ask");
  await page.getByLabel("Drafts").selectOption(String(drafts));
}

async function ask(page, question) {
  await page.getByLabel("Question").fill(question);
  await page.locator(".say button[type=submit]").click();
}

const texts = (asked) => asked.messages.map(({ role, content }) => [role, content]);

describe("a live chat", { timeout: 300_000 }, () => {
  test("drafts are ranked here, the pick joins the history, and its turns go back to where they went alone", async () => {
    await withApp(async ({ page }) => {
      await takeSample(page);
      await addRemote(page, { endpoint: server.endpoint, model: "scripted" });
      await open(page, "Ask");

      await page.getByLabel("Drafts").selectOption("2");
      await ask(page, "How do I clean a cast iron pan?");
      await page.getByRole("heading", { name: "You would like this one best" }).waitFor();
      const first = server.questions().map(({ asked }) => texts(asked));
      assert.equal(first.length, 2);
      for (const turns of first) assert.deepEqual(turns, [["user", "How do I clean a cast iron pan?"]]);
      // The person of the sample likes short answers.
      assert.equal(await page.locator(".draft.best .markdown").innerText(), "Rinse it, then dry it.");
      assert.equal(await page.locator(".draft.best .markdown strong").innerText(), "dry");
      await screenshots(page, "ask-drafts");

      await page.locator(".draft.best").getByRole("button", { name: "I prefer this one" }).click();
      await page.getByRole("heading", { name: "You preferred this one" }).waitFor();

      // The conversation goes on: what was said and picked goes again, though it is history by now.
      await ask(page, "And a carbon steel one?");
      await page.locator(".exchange").nth(1).waitFor();
      const second = server.questions().slice(2).map(({ asked }) => texts(asked));
      assert.equal(second.length, 2);
      for (const turns of second)
        assert.deepEqual(turns, [
          ["user", "How do I clean a cast iron pan?"],
          ["assistant", SHORT],
          ["user", "And a carbon steel one?"],
        ]);

      // A reply is text, whatever it says.
      const inert = await page.evaluate(() => ({
        there: document.querySelector(".exchanges").textContent.includes("<script>"),
        elements: document.querySelectorAll(".exchanges :is(img, a, form, input, script, iframe)").length,
      }));
      assert.deepEqual(inert, { there: true, elements: 0 });

      // It is there after a reload too.
      await page.reload();
      await page.locator(".exchange").nth(1).waitFor();

      // The history has the choice.
      await open(page, "History");
      await page.getByText("How do I clean a cast iron pan?").first().waitFor();

      // Another service gets nothing of it: to ask it, a new conversation is begun.
      await addRemote(page, { endpoint: other.endpoint, model: "another" });
      await open(page, "Ask");
      await page.locator(".say").getByLabel("Model").selectOption({ label: `another at ${other.origin}` });
      await page.getByRole("alert").getByText(/and nowhere else/).waitFor();
      assert.ok(await page.getByRole("button", { name: "Draft and pick" }).isDisabled());
      await screenshots(page, "ask-switch");
      await page.getByRole("button", { name: "Begin a new conversation" }).click();
      await page.locator(".exchange").first().waitFor({ state: "detached" });

      // What was said there can't be told here by hand either: it is history now.
      await ask(page, `Someone told me: ${LONG}`);
      await page.getByText(/This quotes your history/).waitFor();
      assert.equal(other.questions().length, 0);
      assert.ok((await page.getByLabel("Question").inputValue()).startsWith("Someone told me"), "nothing typed is lost");
      await screenshots(page, "ask-refused");
      await ask(page, "What goes well with figs?");
      await page.getByText("Another one.").waitFor();
      assert.ok(other.questions().every(({ body }) => !body.includes("cast iron")));
    });
  });

  test("what the person lets it know is read by the guard, and shown to be changed where it quotes", async () => {
    await withApp(async ({ page }) => {
      await takeSample(page);
      const [line] = (await readFile(join(REPOSITORY, "www", "sample.jsonl"), "utf8")).split("\n");
      const { chosen } = JSON.parse(line);
      const quote = typeof chosen === "string" ? chosen : chosen.content;
      await addRemote(page, { endpoint: other.endpoint, model: "another" });
      await open(page, "Ask");
      await page.getByLabel("Let it know what I like").check();
      await page.getByLabel("About you").fill(`I once liked this: ${quote}`);
      const before = other.questions().length;
      await ask(page, "What goes well with plums?");
      await page.locator(".field", { hasText: "About you" }).getByText(/This quotes your history/).waitFor();
      assert.equal(other.questions().length, before);
      await page.getByLabel("About you").fill("I like it when you get to the point.");
      await ask(page, "What goes well with plums?");
      await page.getByText("Another one.").waitFor();
      const { asked } = other.questions().at(-1);
      assert.deepEqual(texts(asked)[0], ["system", "I like it when you get to the point."]);
    });
  });

  test("a conversation that goes on in two tabs at once loses no turn, and says where it was not gone on with", async () => {
    const held = [];
    const both = await openModel(({ asked }) => {
      const question = asked.messages.at(-1).content;
      const says = streams(`So much for ${question}`);
      // The first time alone; then whoever asked waits.
      return question.includes("lemons") && held.length === 0 ? (...given) => held.push(() => says(...given)) : says;
    });
    try {
      await withApp(async ({ page, browser, url }) => {
        await takeSample(page);
        await beginChat(page, both, 1);
        await ask(page, "What goes well with figs?");
        const said = (tab) => tab.locator(".exchange .asked").allInnerTexts();
        await page.getByText("So much for What goes well with figs?").waitFor();
        const other = await browser.newPage();
        await other.goto(`${url}ask`);
        await other.getByText("So much for What goes well with figs?").waitFor();

        await ask(page, "And with lemons?");
        await page.getByText("Asking …").waitFor();
        await other.getByLabel("Drafts").selectOption("1");
        await ask(other, "And with pears?");
        await other.getByText("So much for And with pears?").waitFor();
        // The first tab shows it, while it waits for its own answer.
        await page.getByText("So much for And with pears?").waitFor();
        await held[0]();
        const told = page.locator(".drafting .failure");
        await told.getByText(/^This conversation went on in another tab/).waitFor();
        await screenshots(page, "ask-two-tabs");
        const pears = ["What goes well with figs?", "And with pears?"];
        for (const tab of [page, other]) assert.deepEqual(await said(tab), pears);
        assert.equal(await page.getByLabel("Question").inputValue(), "And with lemons?", "nothing typed is lost");

        // Asked again it goes on from what the other tab said.
        await told.getByRole("button", { name: "Try again" }).click();
        for (const tab of [page, other]) {
          await tab.getByText("So much for And with lemons?").waitFor();
          assert.deepEqual(await said(tab), [...pears, "And with lemons?"]);
        }
        const turns = texts(both.questions().at(-1).asked).map(([, content]) => content);
        assert.deepEqual(turns.filter((_, at) => at % 2 === 0), [...pears, "And with lemons?"]);

        // One that was ended in another tab is not brought back.
        held.length = 0;
        await ask(page, "Once more with lemons?");
        await page.getByText("Asking …").waitFor();
        await other.getByRole("button", { name: "New conversation …" }).click();
        await other.getByRole("button", { name: "Forget", exact: true }).click();
        for (const tab of [page, other]) await tab.locator(".exchange").first().waitFor({ state: "detached" });
        await held[0]();
        await told.getByText(/or was ended there/).waitFor();
        for (const tab of [page, other]) assert.deepEqual(await said(tab), []);
      });
    } finally {
      await both.stop();
    }
  });

  test("two tabs that pick different drafts at once leave one choice in the history", async () => {
    let turn = 0;
    const drafting = await openModel(() => streams(["A short one.", "One that is longer than the other."][turn++ % 2]));
    try {
      await withApp(async ({ page, browser, url }) => {
        await takeSample(page);
        await beginChat(page, drafting, 2);
        await ask(page, "What is a haiku?");
        const liked = await page.locator(".draft.best .markdown").innerText();
        const other = await browser.newPage();
        await other.goto(`${url}ask`);
        await other.locator(".draft.best").waitFor();

        // Both are asked for before either is kept.
        await page.evaluate(() => {
          window.held = navigator.locks.request("likeness-write", () => new Promise((done) => (window.release = done)));
        });
        const waiting = (many) =>
          page.waitForFunction(async (many) => {
            const { pending } = await navigator.locks.query();
            return pending.filter(({ name }) => name === "likeness-write").length === many;
          }, many);
        await page.locator(".draft.best").getByRole("button", { name: "I prefer this one" }).click();
        await waiting(1);
        await other.getByText("Another draft").click();
        await other.locator(".draft:not(.best)").getByRole("button", { name: "I prefer this one" }).click();
        await waiting(2);
        await page.evaluate(() => window.release());

        await other.getByText(/^This conversation went on in another tab/).waitFor();
        for (const tab of [page, other]) {
          await tab.getByRole("heading", { name: "You preferred this one" }).waitFor();
          assert.equal(await tab.locator(".draft.best .markdown").innerText(), liked);
        }
        await open(page, "History");
        await page.getByText("25 choices, newest first").waitFor();
      });
    } finally {
      await drafting.stop();
    }
  });

  test("a long history is read before the first question leaves: that is told, and can be stopped", async () => {
    const reached = await openModel(() => streams("Seventeen syllables."));
    try {
      await withApp(async ({ page }) => {
        const filler = Array.from({ length: 60 }, (_, at) => `word${at}`).join(" ");
        const pair = (at) => ({ context: [{ role: "user", content: `question ${at}` }], chosen: `yes ${at} ${filler}`, rejected: `no ${at} ${filler}` });
        const many = 5000;
        await importHistory(page, Array.from({ length: many }, (_, at) => JSON.stringify(pair(at))).join("\n"), "5,000");
        await beginChat(page, reached, 1);
        const reading = page.getByText(/Reading your history, so that none of it leaves: +\d+%/);
        await ask(page, "What is a haiku?");
        await reading.waitFor();
        await page.getByRole("button", { name: "Cancel" }).click();
        await page.getByText("Asking …").waitFor({ state: "detached" });
        await reading.waitFor({ state: "detached" });
        assert.deepEqual(reached.questions(), [], "nothing had left");
        assert.equal(await page.getByLabel("Question").inputValue(), "What is a haiku?", "nothing typed is lost");

        await ask(page, "What is a haiku?");
        await page.getByText("Seventeen syllables.").waitFor();
        await reading.waitFor({ state: "detached" });
        assert.equal(reached.questions().length, 1);
      });
    } finally {
      await reached.stop();
    }
  });
});
