// What a person does with a remote model in the app: adds it, lets it read along, asks it, and looks what left.

import assert from "node:assert/strict";
import { withApp } from "./harness.mjs";
import { openModel } from "./remote-server.mjs";

export const MINUTE = 60_000;

/**
 * The app with the sample and one remote model, which is `server`; both are gone when `body` ends.
 * @param {(app: {page: import("playwright-core").Page, server: Awaited<ReturnType<openModel>>, url: string}) => Promise<void>} body
 */
export async function withRemote(body, { choose, cors, key, ...settings } = {}) {
  const server = await openModel(choose, { cors });
  try {
    await withApp(async (app) => {
      await takeSample(app.page);
      await addRemote(app.page, { endpoint: server.endpoint, key });
      await body({ ...app, server });
    }, settings);
  } finally {
    await server.stop();
  }
}

/** Goes to a page of the app by its link. */
export async function open(page, name) {
  await page.getByRole("link", { name, exact: true }).click();
  await page.locator('nav a[aria-current="page"]', { hasText: name }).waitFor();
  await page.getByRole("heading", { level: 1 }).waitFor();
}

/** Takes the sample; its portrait is shown. */
export async function takeSample(page) {
  await page.getByRole("button", { name: "Try it on a sample" }).click();
  await page.getByRole("heading", { name: "Claims" }).waitFor();
}

/** Imports a file's text into the history of a person who had none. */
export async function importHistory(page, text, pairs) {
  await page.getByRole("button", { name: "Start with my own choices" }).click();
  await page.getByRole("heading", { name: "No choices yet" }).waitFor();
  await page.getByRole("button", { name: "Import" }).first().click();
  const dialog = page.getByRole("dialog", { name: "Import choices" });
  const file = { name: "mine.jsonl", mimeType: "application/jsonl", buffer: Buffer.from(text) };
  await dialog.getByLabel(/Drop files here/).setInputFiles(file);
  await dialog.getByText(`${pairs} choices added`).waitFor();
  await dialog.getByRole("button", { name: "Done" }).click();
}

/** The form for a remote model, filled in; not saved. */
export async function fillForm(page, { endpoint, model = "test-7b", key }) {
  await open(page, "Models");
  await page.getByRole("button", { name: "Add a remote model …" }).click();
  const form = page.getByRole("form", { name: "A remote model" });
  await form.getByLabel("Service").selectOption({ label: "Another address" });
  await form.getByLabel("Base address").fill(endpoint);
  await form.getByLabel("Model", { exact: true }).fill(model);
  if (key) await form.getByLabel("Key", { exact: true }).fill(key);
  return form;
}

/** Adds a remote model, and waits for the page with the policy that lets it be reached. */
export async function addRemote(page, settings) {
  const form = await fillForm(page, settings);
  const { origin } = new URL(settings.endpoint);
  await form.getByRole("button", { name: "Save" }).click();
  await page.waitForFunction((to) => window.likenessPolicy?.applied.includes(to), origin);
  await page.getByRole("button", { name: "Try it" }).first().waitFor();
}

/** Starts an induction with the remote model, with a search as small as can be. */
export async function induce(page, candidates = 1) {
  await open(page, "Portrait");
  await page.getByText(/^At most \d+ calls/).waitFor();
  await page.getByText("More", { exact: true }).click();
  await page.getByRole("spinbutton", { name: "Candidates" }).fill(String(candidates));
  await page.getByText(/^At most \d+ calls/).waitFor();
  await start(page, /^(Induce|Make a new portrait)$/);
}

/** Goes on with an induction that was interrupted. */
export const goOn = (page) => start(page, "Go on");

/** The form goes away while an induction runs, and a new one comes after it; this one is marked as the old one. */
async function start(page, name) {
  await page.locator(".induce form").evaluate((form) => (form.dataset.old = ""));
  await page.getByRole("button", { name }).click();
}

const ended = (page, timeout) => page.locator(".induce form:not([data-old])").waitFor({ timeout });

/** Waits for the portrait that an induction made. */
export async function made(page, timeout = 2 * MINUTE) {
  await ended(page, timeout);
  assert.deepEqual(await page.locator("main .failure").allInnerTexts(), []);
  await page.getByText(/^Made .* with /).waitFor();
}

/** Waits for an induction to fail, and gives what the page says of it. */
export async function failure(page, timeout = MINUTE) {
  await ended(page, timeout);
  const told = page.locator("main .failure");
  await told.first().waitFor();
  assert.equal(await told.count(), 1, "it is said once");
  return told.innerText();
}

/** The ledger's lines as the page shows them, newest first. */
export async function ledger(page) {
  await open(page, "Privacy");
  await page.locator(".lines > li, .ledger > .muted").first().waitFor();
  return page.locator(".lines > li").all();
}

/** Forgets everything, and comes to the page that says that nothing is left. */
export async function forgetEverything(page) {
  await open(page, "History");
  await page.getByRole("button", { name: "Your data …" }).click();
  await page.getByRole("button", { name: "Forget everything …" }).click();
  await page.getByRole("button", { name: "Forget everything", exact: true }).click();
  await page.getByRole("heading", { name: "Nothing is left" }).waitFor();
}
