// The policies hold: a page served as `start` serves it can't send to another origin, by any known way.
//
// Each way is tried first without the policies, where it must get through: a test of a way that never works
// would prove nothing. What "gets through" means is a connection or a datagram that arrives, not what
// the page believes.

import assert from "node:assert/strict";
import { createSocket } from "node:dgram";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { networkInterfaces } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { launch, serve } from "./harness.mjs";

const FOLDER = new URL("leak/", import.meta.url).pathname;
const TYPES = { html: "text/html", js: "text/javascript" };
/** How long a try may take to arrive. A WebRTC candidate is gathered last. */
const WAIT_MS = 2500;

const wait = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** Listens on every interface, and counts what arrives by TCP and UDP on one port. */
async function openSink() {
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

/** The same files without any policy. */
async function serveWithoutPolicies() {
  const server = createServer(async (request, response) => {
    const name = new URL(request.url, "http://x").pathname.slice(1) || "index.html";
    const body = await readFile(join(FOLDER, name)).catch(() => undefined);
    response.writeHead(body ? 200 : 404, { "Content-Type": TYPES[name.split(".").pop()] ?? "text/plain" });
    response.end(body);
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { url: `http://127.0.0.1:${server.address().port}/`, stop: () => server.close() };
}

/** WebRTC gathers no candidate on the loopback interface, so it is aimed at this machine's own address. */
function ownAddress() {
  const all = Object.values(networkInterfaces()).flat();
  return all.find((address) => address.family === "IPv4" && !address.internal)?.address;
}

let chromium, guarded, open, channels;

before(async () => {
  [chromium, guarded, open] = await Promise.all([launch(), serve({ dist: FOLDER }), serveWithoutPolicies()]);
  const page = await chromium.browser.newPage();
  await page.goto(guarded.url);
  channels = await page.evaluate(() => Object.keys(window.channels));
  await page.close();
});

after(async () => {
  await chromium.close();
  await guarded.stop();
  open.stop();
});

/** How much arrives at a fresh sink when the page at `url` tries the channel. */
async function tries(url, channel) {
  const sink = await openSink();
  const page = await chromium.browser.newPage();
  const popups = [];
  page.on("popup", (popup) => popups.push(popup));
  try {
    await page.goto(url);
    const host = channel === "WebRTC" ? (ownAddress() ?? "127.0.0.1") : "127.0.0.1";
    const attempt = page.evaluate(
      ([name, to]) => window.channels[name](to),
      [channel, `http://${host}:${sink.port}/secret`],
    );
    // A policy may stop the call by an exception, and a navigation ends the page that is being asked.
    await Promise.race([attempt.catch(() => {}), wait(WAIT_MS)]);
    for (let waited = 0; waited < WAIT_MS && sink.count() === 0; waited += 50) {
      await wait(50);
    }
    return sink.count();
  } finally {
    // Chromium at times never answers the closing of a page that it is just navigating; the end closes all of them.
    for (const opened of [...popups, page]) await Promise.race([opened.close().catch(() => {}), wait(WAIT_MS)]);
    sink.close();
  }
}

test("no way of sending gets through our policies, and each gets through without them", { concurrency: 5 }, async (t) => {
  assert.ok(channels.length >= 20, "the page lists its channels");
  const all = channels.map((channel) =>
    t.test(channel, async () => {
      const [control, leaked] = await Promise.all([tries(open.url, channel), tries(guarded.url, channel)]);
      assert.ok(control > 0, "the control must leak, or this proves nothing");
      assert.equal(leaked, 0, "it leaks through the policies");
    }),
  );
  await Promise.all(all);
});
