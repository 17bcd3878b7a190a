// The package's example with assistant-ui: built, opened, used by its own buttons, before a server that keeps what it is
// asked. Two answers with two thumbs become a pair; the portrait reaches the next prompt; the stored history no request.

import assert from "node:assert/strict";
import { test } from "node:test";
import { HISTORY, assertNoHistory, assertTold, choicesIn, lastTold, until } from "../example-person.mjs";
import { screenshots } from "../harness.mjs";
import { copyExample, viteBuild, withBuilt, withProject } from "../package-project.mjs";
import { answers, kind } from "../remote-server.mjs";

const PACKAGES = ["@assistant-ui/react", "openai", "react", "react-dom"];
const SAID = ["Great question! There are many ways to boil an egg, and each has its friends. Some like it soft.", "Seven minutes in boiling water.", "Three minutes in barely simmering water.", "Until it is done."];

test("assistant-ui: thumbs on two answers make a pair, the portrait is told, the history isn't", { timeout: 240_000 }, async () => {
  let replies = 0;
  const choose = () => answers({ chat: () => SAID[replies++] });
  const path = (endpoint) => `?model=${encodeURIComponent(endpoint)}`;
  await withProject(PACKAGES, async (folder) => {
    await copyExample("assistant-ui", folder);
    await withBuilt(await viteBuild(folder), async ({ page, model, requests, sent }) => {
      await page.waitForFunction(() => window.likeness);
      await page.evaluate(async (files) => { for (const file of files) await likeness.import(file); }, HISTORY);
      const pairs = () => page.evaluate(async () => (await likeness.portrait()).pairs);
      const before = await pairs();

      const input = page.getByLabel("Your message");
      await input.fill("How do I boil an egg?");
      await page.getByRole("button", { name: "Send" }).click();
      await page.getByText(SAID[0]).waitFor();
      await page.getByRole("button", { name: "Bad", exact: true }).click();
      assert.equal(await pairs(), before, "one thumb is no choice");
      await page.getByRole("button", { name: "Another answer" }).click();
      await page.getByText(SAID[1]).waitFor();
      await page.getByText("2 of 2").waitFor();
      await page.getByRole("button", { name: "Good", exact: true }).click();
      await until(page, async (before) => (await likeness.portrait()).pairs === before + 1, before);
      const [choice, ...more] = choicesIn(await page.evaluate(async () => (await likeness.export()).text()));
      assert.deepEqual(more, []);
      assert.deepEqual([choice.outcome.kind, choice.origin], ["preferred", "assistant-ui"]);
      assert.equal(choice.answers.find(({ id }) => id === choice.outcome.winner).content, SAID[1]);
      assert.deepEqual(choice.context, [{ role: "user", content: "How do I boil an egg?" }]);

      await page.getByRole("button", { name: "Make a new portrait" }).click();
      const { claims } = await until(page, async () => {
        const portrait = await likeness.portrait();
        return portrait.model && portrait;
      });
      const already = model.questions().length;
      await input.fill("And how do I poach one?");
      await page.getByRole("button", { name: "Send" }).click();
      await page.getByText(SAID[2]).waitFor();
      assert.equal(model.questions().length, already + 1);
      assertTold(lastTold(model), claims);

      await screenshots(page, "assistant-ui");
      // Two answers that are both bad: kept as said, and no pair.
      const answer = page.locator(".answer").last();
      await answer.getByRole("button", { name: "Bad", exact: true }).click();
      await answer.getByRole("button", { name: "Another answer" }).click();
      await page.getByText(SAID[3]).waitFor();
      await answer.getByRole("button", { name: "Bad", exact: true }).click();
      await until(page, async () => (await (await likeness.export()).text()).includes('"all_bad"'));
      assert.equal(await pairs(), before + 1);

      // A thumb that is changed: the two are compared anew, and nothing of what they said before is left.
      await answer.getByRole("button", { name: "Good", exact: true }).click();
      await until(page, async () => !(await (await likeness.export()).text()).includes('"all_bad"'));
      const poaching = async () => {
        const choices = choicesIn(await page.evaluate(async () => (await likeness.export()).text()));
        return choices.filter(({ context }) => /poach/.test(context.at(-1).content));
      };
      const [preferred, ...others] = await poaching();
      assert.deepEqual([preferred.outcome.kind, others], ["preferred", []]);
      assert.equal(preferred.answers.find(({ id }) => id === preferred.outcome.winner).content, SAID[3]);
      await answer.getByRole("button", { name: "The answer before" }).click();
      await page.getByText(SAID[2]).waitFor();
      await answer.getByRole("button", { name: "Good", exact: true }).click();
      await until(page, async () => (await (await likeness.export()).text()).includes('"all_good"'));
      assert.deepEqual((await poaching()).map(({ outcome }) => outcome.kind), ["all_good"]);
      assert.equal(await pairs(), before + 1);

      assertNoHistory([...model.all, ...requests, ...sent]);
      const induction = model.questions().filter((request) => kind(request) !== "chat");
      assert.ok(induction.length > 3, "the model was asked for the portrait too");
      for (const request of induction) assert.ok(!/boil an egg|boiling water/.test(request.body), "this chat's pair is no one else's business");
    }, { choose, path });
  });
});
