// What the tests of policies share: servers that record what arrives, and a page that tries to send (leak/), served
// without a policy, as `start` serves the app, and by the app's own service worker.

import assert from "node:assert/strict";
import { createSocket } from "node:dgram";
import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { networkInterfaces, tmpdir } from "node:os";
import { join } from "node:path";
import { REPOSITORY, serve } from "./harness.mjs";

export const LEAK = new URL("leak/", import.meta.url).pathname;
const WWW = join(REPOSITORY, "www");
const TYPES = { html: "text/html", js: "text/javascript" };
/** The channels that need a page in front, or that make no connection: prediction.test.mjs has them. */
export const PREDICTIONS = ["speculation rules", "speculation rules that prerender", "dns-prefetch"];
/** How long a try may take to arrive. A WebRTC candidate is gathered last. */
const WAIT_MS = 2500;
/** Where it must arrive, a busy machine has time. */
export const CONTROL_MS = 15_000;

export const wait = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** Listens on every interface, and counts what arrives by TCP and UDP on one port. */
export async function openSink() {
  const server = createServer((_, response) => response.end());
  let arrived = 0;
  server.on("connection", () => (arrived += 1));
  await new Promise((resolve) => server.listen(0, "0.0.0.0", resolve));
  const { port } = server.address();
  const socket = createSocket("udp4");
  socket.on("message", () => (arrived += 1));
  await new Promise((resolve) => socket.bind(port, "0.0.0.0", resolve));
  return {
    port,
    count: () => arrived,
    close: () => {
      server.closeAllConnections();
      server.close();
      socket.close();
    },
  };
}

/**
 * A server that anyone may ask, as one of a remote model is; it keeps every request.
 * /redirect?to=URL redirects.
 */
export async function openEndpoint() {
  const requests = [];
  const server = createServer((request, response) => {
    let body = "";
    request.on("data", (bytes) => (body += bytes));
    request.on("end", () => {
      requests.push({ method: request.method, url: request.url, body });
      const { pathname, searchParams } = new URL(request.url, "http://x");
      response.writeHead(pathname === "/redirect" ? 307 : 200, {
        "Access-Control-Allow-Origin": "*",
        "Access-Control-Allow-Headers": "*",
        "Content-Type": "text/plain",
        ...(pathname === "/redirect" ? { Location: searchParams.get("to") } : {}),
      });
      response.end("answer");
    });
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    origin: `http://127.0.0.1:${server.address().port}`,
    requests,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

/** A copy of the page that tries to send, with the app's own service worker, meta policy and page side of it. */
export async function guardedFolder() {
  const folder = await mkdtemp(join(tmpdir(), "likeness-policy-"));
  await cp(LEAK, folder, { recursive: true });
  for (const name of ["service_worker.js", "policy.js"]) await cp(join(WWW, name), join(folder, name));
  const page = await readFile(join(LEAK, "index.html"), "utf8");
  const meta = (await readFile(join(WWW, "index.html"), "utf8")).match(
    /<meta http-equiv="Content-Security-Policy"[^>]*>/,
  );
  assert.ok(meta, "www/index.html has a policy");
  const guarded = page.replace('<meta charset="utf-8">', (charset) => charset + meta[0]);
  await writeFile(
    join(folder, "index.html"),
    guarded.replace("</head>", '<script type="module" src="policy.js"></script></head>'),
  );
  return folder;
}

/** That folder, served as `start` serves the app. */
export async function serveGuarded(options = []) {
  const folder = await guardedFolder();
  const server = await serve({ dist: folder, models: folder, options });
  return {
    url: server.url,
    folder,
    async stop() {
      await server.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** A folder without any policy, as a plain static host serves it. */
export async function serveWithoutPolicies(folder = LEAK) {
  const server = createServer(async (request, response) => {
    const name = new URL(request.url, "http://x").pathname.slice(1) || "index.html";
    const body = await readFile(join(folder, name)).catch(() => undefined);
    response.writeHead(body ? 200 : 404, { "Content-Type": TYPES[name.split(".").pop()] ?? "text/plain" });
    response.end(body);
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${server.address().port}/`,
    stop: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

/** Has the service worker of the site at `url` allow `origins`, and reloads a page there until it has their policy. */
export async function allow(page, url, origins) {
  await page.goto(url);
  const answer = await page.evaluate((list) => window.likenessPolicy.allow(list), origins);
  assert.deepEqual(answer, { ok: true, origins });
  await page.reload();
  assert.deepEqual(await page.evaluate(() => window.likenessPolicy.applied), origins, "the page has the policy");
}

/** WebRTC gathers no candidate on the loopback interface, so it is aimed at this machine's own address. */
function ownAddress() {
  const all = Object.values(networkInterfaces()).flat();
  return all.find((address) => address.family === "IPv4" && !address.internal)?.address;
}

/** How much arrives at a fresh sink, within so many milliseconds, when a page at `url` tries the channel. */
export async function tries(browser, url, channel, most = WAIT_MS) {
  const sink = await openSink();
  const page = await browser.newPage();
  const popups = [];
  page.on("popup", (popup) => popups.push(popup));
  try {
    await page.goto(url);
    await page.bringToFront();
    const host = channel === "WebRTC" ? (ownAddress() ?? "127.0.0.1") : "127.0.0.1";
    await attempts(page, channel, `http://${host}:${sink.port}/secret`);
    for (let waited = 0; waited < most && sink.count() === 0; waited += 50) {
      await wait(50);
    }
    return sink.count();
  } finally {
    // Chromium at times never answers the closing of a page that it is just navigating; the end closes all of them.
    for (const opened of [...popups, page]) await Promise.race([opened.close().catch(() => {}), wait(WAIT_MS)]);
    sink.close();
  }
}

/** Tries one channel on a page. A policy may stop it by an exception, and a navigation ends the page that is asked. */
export async function attempts(page, channel, to) {
  const attempt = page.evaluate(([name, address]) => window.channels[name](address), [channel, to]);
  await Promise.race([attempt.catch(() => {}), wait(WAIT_MS)]);
}
