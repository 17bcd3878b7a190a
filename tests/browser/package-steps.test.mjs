// The package's calls that give more than one answer: steps that are read as they come, and the ledger, also behind the
// badge. And what an error may carry of the history: nothing that a log would keep.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { plantedHistory, searchFor } from "./canaries.mjs";
import { REPOSITORY, screenshots } from "./harness.mjs";
import { withHost } from "./package-host.mjs";

const MINUTE = 60_000;
const PLANTED = plantedHistory();
const SAMPLE = await readFile(join(REPOSITORY, "www/sample.jsonl"), "utf8");
const search = searchFor(PLANTED.canaries);

/** A likeness over a history of canaries, with a model that answers at once; `asked` keeps what it got. */
async function withModel(body) {
  await withHost(async (host) => {
    await host.page.evaluate(async (texts) => {
      window.asked = [];
      const answer = async ({ messages, signal }) => {
        signal?.throwIfAborted();
        asked.push(JSON.stringify(messages));
        const last = messages.at(-1).content;
        if (/line "Preferred: First"/.test(last)) return "One is shorter than the other.\nPreferred: First";
        if (/Write at most \d+ lines/.test(last)) return "You prefer shorter answers.\nYou prefer plain words.";
        if (/tea/.test(last)) return `Draft ${asked.length}, which says ${"a little more ".repeat(asked.length)}than others.`;
        return "First";
      };
      window.likeness = await api.createLikeness({ model: { name: "hosts", answer } });
      window.imported = [];
      for (const text of texts) for await (const step of likeness.import(new Blob([text]))) imported.push(step);
    }, [PLANTED.text, SAMPLE]);
    await body(host);
  });
}

test("an induction, an import and drafts are read step by step; leaving the loop stops them", { timeout: 4 * MINUTE }, async () => {
  await withModel(async ({ page }) => {
    const seen = await page.evaluate(async () => {
      const bytes = imported.at(-1);
      const left = likeness.induce({ candidates: 1 });
      let first;
      for await (const step of left) {
        first = step;
        break;
      }
      const stopped = await left.then(() => "made", ({ name }) => name);
      const callsAfter = asked.length;
      await new Promise((resolve) => setTimeout(resolve, 500));
      const quiet = asked.length === callsAfter;

      const whole = likeness.induce({ candidates: 1 });
      const steps = [];
      for await (const step of whole) steps.push(step);
      const portrait = await whole;
      const twice = await (async () => {
        for await (const step of whole) void step;
      })().catch(({ code }) => code);

      const before = asked.length;
      const drafting = likeness.draftAndPick([{ role: "user", content: "Of tea." }], { n: 3 });
      const drafts = [];
      for await (const draft of drafting) drafts.push(draft);
      const { ranked } = await drafting;

      const stop = new AbortController();
      const aborted = await (async () => {
        for await (const step of likeness.induce({ seed: 7, candidates: 1, signal: stop.signal })) stop.abort(new Error(`enough of ${step.stage}`));
      })().catch(({ message }) => message);
      const byHand = likeness.induce({ seed: 8, candidates: 1 })[Symbol.asyncIterator]();
      await byHand.next();
      const returned = await byHand.return("bye");
      const after = await byHand.next();
      const unread = await likeness.draftAndPick([{ role: "user", content: "Of tea." }], { n: 0 }).catch(({ code }) => code);
      const known = asked.length;
      const noTurns = await likeness.draftAndPick({ context: [{ role: "user", content: "Of tea." }] }).catch(({ code }) => code);
      const unasked = asked.length === known;
      return { noTurns, unasked, bytes, first, stopped, quiet, steps, portrait, twice, drafts, ranked, drafted: asked.length - before, aborted, returned, after, unread };
    });
    assert.equal(seen.bytes.bytes, seen.bytes.of);
    assert.ok(seen.first.stage);
    assert.deepEqual([seen.noTurns, seen.unasked], ["invalid", true]);
    assert.equal(seen.stopped, "AbortError");
    assert.ok(seen.quiet, "no more is asked of the model");
    assert.ok(seen.steps.length > 2 && seen.steps.at(-1).calls >= seen.steps[0].calls);
    assert.match(seen.portrait.model, /hosts/);
    assert.equal(seen.twice, "invalid");
    assert.deepEqual(seen.drafts.map(({ index }) => index).sort(), [0, 1, 2]);
    assert.deepEqual(seen.drafts.map(({ content }) => content).sort(), seen.ranked.map(({ content }) => content).sort());
    assert.match(seen.aborted, /^enough of ./);
    assert.deepEqual([seen.returned, seen.after], [{ value: "bye", done: true }, { value: undefined, done: true }]);
    assert.equal(seen.unread, "invalid");
  });
});

test("the ledger gives every request with its body as it was sent, and the badge shows it", { timeout: 4 * MINUTE }, async () => {
  await withModel(async ({ page }) => {
    const seen = await page.evaluate(async () => {
      const none = [];
      for await (const entry of likeness.ledger()) none.push(entry);
      // More than one window of the ledger.
      for (let seed = 0; asked.length < 60 && seed < 20; seed += 1) await likeness.induce({ candidates: 2, seed });
      const entries = [];
      for await (const entry of likeness.ledger()) entries.push({ ...entry, text: await entry.body() });
      const first = [];
      for await (const entry of likeness.ledger()) {
        first.push(entry.whenMs);
        break;
      }
      const some = [];
      for await (const entry of likeness.ledger({ words: "no such words" })) some.push(entry);
      return { none: none.length, entries, asked, first, some: some.length, numbers: "number" in entries[0] };
    });
    assert.equal(seen.none, 0);
    assert.equal(seen.entries.length, seen.asked.length, "each call has its line");
    assert.ok(seen.entries.length > 55, `more than one window of the ledger: ${seen.entries.length}`);
    const times = seen.entries.map(({ whenMs }) => whenMs);
    assert.deepEqual(times, times.toSorted((a, b) => b - a), "newest first");
    assert.deepEqual([seen.first, seen.some, seen.numbers], [[times[0]], 0, false]);
    const sent = new Set(seen.asked.map((messages) => JSON.parse(messages).at(-1).content));
    for (const entry of seen.entries) {
      assert.ok(entry.left && entry.passed && entry.purpose && entry.verdict && entry.outcome, JSON.stringify(entry));
      assert.equal(Buffer.byteLength(entry.text), entry.bytes);
      const { messages } = JSON.parse(entry.text);
      assert.ok(sent.has(messages.at(-1).content), "it is what the model got");
      assert.deepEqual(search(entry.text), []);
    }

    await page.evaluate(async () => {
      await import("/package/elements.js");
      const sheet = new CSSStyleSheet();
      sheet.replaceSync(":root { color-scheme: light dark; }");
      document.adoptedStyleSheets = [sheet];
      document.body.append(Object.assign(document.createElement("likeness-badge"), { likeness }));
    });
    const badge = page.locator("likeness-badge");
    await badge.locator("summary").first().click();
    const lines = badge.locator("[part=ledger-lines] > li");
    assert.equal(await lines.count(), 0, "nothing is read before it is opened");
    await badge.getByText("What was sent").press("Enter");
    await badge.getByRole("button", { name: "Show more" }).click();
    await lines.nth(39).waitFor();
    const line = lines.first();
    await line.locator("summary").press("Enter");
    await page.waitForFunction(() => document.querySelector("likeness-badge").shadowRoot.querySelector("pre")?.textContent.length > 0);
    assert.equal(await line.locator("pre").textContent(), seen.entries[0].text);
    await page.setViewportSize({ width: 390, height: 844 });
    assert.ok(await page.evaluate(() => document.documentElement.scrollWidth) <= 390, "it does not scroll sideways");
    await screenshots(page, "badge-ledger");

    // New lines come on top; what is open stays open, and what "Show more" brought stays.
    const grown = await page.evaluate(async () => {
      const { shadowRoot } = document.querySelector("likeness-badge");
      const list = shadowRoot.querySelector("[part=ledger-lines]");
      const before = [...list.children];
      const [open] = before;
      const body = open.querySelector("pre").textContent;
      let computed = 0;
      // What the badge asks besides the ledger is counted.
      const { portrait } = likeness;
      likeness.portrait = (...given) => ((computed += 1), portrait.apply(likeness, given));
      const context = [{ role: "user", content: "Where?" }];
      for (const answer of ["Here.", "There."]) await likeness.judge(context, answer, "Nowhere.", { askModel: true });
      const sent = [];
      for await (const { id } of likeness.ledger()) sent.push(id);
      const more = sent.length;
      for (const end = Date.now() + 10_000; Date.now() < end && list.children[0] === open; ) await new Promise((resolve) => setTimeout(resolve, 20));
      await new Promise((resolve) => setTimeout(resolve, 500));
      delete likeness.portrait;
      const after = [...list.children];
      return {
        added: after.indexOf(open), kept: before.every((line, at) => after[after.indexOf(open) + at] === line),
        isOpen: open.querySelector("details").open, same: open.querySelector("pre").textContent === body,
        outcomes: after.slice(0, 2).every((line) => line.querySelectorAll("p")[2].textContent),
        computed, more, unique: new Set(sent).size,
      };
    });
    assert.ok(grown.added > 0, JSON.stringify(grown));
    assert.equal(grown.added, grown.more - seen.entries.length, "each new request has a line");
    assert.deepEqual([grown.kept, grown.isOpen, grown.same, grown.outcomes], [true, true, true, true], JSON.stringify(grown));
    assert.equal(grown.computed, 0, "what a prompt is told is not asked again for it");
    assert.equal(grown.unique, grown.more, "each line has an id of its own");
  });
});

test("an error that quotes the history says how often, and carries no word of it into a log", { timeout: 3 * MINUTE }, async () => {
  await withModel(async ({ page }) => {
    const quoted = PLANTED.canaries.find((canary) => /marzipan/.test(canary));
    const seen = await page.evaluate(async (text) => {
      const { claims } = await likeness.portrait();
      await likeness.claims.edit(claims[0].id, text);
      const error = await likeness.personalize([]).catch((error) => error);
      const everything = (error) => {
        const names = Object.getOwnPropertyNames(error);
        return [String(error), error.stack, JSON.stringify(error), JSON.stringify(Object.fromEntries(names.map((name) => [name, String(error[name])]))), String(error.cause)];
      };
      await import("/package/elements.js");
      document.body.append(Object.assign(document.createElement("likeness-badge"), { likeness }));
      const cloned = structuredClone(error);
      return { code: error.code, message: error.message, quotes: error.quotes, logged: [...everything(error), ...everything(cloned)], other: new api.LikenessError("a", "model", "b").quotes };
    }, quoted);
    assert.equal(seen.code, "quotes-history");
    assert.match(seen.message, /^what would be told quotes the person's history in \d+ places?$/);
    assert.ok(seen.quotes.some((quote) => /contraband marzipan/.test(quote)), `the person can be shown what it was: ${seen.quotes}`);
    assert.doesNotMatch(seen.logged.join("\n"), /marzipan|fjord|customs/);
    assert.deepEqual(seen.other, []);
    const badge = page.locator("likeness-badge");
    await badge.locator("summary").first().click();
    await badge.getByText("These words are in your history").waitFor();
    await badge.locator("[part=quotes] li", { hasText: "marzipan" }).first().waitFor();
  });
});
