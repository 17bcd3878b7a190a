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

test("the keyboard's place is kept where what had it goes away", async () => {
  await withApp(async ({ page }) => {
    const inMain = () => page.waitForFunction(() => document.activeElement?.closest("main"));
    await page.getByRole("button", { name: "Start with my own choices" }).click();
    await page.getByRole("heading", { name: "No choices yet" }).waitFor();
    await inMain();
    await page.getByRole("button", { name: "Add one by hand" }).click();
    const dialog = page.getByRole("dialog", { name: "Add a choice" });
    await page.waitForFunction(() => document.activeElement?.tagName === "TEXTAREA");
    await page.keyboard.type("Why is the sky blue?");
    assert.equal(await dialog.getByLabel("What was asked").inputValue(), "Why is the sky blue?");
    await dialog.getByLabel("The answer you preferred").fill("Air scatters blue light most.");
    await dialog.getByLabel("The other answer").fill("Great question!");
    await dialog.getByRole("button", { name: "Save" }).click();
    await page.getByText("1 choice, newest first").waitFor();
    await inMain();
    await page.locator('[data-row="0"]').focus();
    await page.keyboard.press("Delete");
    await page.getByRole("heading", { name: "No choices yet" }).waitFor();
    await inMain();
    await page.keyboard.press("Control+z");
    await page.getByText("1 choice, newest first").waitFor();
  });
});

test("choices without a winner are shown under the list, found, deleted and brought back", async () => {
  await withSample(async ({ page }) => {
    const said = (question, winner, a, b) =>
      JSON.stringify({
        conversation_a: [{ role: "user", content: question }, { role: "assistant", content: a }],
        conversation_b: [{ role: "user", content: question }, { role: "assistant", content: b }],
        winner,
      });
    const arena = [said("Tea or coffee?", "tie", "Tea.", "Coffee."), said("Cats or dogs?", "tie (bothbad)", "Cats.", "Dogs.")];
    await page.getByRole("button", { name: "Import" }).click();
    const dialog = page.getByRole("dialog", { name: "Import choices" });
    await dialog.getByLabel(/Drop files here/).setInputFiles(file("arena.jsonl", arena.join("\n")));
    await dialog.getByText(/0 choices added, 2 without a winner kept/).waitFor();
    await dialog.getByRole("button", { name: "Done" }).click();

    await page.getByText("2 choices without a winner").click();
    const ties = page.getByRole("list", { name: "Choices without a winner" });
    await ties.getByText("Both good").waitFor();
    await ties.getByText("Both bad").waitFor();
    await screenshots(page, "history-without-winner");
    await page.getByRole("searchbox").fill("cats");
    await page.getByText("1 choice without a winner found").waitFor();
    await ties.getByText("Tea or coffee?").waitFor({ state: "detached" });
    await ties.getByRole("button", { name: "Delete this choice without a winner" }).click();
    await page.getByText("Deleted 1 choice without a winner.").waitFor();
    await page.getByRole("searchbox").fill("");
    await page.getByText("1 choice without a winner", { exact: true }).waitFor();
    await page.getByRole("button", { name: /^Undo/ }).click();
    await page.getByText("2 choices without a winner", { exact: true }).waitFor();
    await page.getByText("24 choices, newest first").waitFor();
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
    const same = line("ann", "Tea or water?", "Tea.", "Tea.");
    const bad = JSON.stringify({ user_id: "ann", context: [{ role: "user", content: "x" }], chosen: { role: "assistant", content: "y" } });
    await page.getByRole("button", { name: "Import" }).click();
    const dialog = page.getByRole("dialog", { name: "Import choices" });
    await dialog.getByLabel(/Drop files here/).setInputFiles(file("mine.jsonl", `${good}\n${bad}\nnot json\n${same}\n`));
    await dialog.getByText(/2 choices added, 2 skipped/).waitFor();
    await dialog.getByText("What was skipped, and why").click();
    await dialog.getByRole("cell", { name: "2", exact: true }).waitFor();
    await dialog.getByRole("cell", { name: "3", exact: true }).waitFor();
    assert.equal(await dialog.getByRole("cell", { name: "4", exact: true }).count(), 0);
    await dialog.getByText("What was kept with a doubt, and why").click();
    await dialog.getByRole("cell", { name: "4", exact: true }).waitFor();
    await screenshots(page, "history-import-report");
    await dialog.getByRole("button", { name: "Done" }).click();
    await page.getByText("26 choices, newest first").waitFor();
  });
});

test("a dialog that is opened again starts clean, its newest report is first and says whose it is", async () => {
  await withSample(async ({ page }) => {
    const dialog = page.getByRole("dialog", { name: "Import choices" });
    const take = async (name, question) => {
      const text = line("ann", question, "Tea.", "It depends, of course.");
      await dialog.getByLabel(/Drop files here/).setInputFiles(file(name, text));
      await dialog.getByRole("heading", { name }).waitFor();
    };
    const reports = () => dialog.getByRole("heading", { level: 3 }).allTextContents();
    await page.getByRole("button", { name: "Import" }).click();
    await take("one.jsonl", "Tea or coffee?");
    assert.equal(await dialog.getByText("For Robin").count(), 0, "there is nobody else");
    await take("two.jsonl", "Tea or water?");
    assert.deepEqual(await reports(), ["two.jsonl", "one.jsonl"]);
    await page.keyboard.press("Escape");
    await dialog.waitFor({ state: "hidden" });

    await page.getByRole("button", { name: "People …" }).click();
    const people = page.getByRole("dialog", { name: "People kept in this browser" });
    await people.getByLabel("Add someone").fill("Kim");
    await people.getByRole("button", { name: "Add", exact: true }).click();
    await people.getByRole("button", { name: /^Kim/ }).waitFor();
    await page.keyboard.press("Escape");
    await page.getByRole("button", { name: "Import", exact: true }).click();
    assert.deepEqual(await reports(), []);
    await take("three.jsonl", "Tea or milk?");
    await dialog.getByText("For Kim").waitFor();
  });
});

test("a file that is dropped anywhere on the page is imported", async () => {
  await withSample(async ({ page }) => {
    const text = line("ann", "Tea or coffee?", "Tea.", "It depends, of course.");
    const dataTransfer = await page.evaluateHandle((text) => {
      const dragged = new DataTransfer();
      dragged.items.add(new File([text], "mine.jsonl"));
      return dragged;
    }, text);
    await page.dispatchEvent("body", "dragover", { dataTransfer });
    await page.getByText("Drop the file to import it").waitFor();
    await page.dispatchEvent("body", "drop", { dataTransfer });
    const dialog = page.getByRole("dialog", { name: "Import choices" });
    await dialog.getByText(/1 choice added/).waitFor();
    // The dialog's own field takes a file once, not once more for the page.
    await page.dispatchEvent(".drop", "drop", { dataTransfer });
    await dialog.getByText(/0 choices added, 1 here already/).waitFor();
    assert.equal(await dialog.getByRole("heading", { level: 3 }).count(), 2);
    await dialog.getByRole("button", { name: "Done" }).click();

    // On another page the browser would open the file in its place.
    await page.getByRole("link", { name: "Models" }).click();
    await page.waitForFunction(() => document.title === "Models – Likeness");
    await page.dispatchEvent("body", "drop", { dataTransfer });
    await dialog.getByText(/0 choices added, 1 here already/).waitFor();
    assert.equal(await page.title(), "History – Likeness");
  });
});

test("what was typed outlives the dialog, which a press on its scroll bar does not close", async () => {
  await withSample(async ({ page }) => {
    await page.setViewportSize({ width: 1000, height: 400 });
    await page.getByRole("button", { name: "Add a choice" }).click();
    const dialog = page.getByRole("dialog", { name: "Add a choice" });
    await dialog.getByLabel("What was asked").fill("Tea or coffee?");
    const { x, y, width } = await page.locator("dialog[open] .modal-body").boundingBox();
    await page.mouse.click(x + width - 4, y + 80);
    assert.ok(await dialog.isVisible());
    await page.mouse.click(5, 5);
    await dialog.waitFor({ state: "hidden" });
    await page.getByRole("button", { name: "Add a choice" }).click();
    assert.equal(await dialog.getByLabel("What was asked").inputValue(), "Tea or coffee?");
    await dialog.getByRole("button", { name: "Save" }).click();
    await page.waitForFunction(() => document.activeElement.labels?.[0]?.textContent === "The answer you preferred");
    await dialog.getByRole("button", { name: "Empty the form" }).click();
    await page.keyboard.press("Escape");
    await dialog.waitFor({ state: "hidden" });
    await page.getByRole("button", { name: "Add a choice" }).click();
    assert.equal(await dialog.getByLabel("What was asked").inputValue(), "");
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
    // What can be taken back is within reach, and the keyboard stays where it was.
    await dialog.getByRole("button", { name: "Remove Kim" }).click();
    await dialog.getByRole("button", { name: /^Undo/ }).click();
    await dialog.getByRole("button", { name: "Rename Kim" }).click();
    await page.waitForFunction(() => document.activeElement.labels?.[0]?.textContent === "New name");
    await page.keyboard.press("Enter");
    await page.waitForFunction(() => document.activeElement.ariaLabel === "Rename Kim");
    await dialog.getByRole("button", { name: /^Kim/ }).click();
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
      if (name === "Portrait") await page.getByText("What was measured in the answers", { exact: true }).click();
      const width = await page.evaluate(() => document.documentElement.scrollWidth);
      assert.ok(width <= 390, `${name} is ${width} pixels wide`);
    }
  });
});
