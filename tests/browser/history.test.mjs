// The history page as a person uses it: the first screen, the sample, importing, adding, changing, deleting and
// bringing back, searching, walking the list by keyboard, several people, forgetting everything.

import assert from "node:assert/strict";
import { test } from "node:test";
import { screenshots, withApp } from "./harness.mjs";

/** Opens the app for the first time and takes the sample; ends on the history page. */
async function withSample(body, settings) {
  await withApp(async ({ page, ...rest }) => {
    await page.getByRole("button", { name: "Try it on a sample" }).click();
    await page.getByRole("heading", { name: "Robin (sample)" }).waitFor();
    await page.getByRole("link", { name: "History" }).click();
    await page.getByText("24 choices, newest first").waitFor();
    await body({ page, ...rest });
  }, settings);
}

const file = (name, text) => ({ name, mimeType: "application/jsonl", buffer: Buffer.from(text) });
const line = (user, question, chosen, rejected) =>
  JSON.stringify({
    user_id: user,
    conversation_id: `${user}-${question}`,
    context: [{ role: "user", content: question }],
    chosen: { role: "assistant", content: chosen },
    rejected: { role: "assistant", content: rejected },
  });

test("the first screen says what this is and offers the sample", async () => {
  await withApp(async ({ page }) => {
    await page.getByRole("heading", { name: "Which of two answers do you like better, and why?" }).waitFor();
    await screenshots(page, "welcome");
    await page.getByRole("button", { name: "Try it on a sample" }).click();
    await page.getByRole("heading", { name: "Claims" }).waitFor();
    await screenshots(page, "portrait-of-traits");
  });
});

test("a choice is added by hand, and what is missing is said", async () => {
  await withApp(async ({ page }) => {
    await page.getByRole("button", { name: "Start with my own choices" }).click();
    await page.getByRole("heading", { name: "No choices yet" }).waitFor();
    await screenshots(page, "history-empty");
    await page.getByRole("button", { name: "Add one by hand" }).click();
    const dialog = page.getByRole("dialog", { name: "Add a choice" });
    await dialog.getByRole("button", { name: "Save" }).click();
    await dialog.getByText("Write what was asked.").waitFor();
    await dialog.getByLabel("What was asked").fill("Why is the sky blue?");
    await dialog.getByLabel("The answer you preferred").fill("Air scatters blue light most.");
    await dialog.getByLabel("The other answer").fill("Great question!");
    await screenshots(page, "history-add");
    await dialog.getByRole("button", { name: "Save" }).click();
    await page.getByText("1 choice, newest first").waitFor();
    await page.getByRole("button", { name: /Why is the sky blue/ }).waitFor();
  });
});

test("what was deleted is brought back, by the button and by the key", async () => {
  await withSample(async ({ page }) => {
    // The newest: of a long list only the rows near what is seen exist.
    const row = page.getByRole("button", { name: /My laptop's fan is loud/ });
    await row.focus();
    await page.keyboard.press("Delete");
    await page.getByText("23 choices, newest first").waitFor();
    await row.waitFor({ state: "detached" });
    await page.getByRole("button", { name: /^Undo/ }).click();
    await page.getByText("24 choices, newest first").waitFor();

    await row.click();
    const dialog = page.getByRole("dialog", { name: "A choice" });
    await screenshots(page, "history-choice");
    await dialog.getByRole("button", { name: "Delete" }).click();
    await page.getByText("23 choices, newest first").waitFor();
    await page.keyboard.press("Control+z");
    await page.getByText("24 choices, newest first").waitFor();
  });
});

test("a choice is changed, and takes the place of the old one", async () => {
  await withSample(async ({ page }) => {
    await page.getByRole("searchbox").fill("how much salt");
    await page.getByRole("button", { name: /How much salt/ }).click();
    await page.getByRole("button", { name: "Change", exact: true }).click();
    const dialog = page.getByRole("dialog", { name: "Change this choice" });
    await dialog.getByLabel("What was asked").fill("How much salt does rice need?");
    await dialog.getByRole("button", { name: "Save" }).click();
    await page.getByRole("button", { name: /How much salt does rice need/ }).waitFor();
    await page.getByText("1 choice found").waitFor();
    assert.equal(await page.getByRole("button", { name: /How much salt should go/ }).count(), 0);
    await page.getByRole("searchbox").fill("");
    await page.getByText("24 choices, newest first").waitFor();
  });
});

test("searching shows what holds the words, and says when nothing does", async () => {
  await withSample(async ({ page }) => {
    const search = page.getByRole("searchbox");
    await screenshots(page, "history");
    await search.fill("sourdough");
    await page.getByText("1 choice found").waitFor();
    await screenshots(page, "history-search");
    await search.fill("no such words");
    await page.getByText("Nothing found").waitFor();
    await search.fill("");
    await page.getByText("24 choices, newest first").waitFor();
  });
});

test("the list is walked by keyboard and a choice opens and closes by it", async () => {
  await withSample(async ({ page }) => {
    const focused = () => page.evaluate(() => document.activeElement?.getAttribute("data-row"));
    await page.locator('[data-row="0"]').focus();
    await page.keyboard.press("ArrowDown");
    await page.waitForFunction(() => document.activeElement?.getAttribute("data-row") === "1");
    await page.keyboard.press("End");
    await page.waitForFunction(() => document.activeElement?.getAttribute("data-row") === "23");
    await page.keyboard.press("Enter");
    await page.getByRole("dialog", { name: "A choice" }).waitFor();
    await page.keyboard.press("Escape");
    await page.getByRole("dialog").waitFor({ state: "detached" }).catch(() => {});
    assert.equal(await focused(), "23");
  });
});

test("an import tells what it skipped, and which line and field was wrong", async () => {
  await withSample(async ({ page }) => {
    const good = line("ann", "Tea or coffee?", "Tea.", "It depends, of course.");
    const bad = JSON.stringify({ user_id: "ann", context: [{ role: "user", content: "x" }], chosen: { role: "assistant", content: "y" } });
    await page.getByRole("button", { name: "Import" }).click();
    const dialog = page.getByRole("dialog", { name: "Import choices" });
    await dialog.getByLabel(/Drop files here/).setInputFiles(file("mine.jsonl", `${good}\n${bad}\nnot json\n`));
    await dialog.getByText(/1 choice added, 2 skipped/).waitFor();
    await dialog.getByText("What was skipped, and why").click();
    await dialog.getByRole("cell", { name: "2", exact: true }).waitFor();
    await dialog.getByRole("cell", { name: "3", exact: true }).waitFor();
    await screenshots(page, "history-import-report");
    await dialog.getByRole("button", { name: "Done" }).click();
    await page.getByText("25 choices, newest first").waitFor();
  });
});

test("of a file with several people one is taken", async () => {
  await withSample(async ({ page }) => {
    const both = [line("ann", "Tea?", "Yes.", "Perhaps."), line("bo", "Tea?", "No.", "Perhaps.")].join("\n");
    await page.getByRole("button", { name: "Import" }).click();
    const dialog = page.getByRole("dialog", { name: "Import choices" });
    await dialog.getByLabel(/Drop files here/).setInputFiles(file("both.jsonl", both));
    await dialog.getByText("Whose choices do you want?").waitFor();
    await screenshots(page, "history-several-people");
    await dialog.getByRole("button", { name: "bo" }).click();
    await dialog.getByText(/1 choice added/).waitFor();
  });
});

test("people are kept apart", async () => {
  await withSample(async ({ page }) => {
    await page.getByRole("button", { name: "People …" }).click();
    const dialog = page.getByRole("dialog", { name: "People kept in this browser" });
    await dialog.getByLabel("Add someone").fill("Kim");
    await dialog.getByRole("button", { name: "Add", exact: true }).click();
    await dialog.getByRole("button", { name: /^Kim/ }).waitFor();
    await screenshots(page, "people");
    await page.keyboard.press("Escape");
    await page.getByRole("heading", { name: "No choices yet" }).waitFor();
    await page.getByLabel("Whose").selectOption({ label: "Robin (sample)" });
    await page.getByText("24 choices, newest first").waitFor();
  });
});

test("the history is saved as a file, which imports as it was", async () => {
  await withSample(async ({ page }) => {
    await page.getByRole("button", { name: "Your data …" }).click();
    await page.getByText("in this browser's storage for this site").waitFor();
    await screenshots(page, "your-data");
    const downloading = page.waitForEvent("download");
    await page.getByRole("button", { name: "Save the history of Robin (sample)" }).click();
    const download = await downloading;
    assert.match(download.suggestedFilename(), /^likeness-history-\d{4}-\d\d-\d\d\.jsonl$/);
    const saved = await download.path();
    await page.keyboard.press("Escape");
    await page.getByRole("button", { name: "Import" }).click();
    const dialog = page.getByRole("dialog", { name: "Import choices" });
    await dialog.getByLabel(/Drop files here/).setInputFiles(saved);
    await dialog.getByText("0 choices added, 24 here already").waitFor();
  });
});

test("forgetting everything leaves nothing, and shows that", async () => {
  await withSample(async ({ page }) => {
    await page.getByRole("button", { name: "Your data …" }).click();
    await page.getByRole("button", { name: "Forget everything …" }).click();
    await page.getByText(/This deletes 24 choices of 1 person/).waitFor();
    await screenshots(page, "forget");
    await page.getByRole("button", { name: "Forget everything", exact: true }).click();
    await page.getByRole("heading", { name: "Nothing is left" }).waitFor();
    await screenshots(page, "forgotten");
    const left = await page.evaluate(async () => {
      const files = [];
      for await (const name of (await navigator.storage.getDirectory()).keys()) files.push(name);
      return { databases: await indexedDB.databases(), files, caches: await caches.keys(), settings: localStorage.length };
    });
    assert.deepEqual(left, { databases: [], files: [], caches: [], settings: 0 });
    await page.getByRole("button", { name: "Start again" }).click();
    await page.getByRole("button", { name: "Try it on a sample" }).waitFor();
  });
});

test("no page scrolls sideways on a phone", async () => {
  await withSample(async ({ page }) => {
    await page.setViewportSize({ width: 390, height: 844 });
    for (const name of ["History", "Portrait", "Judge", "Models"]) {
      await page.getByRole("link", { name, exact: true }).click();
      await page.getByRole("heading", { level: 1 }).first().waitFor();
      const width = await page.evaluate(() => document.documentElement.scrollWidth);
      assert.ok(width <= 390, `${name} is ${width} pixels wide`);
    }
  });
});
