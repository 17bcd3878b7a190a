// The main job, and the package's quick start, in Firefox and in WebKit, as far as they are installed. WebKitGTK has no
// threads and no relaxed SIMD and is slow, which is why it is here.

import assert from "node:assert/strict";
import { test } from "node:test";
import { serve } from "../harness.mjs";
import { PAIRS } from "../main-job.mjs";
import { openFirefox, openWebKit, personAt } from "../other-engines.mjs";
import { PACKAGE, serveFolder } from "../package-project.mjs";

const MINUTE = 60_000;

/** Runs `body` in a tab before a server, and ends both; says so where the browser is not installed. */
async function inTab(name, openTab, opening, body) {
  const tab = await openTab();
  if (!tab) return console.log(`NOT MEASURED: ${name} (none is installed here with what drives it)`);
  try {
    const server = await opening();
    try {
      await body(tab, server);
    } finally {
      await server.stop();
    }
  } finally {
    await tab.close();
  }
}

for (const [name, openTab] of [["Firefox", openFirefox], ["WebKit", openWebKit]]) {
  test(`the main job in ${name}`, { timeout: 45 * MINUTE }, async (t) => {
    await inTab(name, openTab, serve, async (tab, { url }) => {
      await tab.open(url);
      const { press, sees, fill, check, choose, texts } = personAt(tab);
      t.diagnostic(await tab.run(() => `${navigator.userAgent}, isolated: ${crossOriginIsolated}, GPU: ${"gpu" in navigator}`));
      await press("Start with my own choices");
      await sees("No choices yet");
      await press("Import");
      await choose("mine.jsonl", PAIRS.map((pair) => JSON.stringify(pair)).join("\n"));
      await sees(`${PAIRS.length} choices added`);
      await press("Done");

      await press("Portrait");
      await press("Load the model that comes along");
      await sees("tokens a second here", 5 * MINUTE);
      await press("More");
      await fill("Candidates", "1");
      const start = Date.now();
      await press("Induce");
      await sees("To take along", 30 * MINUTE);
      t.diagnostic(`induced in ${Math.round((Date.now() - start) / 1000)} s`);
      assert.deepEqual(await texts(".claim-text"), ["You prefer answers that are shorter."]);
      assert.deepEqual(await texts("main .failure"), []);

      await press("Judge");
      await fill("What was asked", "Sun or moon?");
      await fill("First answer", "It is a matter of taste, one could say.");
      await fill("Second answer", "Moon.");
      await check("Ask ");
      await press("Judge", "button");
      await sees("Probably the second", 2 * MINUTE);
      assert.equal((await texts(".verdict .figures tbody tr")).length, 4, "the model was asked too");

      await press("Privacy");
      await press("Plant canaries");
      await sees("None came out. ", MINUTE);

      await press("History");
      await press("Your data …");
      await press("Forget everything …");
      await press("Forget everything");
      await sees("Nothing is left");
    });
  });

  test(`the package's quick start in ${name}`, { timeout: 5 * MINUTE }, async () => {
    await inTab(name, openTab, () => serveFolder(PACKAGE), async (tab, { url }) => {
      await tab.open(`${url}examples/quick-start/index.html`);
      const { sees, seesIn } = personAt(tab);
      await sees("Nothing yet, from 1 choice.");
      await seesIn("likeness-panel", "From 1 choice.");
    });
  });
}
