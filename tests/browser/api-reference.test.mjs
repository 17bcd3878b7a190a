// The API reference is made from the types, so it says what they say now, and leaves nothing out.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { REFERENCE, reference, wanting } from "./api-reference.mjs";

test("pkg/API.md is what the types say; every exported item has a sentence", async () => {
  const now = await reference();
  assert.deepEqual(wanting, []);
  assert.equal(await readFile(REFERENCE, "utf8"), now, "make it anew: node tests/browser/api-reference.mjs");
  for (const name of ["createLikeness", "exportProfile", "LikenessChoice", "connectLikeness", "likenessMiddleware"]) {
    assert.ok(now.includes(`\`${name}`), `${name} is in it`);
  }
});
