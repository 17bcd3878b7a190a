// A component's origin and pages of other origins that embed it, each under a strict policy and without isolation headers.
//
// One server plays them all, told apart by name: what ends in `.localhost` is this machine, and each name before it is a
// site of its own. `chat.likeness.localhost` is of the component's site and of another origin, so it shares its storage.

import assert from "node:assert/strict";
import { createServer } from "node:http";
import { readFile } from "node:fs/promises";
import { extname, join, normalize } from "node:path";
import { REPOSITORY, launchShared, watchErrors } from "./harness.mjs";
import { POLICY } from "./package-host.mjs";

const TYPES = { ".js": "text/javascript", ".wasm": "application/wasm", ".html": "text/html", ".css": "text/css" };
const COMPONENT = "likeness.localhost";
/** The component as somebody serves it who forgot `frame-ancestors`. */
const CARELESS = "careless.localhost";
/** Hosts that say which windows they may share a browsing context group with. */
const OPENER_POLICIES = { "cut.localhost": "same-origin", "popups.localhost": "same-origin-allow-popups" };
/** What a host's page needs of the package: the connecting end, and not the core. */
const HOSTS_FILES = ["frame.js", "about.js", "failure.js", "given.js", "running.js", "frame/protocol.js"];
const PAGES = {
  "/": '<!doctype html><title>host</title><script type="module" src="/host.js"></script>',
  "/bare": "<!doctype html><title>host</title>",
  "/favicon.ico": "",
  "/host.js": 'import * as api from "/package/frame.js"; window.api = api; window.ready = true;',
};

/** Playwright switches the partitions of storage off; the last switch counts, and a frame's storage is what is tested here. */
const PARTITIONED = "--disable-features=HttpsUpgrades,HttpsFirstBalancedModeAutoEnable,MediaRouter,OptimizationHints";
const PATH_FOLDER = "/package/";

async function answer(request, response, port) {
  const name = request.headers.host.split(":")[0];
  const path = normalize(new URL(request.url, "http://host").pathname);
  const component = name === COMPONENT || name === CARELESS;
  // The frame's own policy, as the README says to send it; a host's policy must let it be framed.
  const framed = name === CARELESS ? "" : `; frame-ancestors http://*.localhost:${port}`;
  const policy = component ? `${POLICY}; style-src 'self'${framed}` : `${POLICY}; frame-src http://*.localhost:${port}`;
  const opener = OPENER_POLICIES[name] ? { "cross-origin-opener-policy": OPENER_POLICIES[name] } : {};
  const send = (status, type, body) =>
    response.writeHead(status, { "content-type": type, "content-security-policy": policy, ...opener }).end(body);
  if (!component && path in PAGES) return send(200, path.endsWith(".js") ? TYPES[".js"] : TYPES[".html"], PAGES[path]);
  const file = path.startsWith(PATH_FOLDER) ? path.slice(PATH_FOLDER.length) : undefined;
  if (!file || (!component && !HOSTS_FILES.includes(file))) return send(path === "/favicon.ico" ? 200 : 404, "text/plain", "");
  try {
    return send(200, TYPES[extname(file)] ?? "application/octet-stream", await readFile(join(REPOSITORY, "pkg", file)));
  } catch {
    return send(404, "text/plain", "");
  }
}

/**
 * A browser, and addresses of the component and of hosts.
 * @param {(at: {
 *   browser: import("playwright-core").BrowserContext,
 *   frameUrl: string,
 *   url: (name: string) => string,
 *   host: (name: string) => Promise<import("playwright-core").Page>,
 *   requests: { url: string, host: string }[],
 * }) => Promise<void>} body
 * @param {RegExp[]} [allowedErrors]
 */
export async function withFrames(body, allowedErrors = []) {
  const requests = [];
  const server = createServer((request, response) => {
    requests.push({ url: request.url, host: request.headers.host, method: request.method });
    return answer(request, response, server.address().port);
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address();
  const url = (name) => `http://${name}.localhost:${port}/`;
  const { browser, close } = await launchShared({ flags: [PARTITIONED] });
  const watched = [];
  browser.on("page", (page) => watched.push(watchErrors(page)));
  const host = async (name) => {
    const page = await browser.newPage();
    await page.goto(url(name));
    await page.waitForFunction(() => window.ready);
    assert.equal(await page.evaluate(() => crossOriginIsolated), false);
    return page;
  };
  try {
    await body({ browser, url, host, requests, frameUrl: `${url("likeness")}package/frame/likeness.html` });
    for (const one of watched) one.assertNone(allowedErrors);
  } finally {
    await close();
    await new Promise((resolve) => (server.close(resolve), server.closeAllConnections()));
  }
}

/** The frame's own document. */
export const frameOf = (page) => page.frames().find((frame) => frame.url().endsWith("likeness.html"));

/** Connects a host's page with a frame, as `window.likeness`. */
export const connect = (page, frameUrl) =>
  page.evaluate(async (url) => {
    window.likeness = await api.connectLikeness({ url });
    likeness.frame.width = 600;
  }, frameUrl);

/** The person opens the window that the frame offers, and allows or refuses in it. */
export async function decide(browser, page, what, unticked = []) {
  const frame = page.frameLocator("iframe").first();
  const opening = browser.waitForEvent("page");
  await frame.getByRole("button", { name: "Review…" }).click();
  const popup = await opening;
  for (const name of unticked) await popup.locator(`input[name=${name}]`).uncheck();
  const closing = popup.waitForEvent("close");
  // The window may be gone before the click has been reported.
  await popup.getByRole("button", { name: what, exact: true }).click().catch((error) => assert.match(error.message, /has been closed/));
  await closing;
}

/** Asks for scopes as a host does, with the person allowing them. */
export async function grant(browser, page, scopes) {
  const asking = page.evaluate((scopes) => likeness.requestAccess(scopes), scopes);
  await decide(browser, page, "Allow");
  return asking;
}

/** What a call fails with; its value where it does not. */
export const outcome = (page, call, ...args) =>
  page.evaluate(
    async ([call, args]) => {
      try {
        return await likeness[call](...args);
      } catch (error) {
        return error instanceof api.LikenessError && error.advice ? error.code : String(error);
      }
    },
    [call, args],
  );
