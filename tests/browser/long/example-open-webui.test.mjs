// The package's example in Open WebUI: PyPI's package installed and started, our script in its static folder, used by its
// own buttons, with a server that keeps what it is asked behind it. Two rated answers become a pair; the portrait reaches the
// next prompt; its feedback export is read; the stored history is in no request. It is here since it takes 760 MB.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { cp, mkdir, readFile, readdir } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { HISTORY, assertNoHistory, assertTold, choicesIn, lastTold, until } from "../example-person.mjs";
import { REPOSITORY, launch, screenshots, watchErrors } from "../harness.mjs";
import { buildExample, freePort, run, withInstalled } from "../package-project.mjs";
import { answers, kind, openModel, says, wait } from "../remote-server.mjs";

const SAID = ["Great question! There are many ways to boil an egg, and each has its friends. Some like it soft.", "Seven minutes in boiling water.", "Three minutes in barely simmering water."];
const MODELS = JSON.stringify({ data: [{ id: "default" }] });

/** A Python that Open WebUI takes: 3.11 or 3.12. */
async function python() {
  for (const name of ["python3.12", "python3.11", "python3"]) {
    const version = await run(name, ["-c", "import sys, venv; print(*sys.version_info[:2])"]).then(({ stdout }) => stdout.trim(), () => "");
    if (version === "3 11" || version === "3 12") return name;
  }
  return undefined;
}

/** Open WebUI in an environment of its own, with the example in its pages as the README says. */
async function install(folder, interpreter) {
  const environment = join(folder, "python");
  await run(interpreter, ["-m", "venv", environment]);
  const pinned = join(REPOSITORY, "tests/browser/long/open-webui/requirements.txt");
  await run(join(environment, "bin/pip"), ["install", "--quiet", "--disable-pip-version-check", "--no-cache-dir", "--no-deps", "--only-binary", ":all:", "-r", pinned]);
  const example = join(folder, "example");
  await buildExample("open-webui", folder, example);
  const [version] = await readdir(join(environment, "lib"));
  const its = join(environment, "lib", version, "site-packages/open_webui/frontend/static");
  assert.equal(await readFile(join(its, "loader.js"), "utf8"), "", "Open WebUI leaves loader.js to us");
  await cp(join(example, "static"), its, { recursive: true });
  return join(environment, "bin/open-webui");
}

/** Starts it for one person, who needs no password, with this model's server and no other. */
async function start(program, folder, endpoint) {
  const port = await freePort();
  const data = join(folder, "data");
  await mkdir(data);
  const settings = {
    DATA_DIR: data, STATIC_DIR: join(folder, "static"), USE_SLIM_DOCKER: "true", OFFLINE_MODE: "true", WEBUI_AUTH: "false",
    WEBUI_SECRET_KEY: "of the test", OPENAI_API_BASE_URL: endpoint, OPENAI_API_KEY: "none", ENABLE_OLLAMA_API: "false",
    // What it would ask the model of its own accord, of this chat alone: the replies are counted here.
    ENABLE_TITLE_GENERATION: "false", ENABLE_TAGS_GENERATION: "false", ENABLE_FOLLOW_UP_GENERATION: "false",
  };
  const env = { PATH: process.env.PATH, HOME: data, ...settings };
  const server = spawn(program, ["serve", "--host", "127.0.0.1", "--port", String(port)], { cwd: data, env });
  let said = "", code;
  const ended = new Promise((resolve) => server.once("exit", (its) => resolve((code = its ?? "a signal"))));
  for (const stream of [server.stdout, server.stderr]) stream.on("data", (text) => (said += text));
  const url = `http://127.0.0.1:${port}/`;
  for (let at = 0; !(await fetch(`${url}health`).then(({ ok }) => ok, () => false)); at += 1) {
    if (code !== undefined || at > 240) throw new Error(`Open WebUI did not start (${code ?? "no answer in two minutes"}): ${said}`);
    await wait(500);
  }
  return { url, stop: () => (server.kill(), ended) };
}

/** Open WebUI in a real browser, before the model's server. */
async function withOpenWebui(interpreter, choose, body) {
  await withInstalled(async (folder) => {
    const program = await install(folder, interpreter);
    const model = await openModel(choose);
    try {
      const server = await start(program, folder, model.endpoint);
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
        await server.stop();
      }
    } finally {
      await model.stop();
    }
  });
}

/** Its feedback as an administrator downloads it. */
const exported = (page) => page.evaluate(async () => {
  const headers = { Authorization: `Bearer ${localStorage.token}` };
  return (await fetch("/api/v1/evaluations/feedbacks/all/export", { headers })).text();
});

test("Open WebUI: two rated answers make a pair, the portrait is told, the history isn't", { timeout: 900_000 }, async (t) => {
  const interpreter = await python();
  if (!interpreter) {
    console.log("NOT MEASURED: Open WebUI (it needs Python 3.11 or 3.12 with venv, and there is none here)");
    return t.skip("there is no Python that Open WebUI runs on");
  }
  let replies = 0;
  const choose = ({ method }) => method === "GET" ? says(200, MODELS) : answers({ chat: () => SAID[replies++] });
  await withOpenWebui(interpreter, choose, async ({ page, model, requests }) => {
    await until(page, () => window.likeness);
    await page.getByRole("button", { name: "Okay, Let's Go!" }).click();
    const pairs = () => page.evaluate(async () => (await likeness.portrait()).pairs);
    const panel = page.getByRole("complementary", { name: "Likeness" }).getByRole("button", { name: "Likeness" });
    await panel.click();
    const bring = async (text) => {
      await page.evaluate(() => (document.querySelector(".likeness output").value = ""));
      await page.getByLabel("Bring choices from elsewhere").setInputFiles({ name: "choices", mimeType: "text/plain", buffer: Buffer.from(text) });
      await page.getByText(/^\d+ added\./).waitFor();
      return page.evaluate(() => document.querySelector(".likeness output").value);
    };
    for (const text of HISTORY) await bring(text);
    const before = await pairs();
    await page.keyboard.press("Escape");

    const send = async (text) => {
      await page.locator("#chat-input").click();
      await page.keyboard.type(text);
      await page.keyboard.press("Enter");
    };
    await send("How do I boil an egg?");
    await page.getByText(SAID[0]).waitFor();
    const rate = (name) => Promise.all([
      page.waitForResponse((response) => /\/evaluations\/feedback$/.test(response.url()) && response.ok()),
      page.getByRole("button", { name, exact: true }).last().click(),
    ]);
    await rate("Bad Response");
    await page.getByRole("button", { name: "Close feedback" }).click();
    assert.equal(await pairs(), before, "one rating is no choice");
    await page.getByRole("button", { name: "Regenerate" }).click();
    await page.getByText("Try Again").click();
    await page.getByText(SAID[1]).waitFor();
    await page.getByRole("button", { name: "Good Response" }).waitFor();
    await rate("Good Response");
    await until(page, async (before) => (await likeness.portrait()).pairs === before + 1, before);
    const [choice, ...more] = choicesIn(await page.evaluate(async () => (await likeness.export()).text()));
    assert.deepEqual(more, []);
    assert.deepEqual([choice.outcome.kind, choice.origin], ["preferred", "Open WebUI"]);
    assert.equal(choice.answers.find(({ id }) => id === choice.outcome.winner).content, SAID[1]);
    assert.deepEqual(choice.context, [{ role: "user", content: "How do I boil an egg?" }]);

    // The export holds the same choice, and a rating that was alone when it was made.
    const file = await exported(page);
    assert.equal(JSON.parse(file).length, 2);
    assert.ok(file.includes(SAID[0]) && file.includes(SAID[1]));
    await page.getByRole("button", { name: "Close feedback" }).click();
    await panel.click();
    assert.equal(await bring(file), "0 added.", "it is known already");

    await page.getByRole("button", { name: "Make a new portrait" }).click();
    const { claims } = await until(page, async () => {
      const portrait = await likeness.portrait();
      return portrait.model && portrait;
    });
    await screenshots(page, "open-webui");
    await page.keyboard.press("Escape");
    await send("And how do I poach one?");
    await page.getByText(SAID[2]).waitFor();
    assertTold(lastTold(model), claims);
    const turns = model.questions().at(-1).asked.messages.slice(1);
    assert.deepEqual(turns.map(({ content }) => content), ["How do I boil an egg?", SAID[1], "And how do I poach one?"]);

    assertNoHistory([...model.all, ...requests]);
    const induction = model.questions().filter((request) => kind(request) !== "chat");
    assert.ok(induction.length > 3, "the model was asked for the portrait too");
    for (const request of induction) assert.ok(!/boil an egg|boiling water/.test(request.body), "this chat's pair is no one else's business");
  });
});
