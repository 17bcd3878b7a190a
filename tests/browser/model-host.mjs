// A server that has a model's file, as a site of models does: on another origin, with ranges or without; it can stop in the
// middle of a file, and knows every byte that it gave.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { open } from "node:fs/promises";
import { createServer } from "node:http";
import { createServer as createSecureServer } from "node:https";

const PIECE = 1 << 18;

/**
 * Serves one file under any path. What is set on the object it gives holds for the requests that come later:
 *   holdAt     the byte of the file at which it gives no more, until `release` or `cut`
 *   ranges     whether it gives parts of a file
 *   version    what its ETag and its Last-Modified are made of
 *   handsOnTo  an origin that it redirects every request to
 * `requests` has `{url, host, range, sent}` of each request, `sent` in bytes of the file.
 * @param {string} path the file
 * @param {{key: string, cert: string}} [secure] makes it speak TLS
 */
export async function openModelHost(path, secure) {
  const file = await open(path);
  const { size } = await file.stat();
  const host = { size, requests: [], ranges: true, version: 1, holdAt: size, handsOnTo: undefined };

  /** Gives the bytes from `first` on, and ends the answer when that was to the end of the file. */
  async function give(response, seen, first) {
    const until = host.holdAt;
    for (let at = first; at < until; ) {
      const bytes = Buffer.alloc(Math.min(PIECE, until - at));
      await file.read(bytes, 0, bytes.length, at);
      const written = await new Promise((resolve) => response.write(bytes, (error) => resolve(!error)));
      if (!written) return; // Whoever asked is gone.
      at += bytes.length;
      seen.sent += bytes.length;
    }
    if (until === size) response.end();
    else host.held = { response, goOn: () => give(response, seen, until) };
  }

  async function answer(request, response) {
    const seen = { url: request.url, host: request.headers.host, range: request.headers.range, sent: 0 };
    host.requests.push(seen);
    const given = {
      "Access-Control-Allow-Origin": "*",
      // Both are hidden from the page but for the second, as on any site that doesn't show its headers to others.
      ETag: `"v${host.version}"`,
      "Last-Modified": new Date(Date.UTC(2026, 0, host.version)).toUTCString(),
    };
    if (host.handsOnTo) return response.writeHead(302, { ...given, Location: host.handsOnTo + request.url }).end();
    const first = host.ranges ? Number(/^bytes=([0-9]+)-$/.exec(seen.range ?? "")?.[1] ?? 0) : 0;
    if (first >= size) return response.writeHead(416, { ...given, "Content-Range": `bytes */${size}` }).end();
    const part = first > 0 ? { "Content-Range": `bytes ${first}-${size - 1}/${size}` } : {};
    response.writeHead(first > 0 ? 206 : 200, { ...given, ...part, "Content-Length": size - first });
    response.flushHeaders();
    await give(response, seen, first);
  }

  const server = secure ? createSecureServer(secure, answer) : createServer(answer);
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address();
  return Object.assign(host, {
    port,
    origin: `http://127.0.0.1:${port}`,
    sent: () => host.requests.reduce((sum, { sent }) => sum + sent, 0),
    /** Goes on with what is held, to the end. */
    release() {
      host.holdAt = size;
      return host.held.goOn();
    },
    /** Cuts the connection of what is held; later requests are given all. */
    cut() {
      host.holdAt = size;
      host.held.response.destroy();
    },
    async digest() {
      const hash = createHash("sha256");
      for await (const bytes of file.createReadStream({ start: 0, autoClose: false })) hash.update(bytes);
      return hash.digest("hex");
    },
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await file.close();
    },
  });
}

/** Waits until `mark` bytes of a download lie on the disk; how far it is, is told now and then only. */
export async function arrival(page, name, mark) {
  for (const end = Date.now() + 60_000; ; await page.waitForTimeout(100)) {
    const bytes = await page.evaluate(async (name) => {
      const models = await (await navigator.storage.getDirectory()).getDirectoryHandle("models");
      return (await (await models.getFileHandle(`${name}.part`)).getFile()).size;
    }, name).catch(String);
    if (bytes === mark) return;
    assert.ok(Date.now() < end, `${bytes} of ${mark} bytes came`);
  }
}
