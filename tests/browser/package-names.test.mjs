// What a local model's file may be called: it is kept in the browser under that name.

import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { folderWithSmallModel } from "./layers.mjs";
import { withHost } from "./package-host.mjs";

const NAMES = ["Ada's model.gguf", 'it is "quoted" & 100%.gguf', "größe ✓.gguf"];
const models = await folderWithSmallModel(NAMES[0]);

test("a model's name may hold an apostrophe, quotes, signs and letters of any script", { timeout: 240_000 }, async () => {
  await withHost(async ({ page }) => {
    await page.locator("input[type=file]").setInputFiles(join(models, NAMES[0]));
    const seen = await page.evaluate(async (names) => {
      const [file] = document.querySelector("input").files;
      const load = async (local) => {
        const likeness = await api.createLikeness({ model: { local } });
        try {
          const { file } = await likeness.models.load();
          return { file, kept: (await likeness.models.list()).kept.map(({ name }) => name).sort() };
        } catch ({ code, message }) {
          return { code, message };
        } finally {
          likeness.destroy();
        }
      };
      const picked = await load({ source: file, device: "cpu" });
      const named = [];
      for (const name of names.slice(1)) named.push(await load({ source: file, name, device: "cpu" }));
      const fetched = await load({ source: `models/${encodeURIComponent(names[0])}`, device: "cpu" });
      const kept = await load({ kept: names[0], device: "cpu" });
      return { picked, named, fetched, kept };
    }, NAMES);
    assert.equal(seen.fetched.kept.length, NAMES.length, "what came from an address is kept under the name that a person reads");
    assert.deepEqual(seen.picked, { file: NAMES[0], kept: [NAMES[0]] });
    assert.deepEqual(seen.named.map(({ file, code, message }) => file ?? `${code}: ${message}`), NAMES.slice(1));
    assert.equal(seen.fetched.file, NAMES[0], JSON.stringify(seen.fetched));
    assert.deepEqual(seen.kept, { file: NAMES[0], kept: [...NAMES].sort() });
  }, { models });
});
