// The package's example of a browser extension, loaded into Chromium and used on a page that knows nothing of it:
// assistant-ui's chat of the example beside, whose text field is React's. A choice between two answers becomes a pair in
// the extension's own storage; the portrait reaches the host's next prompt when the person says so; the history no request.

import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { HISTORY, assertNoHistory, assertTold, choicesIn, until } from "./example-person.mjs";
import { screenshots } from "./harness.mjs";
import { buildExample, copyExample, viteBuild, withBuilt, withProject } from "./package-project.mjs";
import { answers, says } from "./remote-server.mjs";

const PACKAGES = ["@assistant-ui/react", "openai", "react", "react-dom"];
const SAID = ["Great question! There are many ways to boil an egg, and each has its friends.", "Seven minutes in boiling water.", "Three minutes."];

/** The example as its README has it built; what its selector map says of localhost goes for this page. */
async function buildExtension(folder) {
  const extension = join(folder, "extension");
  await buildExample("extension", folder, extension);
  const sites = await readFile(join(extension, "sites.js"), "utf8");
  await writeFile(join(extension, "sites.js"), sites.replace("//localhost", "//127.0.0.1"));
  return extension;
}

/** The extension's own page, with the person's history in it. */
async function openPanel(browser) {
  const worker = browser.serviceWorkers()[0] ?? (await browser.waitForEvent("serviceworker"));
  const panel = await browser.newPage();
  await panel.goto(new URL("panel.html", worker.url()).href);
  await panel.waitForFunction(() => window.likeness);
  for (const [at, text] of HISTORY.entries()) {
    await panel.locator("p input").setInputFiles({ name: `history-${at}.jsonl`, mimeType: "application/jsonl", buffer: Buffer.from(text) });
    await panel.getByText(/ added\./).waitFor();
    await panel.evaluate(() => (document.querySelector("output").value = ""));
  }
  return panel;
}

test("the extension: a choice on a page becomes a pair, the portrait is told on a press, the history isn't", { timeout: 240_000 }, async () => {
  let replies = 0;
  const choose = ({ method }) => method === "GET" ? says(200, "{}") : answers({ chat: () => SAID[replies++] });
  const path = (endpoint) => `?model=${encodeURIComponent(endpoint)}`;
  await withProject(PACKAGES, async (folder) => {
    await copyExample("assistant-ui", folder);
    const built = await viteBuild(folder);
    const extension = await buildExtension(folder);
    const launching = { flags: [`--disable-extensions-except=${extension}`, `--load-extension=${extension}`] };
    await withBuilt(built, async ({ page, browser, model, requests }) => {
      const asked = [];
      browser.on("request", (request) => asked.push({ url: request.url(), body: request.postData() }));
      const panel = await openPanel(browser);
      const before = await panel.evaluate(async () => (await likeness.portrait()).pairs);
      await page.bringToFront();
      // This host has a panel of its own, over a history of its own, which is empty and not the extension's.
      await page.addStyleTag({ content: "aside { display: none } main { display: block !important } .thread { min-height: 100vh }" });
      const input = page.getByLabel("Your message");
      await input.fill("How do I boil an egg?");
      await page.getByRole("button", { name: "Send" }).click();
      await page.getByText(SAID[0]).waitFor();
      // Until the answer is taken for finished.
      await page.waitForTimeout(1500);
      await page.getByRole("button", { name: "Another answer" }).click();
      await page.getByText(SAID[1]).waitFor();
      await boxInBar(page, "The one on the page");
      await screenshots(page, "extension-choice");
      // Back on the first branch, the same button would mean the other answer; it may not be taken for it.
      await page.getByLabel("The answer before").click();
      await pressInBar(page, "The one on the page");
      await boxInBar(page, "Tell it about me");
      assert.equal(await panel.evaluate(async () => (await likeness.portrait()).pairs), before);
      await page.getByLabel("The next answer").click();
      await page.waitForTimeout(1500);
      await pressInBar(page, "The one on the page");
      await until(panel, async (before) => (await likeness.portrait()).pairs === before + 1, before);
      const [choice, ...more] = choicesIn(await panel.evaluate(async () => (await likeness.export()).text()));
      assert.deepEqual(more, []);
      assert.deepEqual([choice.outcome, choice.origin], [{ kind: "preferred", winner: "shown" }, "127.0.0.1"]);
      assert.equal(choice.answers.find(({ id }) => id === "shown").content, SAID[1]);
      assert.deepEqual(choice.context, [{ role: "user", content: "How do I boil an egg?" }]);
      assert.equal(await page.evaluate(async () => (await likeness.portrait()).pairs), 0, "the page has nothing of it");

      await panel.getByRole("button", { name: "Make a new portrait" }).click();
      const { claims } = await until(panel, async () => {
        const portrait = await likeness.portrait();
        return portrait.madeMs && portrait;
      });
      await input.fill("And how do I poach one?");
      await pressInBar(page, "Tell it about me");
      await until(page, () => document.querySelector("textarea").value.length > 40);
      await screenshots(page, "extension");
      await page.getByRole("button", { name: "Send" }).click();
      await page.getByText(SAID[2]).waitFor();
      const last = model.questions().at(-1).asked.messages.at(-1);
      assert.equal(last.role, "user");
      assert.match(last.content, /And how do I poach one\?$/);
      assertTold(last.content, claims);
      const reached = (it) => it.evaluate((url) => fetch(url).then(() => true, () => false), `${model.endpoint}/models`);
      assert.deepEqual([await reached(page), await reached(panel)], [true, false], "the extension's pages reach nobody, the chat's do");
      assertNoHistory([...model.all, ...requests, ...asked]);
      await screenshots(panel, "extension-panel");
      await movesByOneFile(panel, page);
    }, { choose, path, launching });
  });
});

/** The sealed profile that the extension's panel saves opens there again, and on the chat's page, whose history is another. */
async function movesByOneFile(panel, page) {
  const passphrase = "lantern gravel otter sixpence";
  const move = panel.locator("likeness-move");
  await panel.bringToFront();
  await move.getByLabel("Passphrase", { exact: true }).fill(passphrase);
  await move.getByLabel("The passphrase again").fill(passphrase);
  const downloading = panel.waitForEvent("download");
  await move.getByRole("button", { name: "Save the sealed profile" }).click();
  const file = await (await downloading).path();
  const pairs = (it) => it.evaluate(async () => (await likeness.portrait()).pairs);
  const all = await pairs(panel);
  await move.getByLabel("The file").setInputFiles(file);
  await move.getByLabel("Its passphrase").fill(passphrase);
  await move.getByRole("button", { name: "Open it" }).click();
  await move.getByText(`0 added, ${all} here already.`).waitFor();
  const before = await pairs(page);
  const moved = await page.evaluate(
    ([bytes, passphrase]) => likeness.importProfile(new Blob([Uint8Array.from(bytes)]), { passphrase }),
    [[...(await readFile(file))], passphrase],
  );
  assert.deepEqual([moved.imported, before + moved.imported], [all, await pairs(page)]);
}

/**
 * Where a button of the extension's bar is. Its shadow root is closed, to the page and to Playwright, so the
 * accessibility tree says it.
 */
async function boxInBar(page, name) {
  const session = await page.context().newCDPSession(page);
  for (const end = Date.now() + 15_000; Date.now() < end; await page.waitForTimeout(100)) {
    const { nodes } = await session.send("Accessibility.getFullAXTree");
    const node = nodes.find(({ role, name: its }) => role?.value === "button" && its?.value === name);
    if (node) return (await session.send("DOM.getBoxModel", { backendNodeId: node.backendDOMNodeId })).model.border;
  }
  throw new Error(`the bar has no button ${name}`);
}

/** Presses it as a person would. */
async function pressInBar(page, name) {
  const [left, top, right, , , bottom] = await boxInBar(page, name);
  await page.mouse.click((left + right) / 2, (top + bottom) / 2);
}
