// The main job as a person does it: the sample, traits and claims at once, the model that comes along, an
// induction, what comes of it, and the judge. The model is the real one; only the search is made smaller.

import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { screenshots, withApp } from "./harness.mjs";
import { folderWithSmallModel } from "./layers.mjs";

const MINUTE = 60_000;

async function portraitOfSample(page) {
  await page.getByRole("button", { name: "Try it on a sample" }).click();
  await page.getByRole("heading", { name: "Claims" }).waitFor();
}

async function loadModel(page) {
  await page.getByRole("button", { name: "Load the model that comes along" }).click();
  await page.getByRole("button", { name: "Induce" }).waitFor({ timeout: 3 * MINUTE });
}

test("traits and claims are there at once, with the choices behind them", async () => {
  await withApp(async ({ page }) => {
    const clicked = Date.now();
    await portraitOfSample(page);
    const claims = page.locator(".claim");
    await claims.first().waitFor();
    // A second on an idle machine; the tests run beside each other.
    assert.ok(Date.now() - clicked < 5_000, `took ${Date.now() - clicked} ms`);
    const counts = claims.first().getByRole("button", { name: /of \d+ choices?$/ });
    await counts.click();
    await page.getByRole("heading", { name: /Choices for it/ }).waitFor();
    await page.locator(".behind-pair > summary").first().click();
    await page.getByRole("heading", { name: "Preferred" }).first().waitFor();
    await screenshots(page, "portrait-claim-opened");
    await page.getByText("What was measured in the answers", { exact: true }).click();
    assert.ok((await page.locator(".trait-table tbody tr").count()) >= 10);
    const figures = await page.locator(".trait-table tbody tr td:nth-child(3)").allTextContents();
    assert.ok(figures.every((figure) => !/of 0$/.test(figure)), `a leaning that no choice shows: ${figures}`);
    const whole = page.viewportSize();
    for (const width of [390, 320]) {
      await page.setViewportSize({ width, height: 844 });
      const cut = await page.locator(".table-frame").evaluate((frame) => frame.scrollWidth - frame.clientWidth);
      assert.ok(cut <= 0, `at ${width} pixels ${cut} of the table are cut off`);
    }
    await page.setViewportSize(whole);
    await screenshots(page, "portrait-traits");
  });
});

test("a claim is refused, stays refused, and comes back when restored", async () => {
  await withApp(async ({ page }) => {
    await portraitOfSample(page);
    const first = page.locator(".claims > .claim-list > .claim").first();
    const text = await first.locator(".claim-text").textContent();
    await first.getByRole("button", { name: /^Refuse/ }).click();
    await page.getByText("1 refused claim").click();
    const refused = page.locator(".claim.refused");
    assert.equal(await refused.locator(".claim-text").textContent(), text);
    // It is shown before it is kept.
    await page.locator(".claim[aria-busy=true]").waitFor({ state: "detached" });
    await page.reload();
    await page.getByText("1 refused claim").click();
    await refused.getByRole("button", { name: /^Restore/ }).click();
    await page.getByText("1 refused claim").waitFor({ state: "detached" });
    await page.locator(".claims > .claim-list").getByText(text).waitFor();
  });
});

test("a claim is put in other words", async () => {
  await withApp(async ({ page }) => {
    await portraitOfSample(page);
    const first = page.locator(".claims > .claim-list > .claim").first();
    await first.getByRole("button", { name: "Put it in my words" }).click();
    await page.waitForFunction(() => document.activeElement.tagName === "TEXTAREA");
    await page.getByLabel("The claim in your words").fill("I want the point first");
    await page.getByRole("button", { name: "Save", exact: true }).first().click();
    await page.getByText("I want the point first.").first().waitFor();
    await page.locator(".claim .mark", { hasText: "in your words" }).waitFor();
  });
});

/** The claim as it stands now, wherever it has gone on the page. */
async function firstClaim(page) {
  const id = await page.locator(".claims > .claim-list > .claim").first().getAttribute("id");
  return page.locator(`[id="${id}"]`);
}

/** Waits until everything that was decided about claims is kept. */
async function decided(page) {
  await page.locator(".claim").first().waitFor({ state: "attached" });
  await page.waitForFunction(() => !document.querySelector('.claim[aria-busy="true"]'));
}

async function saveInMyWords(claim, words) {
  await claim.getByLabel("The claim in your words").fill(words);
  await claim.getByRole("button", { name: "Save", exact: true }).click();
}

test("a claim that is pinned and at once put in other words is both", async () => {
  await withApp(async ({ page }) => {
    await portraitOfSample(page);
    const claim = await firstClaim(page);
    await claim.getByRole("button", { name: /^Pin/ }).click();
    await claim.getByRole("button", { name: "Put it in my words" }).click();
    await saveInMyWords(claim, "I want the point first");
    const isBoth = async () => {
      await claim.getByText("I want the point first.").waitFor();
      assert.deepEqual(await claim.locator(".mark").allTextContents(), ["pinned", "in your words"]);
    };
    await isBoth();
    await decided(page);
    await isBoth();
    await page.reload();
    await isBoth();
  });
});

test("what is typed about a claim outlives the answer to what was decided before", async () => {
  await withApp(async ({ page }) => {
    await portraitOfSample(page);
    const claim = await firstClaim(page);
    await claim.getByRole("button", { name: /^Pin/ }).click();
    await claim.getByRole("button", { name: "Put it in my words" }).click();
    const field = claim.getByLabel("The claim in your words");
    await field.fill("I want the point");
    await decided(page);
    assert.equal(await field.inputValue(), "I want the point");
    await saveInMyWords(claim, "I want the point first");
    await decided(page);
    await page.reload();
    await claim.getByText("I want the point first.").waitFor();
  });
});

test("a decision is shown at once, before it is kept", async () => {
  await withApp(async ({ page }) => {
    await portraitOfSample(page);
    const claim = await firstClaim(page);
    const isRefused = await claim.evaluate(async (row) => {
      row.querySelector('button[aria-label^="Refuse"]').click();
      for (let frames = 0; frames < 2; frames += 1) await new Promise((next) => requestAnimationFrame(next));
      return document.getElementById(row.id).classList.contains("refused");
    });
    assert.ok(isRefused);
    await decided(page);
  });
});

test("what the person refused is no reason for a verdict", async () => {
  await withApp(async ({ page }) => {
    const reasons = async () => {
      await page.getByRole("link", { name: "Judge" }).click();
      await page.getByRole("button", { name: "Fill in an example" }).click();
      await page.getByRole("button", { name: "Judge", exact: true }).click();
      await page.locator(".verdict").waitFor();
      return page.locator(".why li").allTextContents();
    };
    await portraitOfSample(page);
    // "The first answer is far shorter, and you prefer …": what a reason with a claim says of the answer.
    const ofClaims = (await reasons()).filter((why) => /, (and|but) (you|this)/.test(why)).map((why) => why.split(",")[0]);
    assert.ok(ofClaims.length > 0, "a claim is a reason");
    await page.getByRole("link", { name: "Portrait" }).click();
    const refuse = page.locator(".claims > .claim-list > .claim").getByRole("button", { name: /^Refuse/ });
    await refuse.first().waitFor();
    while ((await refuse.count()) > 0) await refuse.first().click();
    await decided(page);
    const left = await reasons();
    for (const said of ofClaims) assert.ok(!left.some((why) => why.startsWith(said)), `${said}: ${left.join(" ")}`);
  });
});

test("the judge says which, how sure and why, without a model, and takes the person's own word", async () => {
  await withApp(async ({ page }) => {
    await portraitOfSample(page);
    await page.getByRole("link", { name: "Judge" }).click();
    await page.getByRole("button", { name: "Judge", exact: true }).click();
    await page.getByText("Paste two answers to compare.").first().waitFor();
    assert.equal(await page.locator(".sides textarea[aria-invalid=true]").count(), 2, "both fields are marked");
    await page.getByRole("button", { name: "Fill in an example" }).click();
    await page.getByRole("button", { name: "Judge", exact: true }).click();
    await page.locator(".verdict").waitFor();
    assert.match(await page.locator(".verdict > h2").textContent(), /the first/);
    assert.ok((await page.locator(".figures tbody tr").count()) >= 2, "both judges are shown");
    await screenshots(page, "judge");
    await page.getByRole("button", { name: "The first", exact: true }).click();
    await page.getByText("Kept. It counts from now on.").waitFor();
    await page.getByRole("link", { name: "History" }).click();
    await page.getByText("25 choices, newest first").waitFor();
  });
});

test("a verdict goes as soon as something else stands in the form, and only what stands there is kept", async () => {
  await withApp(async ({ page }) => {
    await portraitOfSample(page);
    await page.getByRole("link", { name: "Judge" }).click();
    const verdict = page.locator(".verdict");
    const judged = async () => {
      await page.getByRole("button", { name: "Fill in an example" }).click();
      await page.getByRole("button", { name: "Judge", exact: true }).click();
      await verdict.waitFor();
    };
    const gone = async () => {
      await verdict.waitFor({ state: "detached" });
      assert.equal(await page.getByRole("button", { name: "The first", exact: true }).count(), 0);
    };
    const [first, second] = [page.getByLabel("First answer"), page.getByLabel("Second answer")];
    await judged();
    await first.fill("");
    await gone();
    await judged();
    await second.fill(await first.inputValue());
    await gone();
    await page.getByRole("button", { name: "Judge", exact: true }).click();
    await page.getByText("The two answers are the same.").waitFor();
    await judged();
    await page.getByLabel("What was asked").fill("How do I store bread?");
    await gone();
    await first.fill("In a paper bag.");
    await second.fill("There is a great deal to say about the storing of bread, and much of it is disputed.");
    await page.getByRole("button", { name: "Judge", exact: true }).click();
    await page.getByRole("button", { name: "The first", exact: true }).click();
    await page.getByText("Kept. It counts from now on.").waitFor();
    await page.getByRole("link", { name: "History" }).click();
    await page.getByText("25 choices, newest first").waitFor();
    await page.getByRole("button", { name: /How do I store bread/ }).waitFor();
    assert.equal(await page.getByRole("button", { name: /bread knife/ }).count(), 0);
  });
});

test("the model that comes along makes a portrait, and the judge asks it", { timeout: 12 * MINUTE }, async () => {
  await withApp(async ({ page }) => {
    await portraitOfSample(page);
    await loadModel(page);
    await page.getByText("More", { exact: true }).click();
    await page.getByRole("spinbutton", { name: "Candidates" }).fill("1");
    await page.getByRole("button", { name: "Induce" }).click();
    await page.getByRole("button", { name: "Cancel" }).waitFor();
    await screenshots(page, "portrait-inducing");
    await page.getByRole("heading", { name: "To take along" }).waitFor({ timeout: 10 * MINUTE });
    await page.getByText(/Made .* with /).waitFor();
    await screenshots(page, "portrait-induced");
    await page.getByText("Show it").first().click();
    assert.ok((await page.locator(".prompt .text").first().textContent()).length > 40);
    assert.ok((await page.locator(".figures tbody tr").count()) >= 2, "what was tested is shown");
    const download = page.waitForEvent("download");
    for (const name of ["Copy the prompt for a chat", "Save the prompt for a chat", "Copy the prompt for a judge"]) {
      assert.equal(await page.getByRole("button", { name, exact: true }).count(), 1, name);
    }
    await page.getByRole("button", { name: "Save the likeness file", exact: true }).click();
    assert.match((await download).suggestedFilename(), /^likeness-\d{4}-\d{2}-\d{2}\.json$/);

    await page.getByRole("link", { name: "Judge" }).click();
    await page.getByRole("button", { name: "Fill in an example" }).click();
    await page.getByLabel(/^Ask .* too/).check();
    await page.getByRole("button", { name: "Judge", exact: true }).click();
    await page.locator(".verdict").waitFor({ timeout: MINUTE });
    assert.ok((await page.locator(".figures tbody tr").count()) >= 4, "the model is shown, told about the person and not");
    await screenshots(page, "judge-with-model");
    await page.getByRole("link", { name: "Models" }).click();
    await page.locator(".in-use").getByRole("heading", { name: /SmolLM2/i }).waitFor();
    await screenshots(page, "models-loaded");
  });
});

test("an induction is cancelled within a second, and goes on where it stopped", { timeout: 12 * MINUTE }, async () => {
  await withApp(async ({ page }) => {
    await portraitOfSample(page);
    await loadModel(page);
    await page.getByRole("button", { name: "Induce" }).click();
    await page.getByText(/\b[2-9] of at most/).waitFor({ timeout: 2 * MINUTE });
    const other = await page.context().newPage();
    await other.goto(page.url());
    await other.getByRole("button", { name: "Load the model that comes along" }).waitFor();
    await other.waitForTimeout(1_000);
    assert.equal(await other.getByText(/An induction was interrupted/).count(), 0, "it is under way in the first tab");
    await other.close();
    const pressed = Date.now();
    await page.getByRole("button", { name: "Cancel" }).click();
    await page.getByRole("button", { name: "Induce" }).waitFor();
    assert.ok(Date.now() - pressed < 2_000, `took ${Date.now() - pressed} ms`);
    await page.reload();
    // It counts from the cancel, and is told before there is a model to go on with.
    await page.getByText(/An induction was interrupted just now, after \d+ answers\. Nothing is lost: load/).waitFor();
    assert.equal(await page.getByRole("button", { name: "Go on" }).count(), 0);
    await loadModel(page);
    await page.getByText(/An induction was interrupted just now, after \d+ answers\. It goes on/).waitFor();
    await screenshots(page, "portrait-resume");
    await page.getByRole("button", { name: "Go on" }).click();
    await page.getByText(/kept from before/).waitFor({ timeout: MINUTE });
    // A tab that goes away without a word, as one that crashes: nobody was left to note when.
    await page.reload();
    await page.getByText(/An induction was interrupted, after \d+ answers\. Nothing is lost: load/).waitFor();
  });
});

test("an induction ends where another model takes the place of its own, which alone answers for it", { timeout: 5 * MINUTE }, async () => {
  const other = join(await folderWithSmallModel("other.gguf"), "other.gguf");
  await withApp(async ({ page }) => {
    await portraitOfSample(page);
    await loadModel(page);
    await page.getByRole("button", { name: "Induce" }).click();
    await page.getByText(/\b[2-9] of at most/).waitFor({ timeout: 2 * MINUTE });
    await page.getByRole("link", { name: "Models" }).click();
    await page.getByLabel("Choose a file").setInputFiles(other);
    await page.locator(".in-use").getByRole("heading", { name: "other" }).waitFor({ timeout: MINUTE });
    await page.getByRole("link", { name: "Portrait" }).click();
    await page.getByText(/it was taken out of memory meanwhile/).waitFor();
    await page.getByText(/An induction was interrupted just now, after \d+ answers/).waitFor();
  }, { allowedErrors: [/engine_helper\.js/] });
});
