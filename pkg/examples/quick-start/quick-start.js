// The README's quick start, line by line, with the package taken from two folders up; below it, what a page shows of that.

import { createLikeness } from "../../index.js";

const likeness = await createLikeness();

// The person preferred one answer to another:
await likeness.record({
  context: [{ role: "user", content: "How do I boil an egg?" }],
  chosen: "Seven minutes in boiling water.",
  rejected: "Great question! There are many ways to boil an egg…",
});

// What is known by now, in plain words:
console.log((await likeness.portrait()).prose);

// The next prompt, with what held about the person; after a few choices that is nothing yet:
const messages = await likeness.personalize([{ role: "user", content: "How do I bake bread?" }]);

const { prose, pairs } = await likeness.portrait();
document.querySelector("#known").textContent = prose || `Nothing yet, from ${pairs} ${pairs === 1 ? "choice" : "choices"}.`;
document.querySelector("#prompt").textContent = JSON.stringify(messages, undefined, 2);
await import("../../elements.js");
document.querySelector("likeness-panel").likeness = likeness;
