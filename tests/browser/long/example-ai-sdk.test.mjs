// The package's example with Vercel's AI SDK: built, opened, used as a person would, before a server that keeps what it is
// asked. A choice between two answers becomes a pair; the portrait reaches the next prompt; the stored history no request.

import assert from "node:assert/strict";
import { test } from "node:test";
import { HISTORY, assertNoHistory, assertTold, choicesIn, lastTold, until } from "../example-person.mjs";
import { screenshots } from "../harness.mjs";
import { copyExample, viteBuild, withBuilt, withProject } from "../package-project.mjs";
import { answers, kind } from "../remote-server.mjs";

const PACKAGES = ["@ai-sdk/openai-compatible", "@ai-sdk/react", "ai", "react", "react-dom"];
const SAID = ["Seven minutes in boiling water.", "Great question! There are many ways to boil an egg, and each has its friends.", "Three minutes."];

test("AI SDK: a choice between two answers makes a pair, the portrait is told, the history isn't", { timeout: 240_000 }, async () => {
  let replies = 0;
  const choose = () => answers({ chat: () => SAID[replies++] });
  const path = (endpoint) => `?model=${encodeURIComponent(endpoint)}`;
  await withProject(PACKAGES, async (folder) => {
    await copyExample("ai-sdk", folder);
    await withBuilt(await viteBuild(folder), async ({ page, model, requests, sent }) => {
      await page.waitForFunction(() => window.likeness);
      await page.evaluate(async (files) => { for (const file of files) await likeness.import(file); }, HISTORY);
      const before = await page.evaluate(async () => (await likeness.portrait()).pairs);

      const input = page.getByLabel("Your message");
      await input.fill("How do I boil an egg?");
      await page.getByRole("button", { name: "Send" }).click();
      await page.getByText(SAID[0]).waitFor();
      await page.getByRole("button", { name: "Another answer" }).click();
      await page.getByRole("radio", { name: "The first" }).waitFor();
      await page.getByText(SAID[1]).waitFor();
      await screenshots(page, "ai-sdk");
      await page.getByRole("radio", { name: "The first" }).click();
      await until(page, async (before) => (await likeness.portrait()).pairs === before + 1, before);
      const [choice, ...more] = choicesIn(await page.evaluate(async () => (await likeness.export()).text()));
      assert.deepEqual(more, []);
      assert.deepEqual(choice.outcome, { kind: "preferred", winner: "before" });
      assert.equal(choice.answers.find(({ id }) => id === "before").content, SAID[0]);
      assert.deepEqual(choice.context, [{ role: "user", content: "How do I boil an egg?" }]);

      await page.getByRole("button", { name: "Make a new portrait" }).click();
      const { claims } = await until(page, async () => {
        const portrait = await likeness.portrait();
        return portrait.model && portrait;
      });
      await input.fill("And how do I poach one?");
      await page.getByRole("button", { name: "Send" }).click();
      await page.getByText(SAID[2]).waitFor();
      const told = lastTold(model);
      assert.ok(told.startsWith("Answer the question.\n\n"), told);
      assertTold(told, claims);
      const turns = model.questions().at(-1).asked.messages.slice(1);
      assert.deepEqual(turns.map(({ content }) => content), ["How do I boil an egg?", SAID[0], "And how do I poach one?"], "it goes on from what was preferred");

      assertNoHistory([...model.all, ...requests, ...sent]);
      const induction = model.questions().filter((request) => kind(request) !== "chat");
      assert.ok(induction.length > 3, "the model was asked for the portrait too");
      for (const request of induction) assert.ok(!/boil an egg|boiling water/.test(request.body), "this chat's pair is no one else's business");
    }, { choose, path });
  });
});
