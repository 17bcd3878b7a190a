// Finds a Chromium or Chrome on this machine, and says how it is launched for the tests.
// Run by itself, it prints the path, or exits with 1 where there is none (`check` then installs one).

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { delimiter, isAbsolute, join } from "node:path";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";

const NAMES = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"];
const MACOS = [
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
  "/Applications/Chromium.app/Contents/MacOS/Chromium",
];

/** The first of these that is installed: names in PATH, or whole paths. */
export function installed(candidates) {
  const folders = (process.env.PATH ?? "").split(delimiter);
  const paths = candidates.flatMap((name) => (isAbsolute(name) ? [name] : folders.map((folder) => join(folder, name))));
  return paths.find((path) => existsSync(path));
}

/** The browser that LIKENESS_CHROMIUM names, one in PATH, an installed application, or Playwright's own. */
export function chromiumPath() {
  const named = process.env.LIKENESS_CHROMIUM;
  if (named) return existsSync(named) ? named : undefined;
  return installed([...NAMES, ...MACOS, chromium.executablePath()].filter(Boolean));
}

/** SwiftShader gives WebGPU where there is no GPU. It is slow, so only the tests of the GPU ask for it. */
export const WEBGPU_FLAGS = ["--enable-unsafe-webgpu", "--use-webgpu-adapter=swiftshader"];

/**
 * These keep the browser from talking to anyone while it is tested: what it sends by itself would drown what a page of
 * ours might send.
 */
export const CHROMIUM_FLAGS = [
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  // Chromium's sandbox refuses to run as root, which is what a container's user is.
  ...(process.getuid?.() === 0 ? ["--no-sandbox"] : []),
];

/**
 * A Chromium whose tabs can be hidden and frozen. One that Playwright launches has none: Playwright makes every page
 * believe that it is in front and has the focus (`Emulation.setFocusEmulationEnabled`), and a page in front is never
 * frozen, nor does it help to turn that off from another session. So this one is started without Playwright, which then
 * joins it and leaves its pages as they are.
 * @param {{executablePath: string, folder: string, flags?: string[]}} settings `folder` is the profile's
 * @returns {Promise<{browser: import("playwright-core").BrowserContext, close: () => Promise<void>}>}
 */
export async function launchFreezable({ executablePath, folder, flags = [] }) {
  const args = [
    "--headless",
    "--window-size=1280,800",
    // What Playwright gives every Chromium so that it works in containers and asks for no one's keychain.
    "--disable-dev-shm-usage",
    "--password-store=basic",
    "--use-mock-keychain",
    `--user-data-dir=${folder}`,
    // Playwright joins by the port. The pipe is never written to: when it closes Chromium ends, also if we were killed.
    "--remote-debugging-port=0",
    "--remote-debugging-pipe",
    ...CHROMIUM_FLAGS,
    ...flags,
    "about:blank",
  ];
  const child = spawn(executablePath, args, { stdio: ["ignore", "ignore", "pipe", "pipe", "pipe"] });
  const ended = new Promise((resolve) => child.once("close", resolve));
  const close = async () => {
    child.stdio[3].destroy();
    await ended;
  };
  let complaint = "";
  const listening = new Promise((resolve) =>
    child.stderr.on("data", (text) => {
      complaint += text;
      const found = complaint.match(/DevTools listening on (ws:\S+)\s/);
      if (found) resolve(found[1]);
    }),
  );
  const address = await Promise.race([listening, ended]);
  assert.equal(typeof address, "string", `Chromium ended before it listened: ${complaint}`);
  try {
    const joined = await chromium.connectOverCDP(address, { noDefaults: true });
    return { browser: joined.contexts()[0], close };
  } catch (error) {
    await close();
    throw error;
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const path = chromiumPath();
  if (path) console.log(path);
  process.exit(path ? 0 : 1);
}
