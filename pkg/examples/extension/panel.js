// The extension's own page: the portrait, what the person says of its claims, the way to another place, and choices from
// elsewhere.

import { createLikeness } from "./likeness/index.js";
import "./likeness/elements.js";

const likeness = await createLikeness();
for (const element of document.querySelectorAll("likeness-panel, likeness-move")) element.likeness = likeness;
document.querySelector("input").addEventListener("change", async ({ target }) => {
  const told = document.querySelector("output");
  try {
    for (const file of target.files) told.value = `${(await likeness.import(file)).imported} added.`;
  } catch (error) {
    told.value = `${error.message}: ${error.advice}`;
  }
});
// For whoever tries it from the console of this page; a chat's page can't.
globalThis.likeness = likeness;
