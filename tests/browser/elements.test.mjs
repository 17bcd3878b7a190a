// The package's custom elements on a host's plain page, driven by keyboard and mouse.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { REPOSITORY } from "./harness.mjs";
import { withHost } from "./package-host.mjs";

test("the elements are imported where there is no HTMLElement", async () => {
  const { LikenessChoice } = await import(join(REPOSITORY, "pkg/elements.js"));
  assert.equal(typeof LikenessChoice, "function");
});

test("two choices on a page: mouse and keyboard, winner by id, recorded, in no request", { timeout: 120_000 }, async () => {
  await withHost(async ({ page, requests }) => {
    await page.evaluate(async () => {
      await import("/package/elements.js");
      window.told = [];
      for (const name of ["likeness-choice", "likeness-recorded"]) {
        document.addEventListener(name, ({ type, detail, target }) => told.push([target.id, type, detail.chosen ?? detail.none]));
      }
      window.likeness = await api.createLikeness();
      const make = (id, bound) => {
        const choice = document.createElement("likeness-choice");
        choice.id = id;
        choice.context = [{ role: "user", content: "canary question" }];
        choice.options = [{ id: "b", content: "canary one" }, { id: "a", content: "canary two" }];
        if (bound) choice.likeness = likeness;
        document.body.append(choice);
      };
      make("bound", true);
      make("free", false);
    });
    await page.locator("#bound").getByRole("radio", { name: "The second" }).click();
    await page.waitForFunction(() => told.length === 2);
    await page.locator("#free").getByRole("radio", { name: "The first" }).focus();
    await page.keyboard.press("ArrowRight");
    await page.keyboard.press("ArrowRight");
    await page.keyboard.press("Enter");
    await page.keyboard.press("4");
    const seen = await page.evaluate(async () => ({ told, file: await (await likeness.export()).text() }));
    assert.deepEqual(seen.told, [
      ["bound", "likeness-choice", "a"],
      ["bound", "likeness-recorded", "a"],
      ["free", "likeness-choice", "all-good"],
      ["free", "likeness-choice", "all-bad"],
    ]);
    const rows = seen.file.trim().split("\n").map((line) => JSON.parse(line));
    const choices = rows.filter(({ choice }) => choice).map(({ choice }) => choice.outcome);
    assert.deepEqual(choices, [{ kind: "preferred", winner: "a" }], "only the bound one was recorded");
    assert.equal(rows.find(({ pair }) => pair).pair.chosen, "canary two");
    for (const request of requests) assert.ok(!JSON.stringify(request).includes("canary"), request.url);
    if (process.env.LIKENESS_SCREENSHOTS) {
      for (const colorScheme of ["light", "dark"]) {
        for (const width of [1280, 390]) {
          await page.emulateMedia({ colorScheme });
          await page.setViewportSize({ width, height: 700 });
          await page.screenshot({ path: join(process.env.LIKENESS_SCREENSHOTS, `choice-${width}-${colorScheme}.png`) });
        }
      }
    }
  });
});

test("the panel edits, refuses and runs; the badge counts what is in use", { timeout: 120_000 }, async () => {
  const sample = await readFile(join(REPOSITORY, "www/sample.jsonl"), "utf8");
  await withHost(async ({ page }) => {
    await page.evaluate(async (sample) => {
      await import("/package/elements.js");
      window.told = [];
      for (const name of ["likeness-claim", "likeness-portrait"]) document.addEventListener(name, ({ type }) => told.push(type));
      const likeness = await api.createLikeness();
      await likeness.import(sample);
      for (const name of ["likeness-badge", "likeness-panel"]) {
        document.body.append(Object.assign(document.createElement(name), { likeness }));
      }
    }, sample);
    const panel = page.locator("likeness-panel");
    const inUse = async () => parseInt((await page.locator("likeness-badge summary").textContent()).split(": ")[1], 10);
    await panel.getByRole("button", { name: "Make a new portrait" }).click();
    await page.waitForFunction(() => told.includes("likeness-portrait"));
    await panel.getByRole("button", { name: /^Edit/ }).first().focus();
    await page.keyboard.press("Enter");
    await page.keyboard.press("ControlOrMeta+a");
    await page.keyboard.type("You like it brief.");
    await page.keyboard.press("Enter");
    await panel.getByText("You like it brief.").last().waitFor();
    const before = await inUse();
    assert.ok(before > 0);
    await panel.getByRole("button", { name: "Refuse: You like it brief." }).click();
    await panel.getByText("(refused)").waitFor();
    await page.waitForFunction((before) => document.querySelector("likeness-badge").shadowRoot.querySelectorAll("li").length < before, before);
    assert.deepEqual(await page.evaluate(() => told), ["likeness-portrait", "likeness-claim", "likeness-claim"]);
    if (process.env.LIKENESS_SCREENSHOTS) {
      await page.setViewportSize({ width: 390, height: 900 });
      await page.screenshot({ path: join(process.env.LIKENESS_SCREENSHOTS, "panel-390.png") });
    }
  });
});
