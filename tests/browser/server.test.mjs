// The server's own promises: the policies on every response, ranges, types, nothing outside its folders.

import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { serve } from "./harness.mjs";

const POLICIES = {
  "content-security-policy": /default-src 'none'.*connect-src 'self';.*frame-ancestors 'none'/,
  "connection-allowlist": /^\(response-origin\)$/,
  "cross-origin-opener-policy": /^same-origin$/,
  "cross-origin-embedder-policy": /^require-corp$/,
  "cross-origin-resource-policy": /^same-origin$/,
  "x-content-type-options": /^nosniff$/,
};

let folder, server;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), "likeness-serve-"));
  await writeFile(join(folder, "index.html"), "<p>page</p>");
  await writeFile(join(folder, "worker.js"), "postMessage(1)");
  await writeFile(join(folder, "app_bg.wasm"), "0123456789");
  await writeFile(join(folder, "empty.txt"), "");
  await writeFile(join(folder, "tiny.gguf"), "GGUF-bytes");
  server = await serve({ dist: folder, models: folder });
});

after(async () => {
  await server.stop();
  await rm(folder, { recursive: true });
});

/** `fetch` tidies a path such as /../x before it sends it; this sends it as it is. */
function raw(path, { method = "GET", headers = {} } = {}) {
  const { port } = new URL(server.url);
  return new Promise((resolve, reject) => {
    const sent = request({ host: "127.0.0.1", port, path, method, headers }, (response) => {
      let body = "";
      response.on("data", (bytes) => (body += bytes));
      response.on("end", () => resolve({ status: response.statusCode, headers: response.headers, body }));
    });
    sent.on("error", reject);
    sent.end();
  });
}

test("every response carries every policy", async () => {
  const asked = [
    ["/", 200],
    ["/history", 200],
    ["/worker.js", 200],
    ["/models/tiny.gguf", 200],
    ["/missing.js", 404],
    ["/models/missing.gguf", 404],
  ];
  const answers = await Promise.all(asked.map(([path]) => raw(path)));
  answers.push(await raw("/", { method: "POST" }));
  answers.push(await raw("/worker.js", { headers: { "If-None-Match": answers[2].headers.etag } }));
  answers.push(await raw("/worker.js", { headers: { Range: "bytes=99-" } }));
  assert.deepEqual(
    answers.map((answer) => answer.status),
    [...asked.map(([, status]) => status), 501, 304, 416],
  );
  for (const answer of answers) {
    for (const [name, value] of Object.entries(POLICIES)) {
      assert.match(answer.headers[name] ?? "", value, `${name} of a ${answer.status}`);
    }
  }
});

test("ranges are what was asked for", async () => {
  const check = async (range, status, body, contentRange) => {
    const answer = await raw("/app_bg.wasm", { headers: { Range: range } });
    assert.deepEqual([answer.status, answer.body, answer.headers["content-range"]], [status, body, contentRange], range);
  };
  await check("bytes=0-0", 206, "0", "bytes 0-0/10");
  await check("bytes=3-5", 206, "345", "bytes 3-5/10");
  await check("bytes=7-", 206, "789", "bytes 7-9/10");
  await check("bytes=7-99", 206, "789", "bytes 7-9/10");
  await check("bytes=-3", 206, "789", "bytes 7-9/10");
  await check("bytes=-99", 206, "0123456789", "bytes 0-9/10");
  await check("bytes=10-", 416, "", "bytes */10");
  await check("bytes=-0", 416, "", "bytes */10");
  for (const whole of ["bytes=5-3", "bytes=-", "bytes=0-1,4-5", "lines=1-2"]) {
    await check(whole, 200, "0123456789", undefined);
  }
});

test("a range of a file that has changed since is the whole file", async () => {
  const { headers } = await raw("/app_bg.wasm");
  const same = await raw("/app_bg.wasm", { headers: { Range: "bytes=0-1", "If-Range": headers.etag } });
  const other = await raw("/app_bg.wasm", { headers: { Range: "bytes=0-1", "If-Range": '"other"' } });
  assert.deepEqual([same.status, same.body, other.status, other.body], [206, "01", 200, "0123456789"]);
});

test("types are the ones that browsers insist on", async () => {
  const type = async (path) => (await raw(path)).headers["content-type"];
  assert.equal(await type("/"), "text/html; charset=utf-8");
  assert.equal(await type("/worker.js"), "text/javascript; charset=utf-8");
  assert.equal(await type("/app_bg.wasm"), "application/wasm");
  assert.equal((await raw("/empty.txt")).status, 200);
});

test("nothing outside the two folders is served", async () => {
  const paths = [
    "/../../etc/passwd",
    "/..%2f..%2fetc%2fpasswd",
    "/models/../index.html",
    "/models/..%2findex.html",
    "/models/index.html",
    "/models/",
    "/%00.js",
    "//etc/passwd.txt",
  ];
  for (const path of paths) {
    const answer = await raw(path);
    assert.ok(answer.status === 404 || answer.body === "<p>page</p>", `${path}: ${answer.status} ${answer.body}`);
    assert.doesNotMatch(answer.body, /root:/, path);
  }
});

test("an allowed origin enters both policies, and nothing but an origin is allowed", async () => {
  const open = await serve({ dist: folder, models: folder, options: ["--allow", "https://models.example"] });
  try {
    const { headers } = await fetch(open.url);
    assert.match(headers.get("content-security-policy"), /connect-src 'self' https:\/\/models\.example;/);
    assert.equal(headers.get("connection-allowlist"), '(response-origin "https://models.example")');
  } finally {
    await open.stop();
  }
  const refused = serve({ dist: folder, models: folder, options: ["--allow", "https://a.example; script-src *"] });
  await assert.rejects(refused, /takes an origin/);
});
