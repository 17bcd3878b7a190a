// The models page as the tests of the GPU use it.

import assert from "node:assert/strict";
import { PATIENCE } from "./gpu-witness.mjs";

/** Gets a model by its address, a file of the app's own server. */
export async function download(page, url, file) {
  await page.getByRole("link", { name: "Models" }).click();
  await page.getByLabel("Address of a GGUF file").fill(`${url}models/${file}`);
  await page.getByRole("button", { name: "Download", exact: true }).click();
  await page.getByRole("heading", { name: file.replace(".gguf", "") }).waitFor({ timeout: PATIENCE });
}

/** What the model in use runs on. */
export const runsOn = (page) => page.locator(".in-use dt:text-is('Runs on') + dd");

/** What is said of why it runs there. */
export const whyHere = (page) => page.locator(".why-here").textContent();

/** Asks for the GPU and gets a model, which runs on the processor all the same; gives what is said of why. */
export async function refusedTheGpu(page, url, file) {
  await page.getByRole("link", { name: "Models" }).click();
  await page.getByRole("radio", { name: /^The GPU/ }).check();
  await download(page, url, file);
  assert.match(await runsOn(page).textContent(), /^The processor/);
  return whyHere(page);
}
