// The policies hold: no way of sending gets through that of the server (as `start` serves the app), nor through that of
// the service worker, which allows one configured origin and nothing else.
//
// Each way is tried first without the policies, where it must get through: a test of a way that never works
// would prove nothing. What "gets through" means is a connection or a datagram that arrives, not what
// the page believes. What a browser does ahead of a person is in prediction.test.mjs.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { launch, serve } from "./harness.mjs";
import { CONTROL_MS, LEAK, PREDICTIONS, allow, openEndpoint, serveGuarded, serveWithoutPolicies, tries } from "./sending.mjs";

let chromium, open, byServer, byWorker, endpoint, channels;

before(async () => {
  [chromium, open, byServer, byWorker, endpoint] = await Promise.all([
    launch(),
    serveWithoutPolicies(),
    serve({ dist: LEAK }),
    serveGuarded(),
    openEndpoint(),
  ]);
  const page = await chromium.browser.newPage();
  await allow(page, byWorker.url, [endpoint.origin]);
  const all = await page.evaluate(() => Object.keys(window.channels));
  channels = all.filter((channel) => !PREDICTIONS.includes(channel));
  await page.close();
});

after(async () => {
  await chromium.close();
  await Promise.all([byServer.stop(), byWorker.stop()]);
  open.stop();
  endpoint.close();
});

test(
  "no way of sending gets through our policies, and each gets through without them",
  { concurrency: 10 },
  async (t) => {
    assert.ok(channels.length >= 55, "the page lists its channels");
    const all = channels.map((channel) =>
      t.test(channel, async () => {
        const [control, server, worker] = await Promise.all(
          [open, byServer, byWorker].map(({ url }) => tries(chromium.browser, url, channel, url === open.url ? CONTROL_MS : undefined)),
        );
        assert.ok(control > 0, "the control must leak, or this proves nothing");
        assert.equal(server, 0, "it leaks through the server's policy");
        assert.equal(worker, 0, "it leaks through the service worker's policy");
      }),
    );
    await Promise.all(all);
    assert.deepEqual(endpoint.requests, [], "nothing was for the configured origin");
  },
);
