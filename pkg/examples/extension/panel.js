// The extension's own page: the portrait, what the person says of its claims, and choices from elsewhere.

import { createLikeness } from "./likeness/index.js";
import "./likeness/elements.js";

const likeness = await createLikeness();
document.querySelector("likeness-panel").likeness = likeness;
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
