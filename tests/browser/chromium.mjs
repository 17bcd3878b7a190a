// Finds a Chromium or Chrome on this machine, and says how it is launched for the tests.
// Run by itself, it prints the path, or exits with 1 where there is none (`check` then installs one).

import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";

const NAMES = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"];
const MACOS = [
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
  "/Applications/Chromium.app/Contents/MacOS/Chromium",
];

/** The browser that LIKENESS_CHROMIUM names, one in PATH, an installed application, or Playwright's own. */
export function chromiumPath() {
  const named = process.env.LIKENESS_CHROMIUM;
  if (named) return existsSync(named) ? named : undefined;
  const folders = (process.env.PATH ?? "").split(delimiter);
  const candidates = NAMES.flatMap((name) => folders.map((folder) => join(folder, name)));
  return [...candidates, ...MACOS, chromium.executablePath()].find((path) => path && existsSync(path));
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

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const path = chromiumPath();
  if (path) console.log(path);
  process.exit(path ? 0 : 1);
}
