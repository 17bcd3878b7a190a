// What a browser does ahead of a person (looking up names, connecting, fetching pages early) is held by the policies too.
//
// Playwright starts Chromium with some of that switched off, so here it is started as a person starts it, and Playwright
// only steers. A looked-up name makes no connection to a server of ours: the browser's log of its network tells of it.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { createInterface } from "node:readline";
import { chromium } from "playwright-core";
import { chromiumPath } from "./chromium.mjs";
import { serve } from "./harness.mjs";
import { CONTROL_MS, LEAK, allow, attempts, openEndpoint, serveGuarded, serveWithoutPolicies, tries, wait } from "./sending.mjs";

const CHANNELS = [
  "speculation rules",
  "speculation rules that prerender",
  "preconnect",
  "prefetch",
  "favicon",
  "WebRTC",
  "WebRTC over TURN",
];
/** A name is looked up at once; the log must have it. */
const LOOK_UP_MS = 1500;

/** Chromium as a person starts it, but without a window; `log` is where it writes what its network does. */
async function launchPlainly(log) {
  const folder = await mkdtemp(join(tmpdir(), "likeness-plain-"));
  const flags = ["--headless", "--remote-debugging-port=0", `--user-data-dir=${folder}`, "--no-first-run"];
  if (process.getuid?.() === 0) flags.push("--no-sandbox");
  const started = spawn(chromiumPath(), [...flags, `--log-net-log=${log}`, "about:blank"], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  const ended = new Promise((resolve) => started.once("exit", resolve));
  const address = await new Promise((resolve, reject) => {
    createInterface(started.stderr).on("line", (line) => {
      const found = /^DevTools listening on (ws:.*)$/.exec(line);
      if (found) resolve(found[1]);
    });
    ended.then(() => reject(new Error("Chromium ended before it listened")));
  });
  const browser = await chromium.connectOverCDP(address);
  return {
    context: browser.contexts()[0],
    /** Asks it to end by itself, so that the log is written to its end. */
    async close() {
      const session = await browser.newBrowserCDPSession();
      await session.send("Browser.close").catch(() => {});
      const killer = setTimeout(() => started.kill("SIGKILL"), 10_000);
      await ended;
      clearTimeout(killer);
      await rm(folder, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

/** The names that the browser looked up, by its log. */
async function lookedUp(log) {
  const text = await readFile(log, "utf8");
  const { constants, events } = JSON.parse(text);
  const types = Object.entries(constants.logEventTypes)
    .filter(([name]) => name.startsWith("HOST_RESOLVER"))
    .map(([, type]) => type);
  return events.filter(({ type }) => types.includes(type)).map(({ params }) => String(params?.host ?? ""));
}

test("nothing is done ahead through our policies, and it is without them", async (t) => {
  const folder = await mkdtemp(join(tmpdir(), "likeness-net-log-"));
  const [open, byServer, byWorker, endpoint] = await Promise.all([
    serveWithoutPolicies(),
    serve({ dist: LEAK }),
    serveGuarded(),
    openEndpoint(),
  ]);
  // A browser for each site, since it does nothing ahead for a page that is not in front.
  const sites = await Promise.all(
    Object.entries({ control: open, server: byServer, worker: byWorker }).map(async ([name, { url }]) => {
      const log = join(folder, `${name}.json`);
      return { name, url, log, ...(await launchPlainly(log)) };
    }),
  );
  try {
    const page = await sites[2].context.newPage();
    await allow(page, byWorker.url, [endpoint.origin]);
    for (const channel of CHANNELS) {
      await t.test(channel, async () => {
        const [control, server, worker] = await Promise.all(
          sites.map(({ context, url }) => tries(context, url, channel, url === open.url ? CONTROL_MS : undefined)),
        );
        assert.ok(control > 0, "the control must leak, or this proves nothing");
        assert.equal(server, 0, "it leaks through the server's policy");
        assert.equal(worker, 0, "it leaks through the service worker's policy");
      });
    }
    const lookUp = async ({ name, url, context }) => {
      const tab = await context.newPage();
      // The last of them leaves the page.
      for (const channels of [["dns-prefetch", "preconnect", "image"], ["location"]]) {
        await tab.goto(url);
        await tab.bringToFront();
        for (const channel of channels) await attempts(tab, channel, `http://${channel}-${name}.secret.example/`);
        await wait(LOOK_UP_MS);
      }
    };
    await Promise.all(sites.map(lookUp));
  } finally {
    await Promise.all(sites.map(({ close }) => close()));
    await Promise.all([byServer.stop(), byWorker.stop()]);
    open.stop();
    endpoint.close();
  }
  const names = (await Promise.all(sites.map(({ log }) => lookedUp(log)))).flat();
  await rm(folder, { recursive: true });
  for (const channel of ["dns-prefetch", "preconnect", "image", "location"]) {
    await t.test(`name of ${channel}`, () => {
      const told = (name) => names.some((host) => host.includes(`${channel}-${name}.secret.example`));
      assert.ok(told("control"), "the control must look the name up, or this proves nothing");
      assert.ok(!told("server"), "it is looked up through the server's policy");
      assert.ok(!told("worker"), "it is looked up through the service worker's policy");
    });
  }
});
