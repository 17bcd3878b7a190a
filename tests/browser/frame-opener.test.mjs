// A host whose own headers cut the frame's window off: the person is told what that is, and nothing is granted.

import assert from "node:assert/strict";
import { test } from "node:test";
import { connect, grant, outcome, withFrames } from "./frame-host.mjs";

const MINUTE = 60_000;

test("a host that cuts windows off is granted nothing, and the frame says which header does it", { timeout: 2 * MINUTE }, async () => {
  await withFrames(async ({ browser, host, frameUrl }) => {
    const page = await host("cut");
    await connect(page, frameUrl);
    const asking = outcome(page, "requestAccess", ["portrait"]);
    const frame = page.frameLocator("iframe");
    const opening = browser.waitForEvent("page");
    await frame.getByRole("button", { name: "Review…" }).click();
    const cut = await opening;
    await cut.getByText("No page may use your likeness.").waitFor();
    assert.equal(await cut.getByRole("button", { name: "Allow", exact: true }).count(), 0);
    await frame.getByText("Cross-Origin-Opener-Policy: same-origin,").waitFor();
    await frame.getByText("same-origin-allow-popups").waitFor();
    await frame.getByRole("button", { name: "Not now" }).click();
    assert.equal(await asking, "not-granted");
  });
});

test("a host that lets pop-ups be is granted what the person allows", { timeout: 2 * MINUTE }, async () => {
  await withFrames(async ({ browser, host, frameUrl }) => {
    const page = await host("popups");
    await connect(page, frameUrl);
    assert.deepEqual(await grant(browser, page, ["portrait"]), ["portrait"]);
  });
});
