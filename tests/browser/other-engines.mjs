// Firefox and WebKit as they are installed, by what each offers itself: WebDriver BiDi through puppeteer, and WebKit's own
// WebDriver (Debian's webkit2gtk-driver, on a screen that Xvfb makes up). Playwright drives builds of its own alone. A tab
// is told what to do in the page's own words, which is what both understand.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { cp, mkdtemp, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { installed } from "./chromium.mjs";
import { REPOSITORY } from "./harness.mjs";
import { freePort, run as runProgram } from "./package-project.mjs";
import { wait } from "./remote-server.mjs";

/**
 * @typedef {{open: (url: string) => Promise<void>, run: <A>(work: (...given: any[]) => A, ...given: any[]) => Promise<A>,
 *   close: () => Promise<void>}} Tab of a browser of its own, which `close` ends; `run` works in the page
 */

const FIREFOX = ["firefox", "firefox-esr", "/Applications/Firefox.app/Contents/MacOS/firefox"];

/** @returns {Promise<Tab | undefined>} none where no Firefox is installed */
export async function openFirefox() {
  const executablePath = installed(FIREFOX);
  if (!executablePath) return undefined;
  const folder = await mkdtemp(join(tmpdir(), "likeness-firefox-"));
  let browser;
  const end = async () => {
    await browser?.close();
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  };
  try {
    await cp(join(REPOSITORY, "tests/browser/long/firefox"), folder, { recursive: true });
    await runProgram("npm", ["ci", "--no-audit", "--no-fund"], { cwd: folder });
    const entry = createRequire(join(folder, "package.json")).resolve("puppeteer-core");
    const { default: puppeteer } = await import(pathToFileURL(entry).href);
    browser = await puppeteer.launch({ browser: "firefox", executablePath, headless: true, protocolTimeout: 120_000 });
    const page = await browser.newPage();
    const errors = [];
    page.on("pageerror", (error) => errors.push(String(error.stack ?? error)));
    return {
      open: async (url) => void (await page.goto(url)),
      run: (work, ...given) => page.evaluate(work, ...given),
      close: async () => {
        await end();
        assert.deepEqual(errors, [], "the page threw");
      },
    };
  } catch (error) {
    await end();
    throw error;
  }
}

/** @returns {Promise<Tab | undefined>} none where no WebKit with its driver is installed */
export async function openWebKit() {
  const driver = installed(["WebKitWebDriver"]);
  const screen = installed(["xvfb-run"]);
  if (!driver || !(screen || process.env.DISPLAY)) return undefined;
  const port = await freePort();
  const options = [`--port=${port}`, "--host=127.0.0.1"];
  const [program, given] = screen ? [screen, ["-a", driver, ...options]] : [driver, options];
  // In a group of its own: xvfb-run leaves what it started when it is killed.
  const server = spawn(program, given, { stdio: "ignore", detached: true });
  const ended = new Promise((resolve) => server.once("exit", resolve));
  const stop = () => {
    if (server.exitCode === null) process.kill(-server.pid);
    return ended;
  };
  const call = async (method, path, body) => {
    const response = await fetch(`http://127.0.0.1:${port}${path}`, { method, body: body && JSON.stringify(body) });
    const { value } = await response.json();
    if (value?.error) throw new Error(`${value.error}: ${value.message}`);
    return value;
  };
  try {
    const alwaysMatch = { "webkitgtk:browserOptions": { args: ["--automation"] } };
    const session = await persist(() => call("POST", "/session", { capabilities: { alwaysMatch } }));
    const path = `/session/${session.sessionId}`;
    const script = (work) =>
      `const given = [...arguments], done = given.pop();
       (async () => (${work})(...given))().then((value) => done({ value }), (error) => done({ error: String(error.stack || error) }));`;
    return {
      open: (url) => call("POST", `${path}/url`, { url }),
      run: async (work, ...args) => {
        const { value, error } = await call("POST", `${path}/execute/async`, { script: script(work), args });
        if (error) throw new Error(error);
        return value;
      },
      close: async () => void (await call("DELETE", path).finally(stop)),
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Tries until it does not fail, for a quarter of a minute: a server that was just started does not listen yet. */
async function persist(work) {
  for (const end = Date.now() + 15_000; ; await wait(200)) {
    try {
      return await work();
    } catch (error) {
      if (Date.now() > end) throw error;
    }
  }
}

/** What a person does in a tab; each waits until it can be done. @param {Tab} tab */
export function personAt({ run }) {
  const until = async (what, look, milliseconds = 30_000) => {
    for (const end = Date.now() + milliseconds; !(await run(...look)); await wait(200)) {
      assert.ok(Date.now() < end, `there is no ${what}: ${await run(() => document.body.innerText)}`);
    }
  };
  return {
    /** Clicks what can be pressed and is called so. */
    press: (name, kind = "button, a, summary") => until(`"${name}" to press`, [pressNamed, name, kind]),
    /** Waits for words on the page. */
    sees: (words, milliseconds) => until(`"${words}"`, [says, "body", words], milliseconds),
    /** Waits for words in an element. */
    seesIn: (selector, words) => until(`"${words}" in ${selector}`, [says, selector, words]),
    fill: (label, text) => until(`field "${label}"`, [fillNamed, label, text]),
    check: (label) => until(`box "${label}"`, [checkNamed, label]),
    /** Chooses a file of that text. */
    choose: (name, text) => until("field for a file", [chooseFile, name, text]),
    texts: (selector) => run((selector) => [...document.querySelectorAll(selector)].map((element) => element.textContent), selector),
  };
}

// What follows runs in the page, each by itself.

function pressNamed(name, kind) {
  const can = ({ textContent, disabled, offsetParent }) => textContent.trim() === name && !disabled && offsetParent;
  // The last: what a dialog offers stands behind what opened it.
  const found = [...document.querySelectorAll(kind)].filter(can).at(-1);
  found?.click();
  return Boolean(found);
}

function says(selector, words) {
  const element = document.querySelector(selector);
  return (element?.shadowRoot?.textContent ?? element?.innerText)?.includes(words) ?? false;
}

function fillNamed(label, text) {
  const field = [...document.querySelectorAll("label")].find(({ innerText }) => innerText.trim().startsWith(label))?.control;
  if (!field) return false;
  field.value = text;
  field.dispatchEvent(new Event("input", { bubbles: true }));
  return true;
}

function checkNamed(label) {
  const box = [...document.querySelectorAll("label")].find(({ innerText }) => innerText.trim().startsWith(label))?.control;
  box?.click();
  return box?.checked ?? false;
}

function chooseFile(name, text) {
  const field = document.querySelector("input[type=file]");
  if (!field) return false;
  const chosen = new DataTransfer();
  chosen.items.add(new File([text], name));
  field.files = chosen.files;
  field.dispatchEvent(new Event("change", { bubbles: true }));
  return true;
}
