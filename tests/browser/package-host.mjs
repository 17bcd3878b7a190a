// A page that is not ours and embeds the package: served plainly, without isolation headers, under a strict policy.
//
// The server plays the host's model too, and keeps every request that comes with what it carries.

import assert from "node:assert/strict";
import { createReadStream } from "node:fs";
import { readFile, stat } from "node:fs/promises";
import { createServer } from "node:http";
import { extname, join, normalize } from "node:path";
import { pipeline } from "node:stream/promises";
import { REPOSITORY, launchShared, watchErrors } from "./harness.mjs";

const TYPES = { ".js": "text/javascript", ".wasm": "application/wasm", ".html": "text/html" };
export const POLICY =
  "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; connect-src 'self'; " +
  "require-trusted-types-for 'script'; trusted-types likeness";

/** The sample's pairs: their texts are the canaries. */
export const PAIRS = (await readFile(join(REPOSITORY, "www/sample.jsonl"), "utf8"))
  .trim()
  .split("\n")
  .map((line) => JSON.parse(line))
  .map(({ context, chosen, rejected }) => ({ context, chosen: chosen.content, rejected: rejected.content }));

/** None of the canaries is in this, however JSON may spell it. */
export function assertNone(canaries, carried, what) {
  for (const canary of canaries) {
    assert.ok(!carried.includes(canary) && !carried.includes(JSON.stringify(canary).slice(1, -1)), `${what}: ${canary}`);
  }
}

/** What the host's own files are. */
const HOST = {
  "/": '<!doctype html><title>host</title><script type="module" src="/host.js"></script><input type="file">',
  "/favicon.ico": "",
  "/probe.js": 'try { new Worker("/probe.js"); self.postMessage("started"); } catch (error) { self.postMessage(String(error)); }',
  "/host.js": 'import * as api from "/package/index.js"; window.api = api; window.ready = true;',
  "/worker.js": `
    import { createLikeness } from "/package/index.js";
    self.onmessage = async ({ data }) => {
      try {
        const likeness = await createLikeness({ storage: { person: "Worker" } });
        await likeness.record(data);
        self.postMessage({ pairs: (await likeness.portrait()).pairs, isPage: typeof document !== "undefined" });
      } catch ({ code, message }) {
        self.postMessage({ code, message });
      }
    };`,
};

/** What makes a page and its workers isolated, so that they may have threads. */
const ISOLATION = { "cross-origin-opener-policy": "same-origin", "cross-origin-embedder-policy": "require-corp" };

/**
 * Serves the package below /package/, and once more below /copy/; /model answers as a chat model would. Below /models/ are
 * the files of that folder, which other origins are not allowed to read.
 */
async function serveHost({ isolated = false, models, without = /^$/ }) {
  const requests = [];
  const policies = { "content-security-policy": `${POLICY} host`, ...(isolated ? ISOLATION : {}) };
  const server = createServer(async (request, response) => {
    const pieces = [];
    for await (const piece of request) pieces.push(piece);
    const path = normalize(new URL(request.url, "http://host").pathname);
    requests.push({ method: request.method, url: request.url, headers: request.headers, body: Buffer.concat(pieces).toString() });
    const send = (status, type, body) => response.writeHead(status, { "content-type": type, ...policies }).end(body);
    if (path in HOST) return send(200, path === "/" ? TYPES[".html"] : TYPES[".js"], HOST[path]);
    if (path === "/model") return send(200, "application/json", JSON.stringify({ content: "Paris." }));
    if (models && path.startsWith("/models/")) {
      return sendLarge(response, join(models, decodeURIComponent(path.slice("/models/".length))), policies);
    }
    try {
      const [, inside] = path.match(/^\/(?:package|copy)\/(.+)$/) ?? [];
      if (!inside || without.test(path)) throw new Error("not there");
      const file = await readFile(join(REPOSITORY, "pkg", inside));
      return send(200, TYPES[extname(path)] ?? "application/octet-stream", file);
    } catch {
      return send(404, "text/plain", "");
    }
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${server.address().port}/`,
    requests,
    stop: () => new Promise((resolve) => (server.close(resolve), server.closeAllConnections())),
  };
}

async function sendLarge(response, file, headers) {
  const { size } = await stat(file).catch(() => ({}));
  if (size === undefined) return response.writeHead(404, headers).end();
  response.writeHead(200, { "content-type": "application/octet-stream", "content-length": size, ...headers });
  // Whoever stops a download breaks the stream off.
  await pipeline(createReadStream(file), response).catch(() => {});
}

/**
 * A host's page in a real browser.
 * @param {(host: {page: import("playwright-core").Page, requests: object[], url: string}) => Promise<void>} body
 * @param {{isolated?: boolean, models?: string, without?: RegExp, allowedErrors?: RegExp[], flags?: string[]}} [settings]
 *   `models` is a folder, `without` which of the package's files the host forgot, `flags` are the browser's
 */
export async function withHost(body, { allowedErrors = [], flags = [], ...serving } = {}) {
  const server = await serveHost(serving);
  try {
    const { browser, close } = await launchShared({ flags });
    try {
      const page = await browser.newPage();
      const watched = watchErrors(page);
      await page.goto(server.url);
      await page.waitForFunction(() => window.ready);
      await body({ page, requests: server.requests, url: server.url });
      watched.assertNone(allowedErrors);
    } finally {
      await close();
    }
  } finally {
    await server.stop();
  }
}
