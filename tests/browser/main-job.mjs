// The main job as a person does it, in few words so that a slow device ends it too: a small history, a model, an
// induction, the portrait, a judgement.

import { importHistory } from "./remote-person.mjs";

const MINUTE = 60_000;

/** Somebody who likes it short: a question, what they preferred, and the other answer. */
const CHOICES = [
  ["Tea or coffee?", "Tea.", "That depends very much on the hour of the day."],
  ["Is rain wet?", "Yes.", "One might say that it is, in most cases."],
  ["Best colour?", "Blue.", "There are many fine colours to choose from."],
  ["Two plus two?", "Four.", "Adding two and two, we arrive at four."],
  ["Cat or dog?", "Cat.", "Both of them make wonderful companions."],
  ["Is it far?", "No.", "It is not so far as you may think it is."],
  ["When is lunch?", "At one.", "Lunch is usually served at about one o'clock."],
  ["Who wrote it?", "Homer.", "It is commonly held to be a work of Homer's."],
];

/** The same as pairs. */
export const PAIRS = CHOICES.map(([question, chosen, rejected]) => ({ context: [{ role: "user", content: question }], chosen, rejected }));

/**
 * Does it on the device that `runOn` names, with the model that `load` gets on the models page; `meanwhile` runs while
 * the induction does. Gives what is shown of the portrait and of a judgement.
 */
export async function mainJob(page, { runOn, load, meanwhile = async () => {}, timeout }) {
  await importHistory(page, PAIRS.map((pair) => JSON.stringify(pair)).join("\n"), PAIRS.length);
  await page.getByRole("link", { name: "Models" }).click();
  await page.getByRole("radio", { name: runOn }).check();
  await load();

  await page.getByRole("link", { name: "Portrait" }).click();
  await page.getByText("More", { exact: true }).click();
  await page.getByRole("spinbutton", { name: "Candidates" }).fill("1");
  await page.getByRole("button", { name: "Induce" }).click();
  await meanwhile();
  await page.getByRole("heading", { name: "To take along" }).waitFor({ timeout });
  const texts = (selector) => page.locator(selector).allTextContents();
  const portrait = { claims: await texts(".claim-text"), tested: await texts(".figures tbody tr") };

  await page.getByRole("link", { name: "Judge" }).click();
  await page.getByLabel("What was asked").fill("Sun or moon?");
  await page.getByLabel("First answer").fill("It is a matter of taste, one could say.");
  await page.getByLabel("Second answer").fill("Moon.");
  await page.getByLabel(/^Ask .* too/).check();
  await page.getByRole("button", { name: "Judge", exact: true }).click();
  await page.locator(".verdict").waitFor({ timeout: Math.max(timeout / 4, MINUTE) });
  return { portrait, choice: await page.locator(".verdict > h2").textContent(), parts: await texts(".verdict .figures tbody tr") };
}

/**
 * What has to be the same on every device: the claims, what the traits foretell, what all foretells together, the choice. The
 * processor rounds activations to 8 bits, so what a model says that is a hair from even may fall on the other side of it.
 */
export const certain = ({ portrait: { claims, tested }, choice }) => [claims, tested.filter((row) => !row.startsWith("The model")), choice];
