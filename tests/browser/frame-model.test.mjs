// A model in the frame: the person chooses it in the frame's own window, it reads the history there, and a host sees what
// came of it and no more.

import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { connect, grant, outcome, withFrames } from "./frame-host.mjs";
import { screenshots } from "./harness.mjs";
import { folderWithSmallModel } from "./layers.mjs";
import { PAIRS } from "./main-job.mjs";
import { assertNone } from "./package-host.mjs";

const MINUTE = 60_000;
const SMALL = "two-layers.gguf";
const models = await folderWithSmallModel(SMALL);

/** The frame's own window. */
async function windowOf(browser, page) {
  const opening = browser.waitForEvent("page");
  await page.frameLocator("iframe").getByRole("button", { name: "Your likeness…" }).click();
  return opening;
}

test("a model that the person chooses in the frame's window reads the history there", { timeout: 6 * MINUTE }, async () => {
  await withFrames(async ({ browser, host, frameUrl, requests }) => {
    const page = await host("chat");
    await connect(page, frameUrl);
    await grant(browser, page, ["record", "portrait", "rank"]);
    for (const pair of PAIRS) await page.evaluate((pair) => likeness.record(pair), pair);

    const own = await windowOf(browser, page);
    assert.ok(!requests.some(({ url }) => /engine/.test(url)), "no engine is started before it is asked for");
    await own.getByText("A model on this device").click();
    const model = own.locator(".model");
    await model.getByText("No model is in use.").waitFor();
    // A host's calls that are under way get their answers from the likeness that they asked.
    const ranking = page.evaluate(() =>
      Promise.all(Array.from({ length: 9 }, () => likeness.rank([{ role: "user", content: "Tea?" }], ["Yes.", "One might say so, in most cases."]))),
    );
    await model.getByLabel("A GGUF file from this device").setInputFiles(join(models, SMALL));
    await model.getByText(/ reads your choices from now on\. Make a new portrait\.$/).waitFor({ timeout: 2 * MINUTE });
    assert.ok((await ranking).every(([first]) => first.content === "Yes."));
    await model.getByText(/^In use: .+ MB, on .+\.$/).waitFor();
    await model.locator("li", { hasText: SMALL }).waitFor();
    const panel = own.locator("likeness-panel");
    await panel.getByText(`From ${PAIRS.length} choices.`).waitFor();
    assert.deepEqual(await panel.locator("[part=claim-text]").allTextContents(), ["You prefer answers that are shorter."]);
    await screenshots(own, "frame-model");

    await panel.getByRole("button", { name: "Make a new portrait" }).click();
    await panel.getByText("The portrait is new.").waitFor({ timeout: 2 * MINUTE });
    await own.locator("likeness-badge summary").first().click();
    await own.locator("likeness-badge").getByText("What was sent").click();
    await own.locator("likeness-badge").getByText("No request to a model is written down.").waitFor();
    const portrait = await outcome(page, "portrait");
    assert.equal(portrait.model, "two-layers");
    assert.ok(portrait.claims.length > 0);
    await own.close();

    // It is still the one in another window, and goes with its file.
    const again = await windowOf(browser, page);
    await again.getByText("A model on this device").click();
    await again.getByText(/^In use: .+ MB, on .+\.$/).waitFor();
    await again.getByRole("button", { name: `Delete: ${SMALL}` }).click();
    await again.getByText(`${SMALL} is deleted.`).waitFor();
    await again.getByText("No model is in use.").waitFor();
    assert.equal(await again.locator(".model li").count(), 0);
    await again.locator("likeness-panel").getByText(`From ${PAIRS.length} choices.`).waitFor();
    await again.close();

    // A file that is no model changes nothing.
    const third = await windowOf(browser, page);
    await third.getByText("A model on this device").click();
    await third.getByText("No model is in use.").waitFor();
    await third.getByLabel("A GGUF file from this device").setInputFiles({ name: "page.gguf", mimeType: "text/html", buffer: Buffer.from("<!DOCTYPE html>") });
    await third.locator(".model [role=status]").getByText(/GGUF/).waitFor();
    await third.getByText("No model is in use.").waitFor();
    for (const request of requests) assertNone(PAIRS.map(({ rejected }) => rejected), JSON.stringify(request), request.url);
  });
});

test("a frame that comes later uses the model that was chosen", { timeout: 4 * MINUTE }, async () => {
  await withFrames(async ({ browser, host, frameUrl }) => {
    const page = await host("chat");
    await connect(page, frameUrl);
    const own = await windowOf(browser, page);
    await own.getByText("A model on this device").click();
    await own.getByLabel("A GGUF file from this device").setInputFiles(join(models, SMALL));
    await own.getByText(/ reads your choices from now on\./).waitFor({ timeout: 2 * MINUTE });
    await own.close();

    await page.reload();
    await page.waitForFunction(() => window.ready);
    await connect(page, frameUrl);
    const later = await windowOf(browser, page);
    await later.getByText("A model on this device").click();
    await later.getByText(`In use: ${SMALL}, loaded when a portrait is made.`).waitFor();
    await later.getByRole("button", { name: "Use none" }).click();
    await later.getByText("No model reads your choices now.").waitFor();
    await later.getByRole("button", { name: `Use: ${SMALL}` }).click();
    await later.getByText(/^In use: .+ MB, on .+\.$/).waitFor({ timeout: 2 * MINUTE });
  });
});
