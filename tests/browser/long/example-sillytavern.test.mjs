// The package's example in SillyTavern: npm's package installed and started, the extension in a person's data folder, used
// by SillyTavern's own buttons, with a server that keeps what it is asked behind it. Thumbs on two swipes become a pair; the
// portrait reaches the next prompt; the stored history no request. It is here since SillyTavern takes 430 MB of packages.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { cp, mkdir, readFile, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { HISTORY, assertNoHistory, assertTold, choicesIn, lastTold, until } from "../example-person.mjs";
import { REPOSITORY, launch, screenshots, watchErrors } from "../harness.mjs";
import { buildExample, freePort, run, withInstalled } from "../package-project.mjs";
import { answers, kind, openModel, says } from "../remote-server.mjs";

const SAID = ["Great question! There are many ways to boil an egg, and each has its friends. Some like it soft.", "Seven minutes in boiling water.", "Three minutes in barely simmering water.", "Until it is done."];
const GREETING = "Ask me about the kitchen.";
const MODELS = JSON.stringify({ data: [{ id: "default" }] });

/** SillyTavern, installed from its lock file, and its extension as the README has it built. */
async function install(folder) {
  await cp(join(REPOSITORY, "tests/browser/long/sillytavern"), join(folder, "host"), { recursive: true });
  await run("npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund"], { cwd: join(folder, "host") });
  const extension = join(folder, "extension");
  await buildExample("sillytavern", folder, extension);
  return extension;
}

/** Starts it with data of its own; gives its address, where a person's data is, and what stops it. */
async function start(folder) {
  const port = await freePort();
  const its = ["--port", port, "--dataRoot", join(folder, "data"), "--configPath", join(folder, "config.yaml"), "--browserLaunchEnabled", "false"];
  const server = spawn(process.execPath, ["node_modules/sillytavern/server.js", ...its.map(String)], { cwd: join(folder, "host") });
  const ended = new Promise((resolve) => server.once("exit", resolve));
  let said = "";
  await new Promise((resolve, reject) => {
    for (const stream of [server.stdout, server.stderr]) {
      stream.on("data", (text) => (said += text).includes("Go to: http") && resolve());
    }
    ended.then((code) => reject(new Error(`SillyTavern ended with ${code}: ${said}`)));
  });
  return { url: `http://127.0.0.1:${port}/`, person: join(folder, "data/default-user"), stop: () => (server.kill(), ended) };
}

/** What a person would set in its pages: this model, no welcome, and Likeness among their extensions. */
async function furnish(person, extension, endpoint) {
  const path = join(person, "settings.json");
  const settings = JSON.parse(await readFile(path, "utf8"));
  Object.assign(settings, { firstRun: false, main_api: "openai" });
  Object.assign(settings.power_user, { auto_connect: true });
  Object.assign(settings.oai_settings, { chat_completion_source: "custom", custom_url: endpoint, custom_model: "default", bypass_status_check: false });
  await writeFile(path, JSON.stringify(settings));
  const place = join(person, "extensions/likeness");
  await mkdir(place, { recursive: true });
  for (const name of await readdir(extension)) {
    if (name !== "node_modules") await cp(join(extension, name), join(place, name), { recursive: true });
  }
}

/** A character of the person's own, made in its form, who is then the one that they talk to. */
async function makeCharacter(page) {
  await page.locator("#rightNavHolder .drawer-toggle").click();
  await page.locator("#rm_button_create").click();
  await page.locator("#character_name_pole").fill("Cook");
  await page.locator("#firstmessage_textarea").fill(GREETING);
  await page.locator("#create_button_label").click();
  await page.getByText("Character Created: Cook").click();
  await page.locator(".character_select", { hasText: "Cook" }).click();
  await page.locator("#chat").getByText(GREETING).waitFor();
  await page.locator("#rightNavHolder .drawer-toggle").click();
}

/** SillyTavern in a real browser, before the model's server. */
async function withSillyTavern(choose, body) {
  await withInstalled(async (folder) => {
    const extension = await install(folder);
    const model = await openModel(choose);
    const server = await start(folder);
    try {
      await furnish(server.person, extension, model.endpoint);
      const { browser, close } = await launch();
      try {
        const page = await browser.newPage();
        const watched = watchErrors(page);
        const requests = [];
        browser.on("request", (request) => requests.push({ url: request.url(), body: request.postData() }));
        await page.goto(server.url);
        await body({ page, model, requests });
        watched.assertNone();
      } finally {
        await close();
      }
    } finally {
      await Promise.all([server.stop(), model.stop()]);
    }
  });
}

test("SillyTavern: thumbs on two swipes make a pair, the portrait is told, the history isn't", { timeout: 600_000 }, async () => {
  let replies = 0;
  const choose = ({ method }) => method === "GET" ? says(200, MODELS) : answers({ chat: () => SAID[replies++] });
  await withSillyTavern(choose, async ({ page, model, requests }) => {
    await until(page, () => window.likeness);
    const pairs = () => page.evaluate(async () => (await likeness.portrait()).pairs);

    const extensions = page.locator("#extensions-settings-button .drawer-toggle");
    await extensions.click();
    await page.locator(".likeness-settings .inline-drawer-toggle").click();
    for (const [at, text] of HISTORY.entries()) {
      await page.getByLabel("Bring choices from elsewhere").setInputFiles({ name: `history-${at}.jsonl`, mimeType: "application/jsonl", buffer: Buffer.from(text) });
      await page.getByText(/^\d+ added\./).waitFor();
      await page.evaluate(() => (document.querySelector(".likeness-settings output").value = ""));
    }
    const before = await pairs();
    await extensions.click();
    await makeCharacter(page);

    const send = async (text) => {
      await page.locator("#send_textarea").fill(text);
      await page.locator("#send_but").click();
    };
    const last = page.locator("#chat .last_mes");
    const thumb = (name) => last.getByRole("button", { name });
    const pressedThumbs = () => last.locator(".likeness-thumb[aria-pressed=true]").count();
    const whole = () => until(page, () => !document.body.dataset.generating);
    await send("How do I boil an egg?");
    await page.getByText(SAID[0]).waitFor();
    await whole();
    await thumb("Bad answer").click();
    await until(page, () => document.querySelector("#chat .last_mes .fa-thumbs-down").ariaPressed === "true");
    assert.equal(await pairs(), before, "one thumb is no choice");
    await last.locator(".swipe_right").click();
    await page.getByText(SAID[1]).waitFor();
    await whole();
    assert.equal(await pressedThumbs(), 0, "the thumb did not go over to the new answer");
    await thumb("Good answer").click();
    await until(page, async (before) => (await likeness.portrait()).pairs === before + 1, before);
    const [choice, ...more] = choicesIn(await page.evaluate(async () => (await likeness.export()).text()));
    assert.deepEqual(more, []);
    assert.deepEqual([choice.outcome, choice.origin], [{ kind: "preferred", winner: "shown" }, "SillyTavern"]);
    assert.equal(choice.answers.find(({ id }) => id === "shown").content, SAID[1]);
    assert.deepEqual(choice.context, [{ role: "assistant", content: GREETING }, { role: "user", content: "How do I boil an egg?" }]);
    await screenshots(page, "sillytavern");
    await thumb("Bad answer").click();
    assert.equal(await pairs(), before + 1, "what was recorded is not turned round");

    await extensions.click();
    await page.getByRole("button", { name: "Make a new portrait" }).click();
    const { claims } = await until(page, async () => {
      const portrait = await likeness.portrait();
      return portrait.model && portrait;
    });
    await screenshots(page, "sillytavern-panel");
    await extensions.click();
    await send("And how do I poach one?");
    await page.getByText(SAID[2]).waitFor();
    assertTold(lastTold(model), claims);

    // Two answers that are both bad, the thumb on the first from before the page was opened anew: kept as said, and no pair.
    await whole();
    await thumb("Bad answer").click();
    const saved = page.waitForResponse((response) => response.url().endsWith("/api/chats/save"));
    await last.locator(".swipe_right").click();
    await page.getByText(SAID[3]).waitFor();
    await whole();
    await saved;
    await page.reload();
    await until(page, () => window.likeness);
    await page.locator(".recentChat", { hasText: "Cook" }).click();
    await page.getByText(SAID[3]).waitFor();
    await thumb("Bad answer").click();
    await until(page, async () => (await (await likeness.export()).text()).includes('"all_bad"'));
    assert.equal(await pairs(), before + 1);

    assertNoHistory([...model.all, ...requests]);
    const induction = model.questions().filter((request) => kind(request) !== "chat");
    assert.ok(induction.length > 3, "the model was asked for the portrait too");
    for (const request of induction) assert.ok(!/boil an egg|boiling water|Cook/.test(request.body), "this chat is no one else's business");
  });
});
