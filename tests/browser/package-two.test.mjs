// Two likenesses in one page with the same local model: each has workers of its own, so the one's end is not the other's.

import assert from "node:assert/strict";
import { test } from "node:test";
import { EMBEDDED_MODEL, MODELS } from "./harness.mjs";
import { PAIRS, withHost } from "./package-host.mjs";

test("two likenesses judge at once with one kept file, and the end of one leaves the other", { timeout: 300_000 }, async () => {
  await withHost(async ({ page, requests }) => {
    const seen = await page.evaluate(async ({ pairs, name }) => {
      const make = () => api.createLikeness({ model: { local: { source: `models/${name}`, device: "cpu" } } });
      const first = await make();
      for (const pair of pairs) await first.record(pair);
      await first.models.load();
      const second = await make();
      const { context, chosen, rejected } = pairs[0];
      const ask = (likeness) => likeness.judge(context, chosen, rejected, { askModel: true }).then(({ byModel }) => byModel);
      const together = await Promise.all([ask(first), ask(second)]);
      first.destroy();
      return { together, alone: await ask(second), kept: (await second.models.list()).kept.length };
    }, { pairs: PAIRS.slice(0, 6), name: EMBEDDED_MODEL });
    assert.equal(typeof seen.together[0], "number");
    assert.equal(seen.together[0], seen.together[1]);
    assert.equal(seen.alone, seen.together[1]);
    assert.equal(seen.kept, 1);
    assert.equal(requests.filter(({ url }) => url.endsWith(EMBEDDED_MODEL)).length, 1, "it is fetched once");
  }, { models: MODELS });
});
