// The browser's own log of its network: every request of every page and worker and of the browser itself, every name
// that it looked up, and the bytes that it sent, whatever sent them. It is whole once the browser is closed.

import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { launch } from "./harness.mjs";

/** What Chromium asks for by itself: updates, and whether someone is signed in. No page makes these. */
const BROWSERS_OWN = /^https?:\/\/([a-z0-9-]+\.)*(google|googleapis|gvt1|gstatic)\.com[/:]/;

/**
 * Runs `body` in a browser that keeps its log, closes it, and gives what the log says.
 * @param {(browser: import("playwright-core").BrowserContext) => Promise<void>} body
 */
export async function logged(body, settings = {}) {
  const folder = await mkdtemp(join(tmpdir(), "likeness-network-"));
  const file = join(folder, "log.json");
  const flags = [`--log-net-log=${file}`, "--net-log-capture-mode=Everything"];
  try {
    const { browser, close } = await launch({ ...settings, flags: [...flags, ...(settings.flags ?? [])] });
    try {
      await body(browser);
    } finally {
      await close();
    }
    return read(JSON.parse(await readFile(file, "utf8")));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function read({ constants, events }) {
  const names = Object.fromEntries(Object.entries(constants.logEventTypes).map(([name, number]) => [number, name]));
  const of = (...types) => events.filter((event) => types.includes(names[event.type]) && event.params);
  const requests = of("URL_REQUEST_START_JOB")
    .filter(({ params }) => params.url)
    .map(({ params }) => ({ method: params.method, url: params.url, initiator: params.initiator ?? "" }));
  const bytes = of("SOCKET_BYTES_SENT", "SSL_SOCKET_BYTES_SENT", "UDP_BYTES_SENT");
  return {
    requests,
    /** All that was sent, as text, and all that was asked for, sent or not. */
    sent: [
      ...bytes.map(({ params }) => Buffer.from(params.bytes ?? "", "base64").toString()),
      ...requests.map(({ method, url }) => `${method} ${url}`),
      ...of("HOST_RESOLVER_MANAGER_REQUEST").map(({ params }) => params.host ?? ""),
    ].join("\n"),
    /** Requests to other origins than these, but for the browser's own; and names that were looked up. */
    elsewhere(...origins) {
      const isOwn = ({ url, initiator }) => BROWSERS_OWN.test(url) && !initiator.startsWith("http://127.0.0.1");
      const asked = requests.filter((one) => !origins.includes(new URL(one.url).origin) && !isOwn(one));
      const hosts = of("HOST_RESOLVER_MANAGER_REQUEST", "HOST_RESOLVER_MANAGER_JOB")
        .map(({ params }) => params.host ?? "")
        .filter((host) => host && !BROWSERS_OWN.test(`${host}/`) && !origins.includes(host));
      return [...asked.map(({ method, url }) => `${method} ${url}`), ...new Set(hosts)];
    },
  };
}
