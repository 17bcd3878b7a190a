// What every browser test needs: the app served as `start` serves it, and a real Chromium that has nothing of it yet.
//
// A test that uses `withApp` fails when the page throws or logs an error, whatever else it checks. It does
// not build the app: `check` does, or `trunk build --release`.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { after } from "node:test";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";
import { CHROMIUM_FLAGS, chromiumPath, launchFreezable } from "./chromium.mjs";

export const REPOSITORY = fileURLToPath(new URL("../..", import.meta.url));
export const CACHE = process.env.LIKENESS_CACHE ?? join(process.env.XDG_CACHE_HOME ?? join(homedir(), ".cache"), "likeness");
export const MODELS = join(CACHE, "models");
export const EMBEDDED_MODEL = "SmolLM2-135M-Instruct.Q4_1.gguf";

/**
 * Serves `dist` (the built app, unless another folder is named) with the headers that users get.
 * @param {{dist?: string, models?: string, options?: string[]}} [settings] options of .ci/serve.py
 * @returns {Promise<{url: string, stop: () => Promise<void>}>} `url` ends with a slash
 */
export async function serve({ dist = join(REPOSITORY, "dist"), models = MODELS, options = [] } = {}) {
  const script = join(REPOSITORY, ".ci", "serve.py");
  const server = spawn("python3", [script, "--dist", dist, "--models", models, "--port", "0", ...options], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  let complaint = "";
  server.stderr.on("data", (text) => (complaint += text));
  const ended = new Promise((resolve) => server.once("exit", resolve));
  const url = await Promise.race([
    new Promise((resolve) => createInterface(server.stdout).once("line", resolve)),
    ended.then((code) => Promise.reject(new Error(`the server ended with code ${code}: ${complaint}`))),
  ]);
  return {
    url,
    async stop() {
      server.kill();
      await ended;
    },
  };
}

/**
 * Chromium with a profile folder of its own, which `close` removes. A second call with the same `profile`
 * is the same person coming back. Tabs of a `freezable` one can be hidden and frozen; it takes no `context`.
 * @param {{profile?: string, flags?: string[], context?: object, freezable?: boolean}} [settings]
 */
export async function launch({ profile, flags = [], context = {}, freezable = false } = {}) {
  const executablePath = chromiumPath();
  assert.ok(executablePath, "no Chromium or Chrome is installed: run ./check, or set LIKENESS_CHROMIUM");
  const folder = profile ?? (await mkdtemp(join(tmpdir(), "likeness-profile-")));
  const removeProfile = async () => {
    if (!profile) await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  };
  if (freezable) {
    const { browser, close } = await launchFreezable({ executablePath, folder, flags });
    return { browser, close: () => close().then(removeProfile) };
  }
  const browser = await chromium.launchPersistentContext(folder, {
    executablePath,
    headless: true,
    // A test that is stopped for its time would otherwise wait for a browser that no longer answers.
    handleSIGTERM: false,
    handleSIGHUP: false,
    args: [...CHROMIUM_FLAGS, ...flags],
    viewport: { width: 1280, height: 800 },
    ...context,
  });
  return {
    browser,
    async close() {
      await browser.close();
      await removeProfile();
    },
  };
}

/** The Chromium that the tests of this file use one after the other. */
let shared;
// Only a file that the test runner started is told when its last test has ended.
const SHARES = process.env.NODE_TEST_CONTEXT !== undefined;
if (SHARES) after(() => shared?.close());

/**
 * Chromium as `launch` gives it, but used again by the next test of the file that asks for the same flags: to start one
 * takes longer than many a test. What a page keeps is its origin's, and each server has an origin of its own.
 * Not for a test of the browser itself: of its profile, its processes, or its GPU, which it takes from all pages when it
 * was lost too often.
 * @param {{flags?: string[]}} [settings]
 */
export async function launchShared({ flags = [] } = {}) {
  const key = flags.join(" ");
  if (!SHARES || shared?.used) return launch({ flags });
  if (shared?.key !== key) {
    await shared?.close();
    const { browser, close } = await launch({ flags });
    const opened = { browser, key, close, used: false };
    browser.once("close", () => shared === opened && (shared = undefined));
    shared = opened;
  }
  const mine = shared;
  mine.used = true;
  return {
    browser: mine.browser,
    async close() {
      // It was closed by the test, or crashed.
      if (shared !== mine) return;
      for (const name of ["page", "request"]) mine.browser.removeAllListeners(name);
      const before = mine.browser.pages();
      // A Chromium without a page would end.
      const next = await mine.browser.newPage();
      await Promise.all(before.map((page) => page.close()));
      // A model of 100 MB for each test would fill the disk.
      const session = await mine.browser.newCDPSession(next);
      for (const origin of new Set(before.map((page) => new URL(page.url()).origin))) {
        if (origin !== "null") await session.send("Storage.clearDataForOrigin", { origin, storageTypes: "all" });
      }
      await session.detach();
      mine.used = false;
    },
  };
}

/**
 * Collects what goes wrong on a page while a test looks elsewhere.
 * @param {import("playwright-core").Page} page
 * @returns {{errors: string[], assertNone: (allowed?: RegExp[]) => void}}
 */
export function watchErrors(page) {
  const errors = [];
  page.on("pageerror", (error) => errors.push(`uncaught: ${error.stack ?? error}`));
  page.on("crash", () => errors.push("the page crashed"));
  page.on("console", (message) => {
    if (message.type() === "error") errors.push(`console: ${message.text()} (${message.location().url})`);
  });
  page.on("requestfailed", (request) => {
    // A navigation away, or a test that cancels, aborts what is under way: no fault of the page.
    const reason = request.failure()?.errorText ?? "";
    if (!reason.includes("ERR_ABORTED")) errors.push(`request: ${request.url()} ${reason}`);
  });
  return {
    errors,
    assertNone(allowed = []) {
      const left = errors.filter((error) => !allowed.some((pattern) => pattern.test(error)));
      assert.deepEqual(left, [], "the page reported errors");
    },
  };
}

/**
 * Opens the app, runs `body`, checks that the page reported no error, and cleans up whatever happens.
 * @param {(app: {page: import("playwright-core").Page, browser: import("playwright-core").BrowserContext, url: string}) => Promise<void>} body
 * @param {{path?: string, serving?: object, launching?: object, allowedErrors?: RegExp[]}} [settings]
 */
export async function withApp(body, { path = "", serving = {}, launching, allowedErrors = [] } = {}) {
  const server = await serve(serving);
  try {
    const { browser, close } = await (launching ? launch(launching) : launchShared());
    try {
      const page = browser.pages()[0] ?? (await browser.newPage());
      const watched = watchErrors(page);
      await page.goto(server.url + path);
      try {
        await body({ page, browser, url: server.url });
      } catch (error) {
        // What a test waited for in vain seldom says why it did not come; the page may.
        const shown = await page.locator("body").innerText({ timeout: 5000 }).catch(() => "nothing can be read");
        console.log(`The page when it failed, ${page.url()}, after ${JSON.stringify(watched.errors)}:\n${shown.slice(0, 3000)}`);
        throw error;
      }
      watched.assertNone(allowedErrors);
    } finally {
      await close();
    }
  } finally {
    await server.stop();
  }
}

/**
 * Pictures of the page as it is now: 1280 and 390 wide, light and dark, into LIKENESS_SCREENSHOTS.
 * Does nothing where that is not set. The viewport is put back.
 */
export async function screenshots(page, name) {
  const folder = process.env.LIKENESS_SCREENSHOTS;
  if (!folder) return;
  await mkdir(folder, { recursive: true });
  const before = page.viewportSize();
  for (const colorScheme of ["light", "dark"]) {
    await page.emulateMedia({ colorScheme });
    for (const width of [1280, 390]) {
      await page.setViewportSize({ width, height: width === 390 ? 844 : 800 });
      // A colour that is still on its way from light to dark would be in the picture.
      const path = join(folder, `${name}-${width}-${colorScheme}.png`);
      await page.screenshot({ path, fullPage: true, animations: "disabled" });
    }
  }
  await page.emulateMedia({ colorScheme: null });
  if (before) await page.setViewportSize(before);
}
