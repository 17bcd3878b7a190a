// The service worker: gives the app's page and its workers the policy that says where they may send.
//
// The server's policy allows the app's own origin and no other. Where a person has configured a remote model, this
// worker answers for the server with the same files under a policy that allows that model's origin as well. It is also
// a second line behind that policy: it refuses a request to any other origin, and counts what it lets pass and refuses.
// It keeps no copy of the app and sends nothing itself but the app's own requests to the app's own server.
//
// The list of origins is in this worker's address: service_worker.js?allow=ORIGIN&allow=ORIGIN. It is not in a database,
// because of how a request to another origin passes. This worker can't send it, for its own policy is the
// server's (in Chromium 156 such a request fails); it can only let it go by, and has to decide that before its event
// handler returns. A list that must be read first would come too late for the first request after the browser stopped this
// worker, which it does after some idle seconds. So another list is another address, thus another worker: www/policy.js
// registers it.
//
// It does not see what a browser sends without a `fetch` event: WebSockets, WebRTC, navigations to elsewhere,
// and where a server redirects a request that passed. The policy stops those.
"use strict";

/** What the server allows besides, for a model that is loaded from elsewhere: .ci/serve.py --allow writes it here. */
const SERVER_ALLOWS = [];

// A download from Hugging Face takes 18 of them while it lasts.
const MOST_ORIGINS = 40;

/** Where the endpoint that echoes is, for the test with canaries on the Privacy page. */
const ECHO_PATH = "/echo/v1/chat/completions";

/** Where the counts are kept: a cache, since "forget everything" deletes every cache. */
const COUNTS_CACHE = "likeness-requests";
/** Origins that are counted by name; the host of a refused request can be anything, and there can be any number. */
const MOST_COUNTED = 64;

/** The policy of .ci/serve.py, with `connect` where it says "connect-src"; a test compares the two. */
const policy = (connect) => [
  "default-src 'none'",
  "script-src 'self' 'wasm-unsafe-eval'",
  "worker-src 'self'",
  `connect-src ${["'self'", ...connect].join(" ")}`,
  "style-src 'self'",
  "img-src 'self'",
  "font-src 'self'",
  "manifest-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
];

/**
 * Hands each download on to one of its other hosts. Browsers that know Connection-Allowlist follow no redirect at all
 * unless it says so; where it does, the content policy still holds each to the origins of the list.
 */
const HANDS_ON = "https://huggingface.co";

// A worker whose address holds anything else does not start, so it is never installed.
const CONFIGURED = readOrigins(new URL(self.location.href).searchParams.getAll("allow"));
const ALLOWED = [...new Set([...SERVER_ALLOWS.map((origin) => new URL(origin).origin), ...CONFIGURED])];

// A page that waited for all others to close would go on with the old list.
self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const target = new URL(request.url);
  if (!target.protocol.startsWith("http")) return;
  if (target.origin === self.location.origin) {
    if (request.method === "POST" && target.pathname.endsWith(ECHO_PATH)) return event.respondWith(echo(request));
    if (takesPolicy(request)) event.respondWith(withPolicy(request));
    return;
  }
  const passes = ALLOWED.includes(target.origin);
  if (!passes) event.respondWith(Response.error());
  event.waitUntil(count(target.origin, passes ? "count" : "refused"));
});

self.addEventListener("message", (event) => {
  const [port] = event.ports;
  // Only pages of this origin can have a handle of this worker; said again, because it costs nothing.
  if (event.origin !== self.location.origin || !port) return;
  event.waitUntil(answer(event.data ?? {}).then((reply) => port.postMessage(reply)));
});

/** What a page may ask, and the answer; see www/policy.js for how it is used. */
async function answer({ type, origins }) {
  try {
    switch (type) {
      case "allow": {
        const read = readOrigins(origins);
        const script = new URL(self.location.pathname, self.location.origin);
        for (const origin of read) script.searchParams.append("allow", origin);
        return { ok: true, origins: read, script: script.href };
      }
      case "start":
        await self.skipWaiting();
        return { ok: true };
      case "report":
        return { ok: true, origins: CONFIGURED, ...(await counts()) };
      case "forget":
        await exclusively(() => self.caches.delete(COUNTS_CACHE));
        return { ok: true };
      default:
        return { ok: false, error: "this message is not known" };
    }
  } catch (error) {
    return { ok: false, error: error.message };
  }
}

// Origins.

/** The origins that a list of texts names, each once and spelt as browsers spell it; throws what is wrong with one. */
function readOrigins(texts) {
  if (!Array.isArray(texts)) throw new Error("a list of origins is needed");
  if (texts.length > MOST_ORIGINS) throw new Error(`at most ${MOST_ORIGINS} origins can be allowed`);
  return [...new Set(texts.map(readOrigin))].filter((origin) => origin !== self.location.origin);
}

/**
 * Stricter than a browser's own reader, since what is read here becomes a part of a policy: no path, no user, no
 * wildcard, no spelling that the browser would understand as another host. No IPv6 address either: a content policy
 * can't name one.
 */
function readOrigin(text) {
  const parts = /^https?:\/\/([a-z0-9-]+(?:\.[a-z0-9-]+)*)(?::[1-9][0-9]{0,4})?$/.exec(String(text).toLowerCase());
  const url = parts && parsed(parts[0]);
  if (!url || url.hostname !== parts[1]) {
    const said = JSON.stringify(String(text).slice(0, 200));
    throw new Error(`${said} is not an origin such as https://api.example or http://localhost:8080`);
  }
  if (url.protocol === "http:" && !isLoopback(url.hostname)) {
    throw new Error(`${url.origin} is not on this machine, so it needs https`);
  }
  return url.origin;
}

function parsed(text) {
  try {
    return new URL(text);
  } catch {
    return undefined; // A port that is too large, a number that is no address.
  }
}

function isLoopback(host) {
  return host === "localhost" || host.endsWith(".localhost") || /^127(\.[0-9]+){3}$/.test(host);
}

// The policy.

/**
 * The responses whose policy a browser heeds: pages and workers. Scripts get it too; any of them can become a worker.
 * The rest is left to the browser, which then also handles ranges of model files itself.
 */
function takesPolicy({ mode, destination, headers }) {
  return (mode === "navigate" || destination.endsWith("worker") || destination === "script") && !headers.has("range");
}

async function withPolicy(request) {
  const response = await fetch(request);
  // A redirected navigation is opaque here: the browser follows it, and asks again. An answer from another origin must
  // keep its address, or it would pass for a script of ours.
  if (response.type !== "basic") return response;
  const headers = new Headers(response.headers);
  headers.set("Content-Security-Policy", [...policy(ALLOWED), "frame-ancestors 'none'"].join("; "));
  headers.delete("Content-Security-Policy-Report-Only"); // Its reports would be requests, too.
  const items = ["response-origin", ...ALLOWED.map((origin) => `"${origin}"`)];
  const redirects = ALLOWED.includes(HANDS_ON) ? "; redirects=allow" : "";
  headers.set("Connection-Allowlist", `(${items.join(" ")})${redirects}`);
  // They tell of the body as it was on the way.
  headers.delete("Content-Encoding");
  headers.delete("Content-Length");
  // Whole, not as a stream: a page or a worker that goes away while it reads would keep this worker busy, and the one
  // with a new list would wait for that.
  let body = response.body && (await response.arrayBuffer());
  if (body && /^text\/html\b/i.test(headers.get("Content-Type"))) {
    body = withMeta(new TextDecoder().decode(body));
    headers.set("Content-Type", "text/html; charset=utf-8");
  }
  return new Response(body, { status: response.status, statusText: response.statusText, headers });
}

/**
 * The page with the policy in its `<meta>` as well: a browser applies both, so the one for hosts that set no headers
 * would undo what the header allows. "likeness-origins" tells the page what it was given.
 */
function withMeta(html) {
  const metas =
    `<meta http-equiv="Content-Security-Policy" content="${policy(ALLOWED).join("; ")}">` +
    `<meta name="likeness-origins" content="${CONFIGURED.join(" ")}">`;
  const [before, ...after] = html.split(/<meta\b[^>]*\bhttp-equiv\s*=\s*["']?content-security-policy\b[^>]*>/i);
  if (after.length) return before + metas + after.join("");
  return html.replace(/<head\b[^>]*>/i, (head) => head + metas);
}

// The echo: a remote model that tells all pages of this origin what it got, and always prefers the first answer.

async function echo(request) {
  const headers = [...request.headers].map(([name, value]) => `${name}: ${value}`);
  const got = [request.url, ...headers, await request.text()].join("\n");
  const channel = new BroadcastChannel("likeness-echo");
  channel.postMessage(got);
  channel.close();
  const token = (token, logprob) => ({ token, logprob });
  const likeliest = [token("First", -0.1), token("Second", -2.4)];
  const choice = {
    index: 0,
    message: { role: "assistant", content: "First\nThe first answer is what they like." },
    logprobs: { content: [{ ...likeliest[0], top_logprobs: likeliest }] },
    finish_reason: "stop",
  };
  return Response.json({ object: "chat.completion", model: "the-echo", choices: [choice] });
}

// The counts.

/** Two workers can be alive for a moment, the old list's and the new one's: neither may undo the other's count. */
function exclusively(task) {
  return self.navigator.locks.request(COUNTS_CACHE, task);
}

/** Counts that could not be written, since this worker started. */
let unwritten = 0;

const countsAddress = () => new URL("likeness-requests.json", self.location.href).href;

/** `since` is when the first request was counted, in milliseconds since 1970; null where none was. */
async function readCounts() {
  // Asking for a cache by `open` would make it, and "forget everything" would find it.
  const kept = await self.caches.match(countsAddress(), { cacheName: COUNTS_CACHE });
  return kept ? kept.json() : { since: null, counts: [] };
}

async function counts() {
  const { since, counts } = await exclusively(readCounts);
  return { since, counts, complete: unwritten === 0 };
}

/** Adds one to an origin's `count` (it went by) or `refused`. */
async function count(origin, what) {
  try {
    await exclusively(async () => {
      const kept = await readCounts();
      kept.since ??= Date.now();
      const find = (name) => kept.counts.find((row) => row.origin === name);
      const name = find(origin) || kept.counts.length < MOST_COUNTED ? origin : "others";
      if (!find(name)) kept.counts.push({ origin: name, count: 0, refused: 0 });
      find(name)[what] += 1;
      const cache = await self.caches.open(COUNTS_CACHE);
      await cache.put(countsAddress(), new Response(JSON.stringify(kept)));
    });
  } catch {
    unwritten += 1;
  }
}
