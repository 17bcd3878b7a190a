// One person's likeness in the package: who is found under a name, what is kept of pairs and claims when calls come at
// once, and that what answers are judged by follows the choices.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { REPOSITORY } from "./harness.mjs";
import { PAIRS, withHost } from "./package-host.mjs";

const MINUTE = 60_000;
const SHORT = "Paris.";
const LONG = "Great question! The capital of France, as you may well know, is of course the city of Paris. ".repeat(3);

/** The app's own sample, in which there is one taste, and choices of a second. */
const steps = (at) => [`Take the tin number ${at}.`, `Open it on side ${at % 3}.`, "Put the lid aside.", "Pour it out."];
const numbered = (at) =>
  JSON.stringify({
    user_id: "sample",
    context: [{ role: "user", content: `How do I open tin ${at}?` }],
    chosen: { role: "assistant", content: steps(at).map((step, number) => `${number + 1}. ${step}`).join("\n") },
    rejected: { role: "assistant", content: steps(at).join(" ") },
  });
const LINES = (await readFile(join(REPOSITORY, "www", "sample.jsonl"), "utf8")).split("\n").filter(Boolean);
const SAMPLE = [...LINES, ...Array.from({ length: 16 }, (_, at) => numbered(at))].join("\n");
const SAMPLED = SAMPLE.split("\n").length;

/** Makes `window.likeness` with the sample in it. */
const withSample = (page) =>
  page.evaluate(async (sample) => {
    window.likeness = await api.createLikeness();
    await likeness.import(sample);
  }, SAMPLE);

test("a name is one person, asked for at once or with spaces around it", { timeout: 2 * MINUTE }, async () => {
  await withHost(async ({ page }) => {
    const seen = await page.evaluate(async () => {
      const pair = { context: [{ role: "user", content: "q" }], chosen: "one", rejected: "two" };
      const counts = async (all) => Promise.all(all.map(async (likeness) => (await likeness.portrait()).pairs));
      const together = await Promise.all([api.createLikeness(), api.createLikeness(), api.createLikeness()]);
      await together[0].record(pair);
      const people = [" Ada", "Ada ", "Ada"].map((person) => api.createLikeness({ storage: { person } }));
      const spaced = await Promise.all(people);
      await spaced[1].record(pair);
      const empty = await api.createLikeness({ storage: { person: "  " } }).catch(({ code }) => code);
      return { together: await counts(together), spaced: await counts(spaced), empty };
    });
    assert.deepEqual(seen, { together: [1, 1, 1], spaced: [1, 1, 1], empty: "invalid" });
  });
});

test("what is said of several claims at once is all kept, and the portrait goes on following the choices", { timeout: 3 * MINUTE }, async () => {
  await withHost(async ({ page }) => {
    await withSample(page);
    const seen = await page.evaluate(async ({ short, long }) => {
      const ids = (await likeness.claims.list()).map(({ id }) => id);
      await Promise.all(ids.map((id) => likeness.claims.refuse(id)));
      const refused = await likeness.portrait();
      const told = await likeness.personalize([]);
      await Promise.all(ids.slice(1).map((id) => likeness.claims.restore(id)));
      const context = [{ role: "user", content: "What is the capital of France?" }];
      const before = { portrait: await likeness.portrait(), judged: await likeness.judge(context, short, long) };
      for (let at = 0; at < 12; at += 1) {
        await likeness.record({ context: [{ role: "user", content: `And question ${at}?` }], chosen: `${at}. ${long}`, rejected: `${at}. ${short}` });
      }
      const ranked = await likeness.rank(context, [short, long]);
      const judged = await likeness.judge(context, short, long);
      const now = await likeness.portrait();
      // Once a portrait was made, it stays as it is, but for what it is told; answers are still judged by every choice.
      const made = await likeness.induce();
      await likeness.record({ context, chosen: `Well! ${long}`, rejected: short });
      const after = { judged: await likeness.judge(context, short, long), ranked: await likeness.rank(context, [short, long]) };
      return { ids, refused, told, before, ranked, judged, now, made, after, stale: await likeness.portrait() };
    }, { short: SHORT, long: LONG });
    assert.ok(seen.ids.length > 1, `${seen.ids}`);
    const states = ({ claims }) => new Map(claims.map(({ id, state }) => [id, state]));
    assert.deepEqual(seen.ids.map((id) => states(seen.refused).get(id)), seen.ids.map(() => "refused"));
    assert.deepEqual(seen.told, [], "nothing is told of who refused all");
    assert.deepEqual(seen.ids.map((id) => states(seen.before.portrait).get(id)), seen.ids.map((_, at) => (at === 0 ? "refused" : "found")));
    assert.equal(seen.before.portrait.madeMs, null, "nobody made it yet");
    assert.deepEqual([seen.now.madeMs, seen.now.pairs, seen.now.changedSince], [null, SAMPLED + 12, 0]);
    assert.equal(states(seen.now).get(seen.ids[0]), "refused");
    assert.ok(seen.judged.first < seen.before.judged.first, "new choices count");
    const agrees = ({ judged, ranked }) => assert.ok(Math.abs(ranked.find(({ index }) => index === 0).liked - judged.first) < 1e-6, JSON.stringify({ judged, ranked }));
    agrees(seen);
    agrees(seen.after);
    assert.ok(seen.made.madeMs > 0 && states(seen.made).get(seen.ids[0]) === "refused");
    assert.deepEqual([seen.stale.madeMs, seen.stale.changedSince], [seen.made.madeMs, 1]);
  });
});

test("what is said of a claim while an induction runs is kept", { timeout: 4 * MINUTE }, async () => {
  await withHost(async ({ page }) => {
    const seen = await page.evaluate(async (pairs) => {
      let deciding;
      const answer = async ({ messages }) => {
        // The induction can't be over before what is said meanwhile is.
        await deciding;
        const last = messages.at(-1).content;
        if (/line "Preferred: First"/.test(last)) return "One is shorter than the other.\nPreferred: First";
        if (/Write at most \d+ lines/.test(last)) return "You prefer shorter answers.\nYou prefer plain words.";
        return "First";
      };
      const likeness = await api.createLikeness({ model: { name: "hosts", answer } });
      for (const pair of pairs) await likeness.record(pair);
      const ids = (await likeness.claims.list()).map(({ id }) => id);
      const onProgress = () => (deciding ??= likeness.claims.refuse(ids[0]));
      const made = await likeness.induce({ candidates: 1, onProgress });
      await deciding;
      const later = await likeness.portrait();
      return { ids, made, later };
    }, PAIRS);
    assert.ok(seen.ids.length > 0 && seen.made.madeMs > 0);
    for (const { claims } of [seen.made, seen.later]) {
      assert.equal(claims.find(({ id }) => id === seen.ids[0]).state, "refused");
    }
    assert.match(seen.later.model, /hosts/);
  });
});

test("pairs say where they come from and are given by id; mistakes name what they are about", { timeout: 2 * MINUTE }, async () => {
  await withHost(async ({ page }) => {
    const seen = await page.evaluate(async () => {
      const likeness = await api.createLikeness();
      const context = [{ role: "user", content: "Tea?" }];
      const options = [{ id: "a", content: "Yes, black." }, { id: "b", content: "Which would you like?" }];
      const ids = [
        await likeness.record({ context, chosen: "Yes.", rejected: "Perhaps.", note: "short" }),
        await likeness.record({ context, chosen: "No.", rejected: "Perhaps.", origin: "the chat" }),
        ...(await likeness.recordChoice({ context, options, chosen: "a" })),
      ];
      const pairs = await likeness.pairs([...ids, "0".repeat(32)]);
      const line = (user, chosen) => JSON.stringify({ user_id: user, context, chosen: { role: "assistant", content: chosen }, rejected: { role: "assistant", content: "Perhaps." } });
      const several = await likeness.import([line("ann", "Yes, please."), line("bo", "No, thanks.")].join("\n")).catch((error) => error);
      const whole = { ...several, json: JSON.stringify(several), text: `${several} ${several.stack} ${several.cause}` };
      const codes = await Promise.all([
        likeness.pairs(["no id"]), likeness.induce({ search: "nonsense" }), likeness.judge(context, "a", "b", { why: "everything" }),
      ].map((call) => call.then(() => "done", ({ code }) => code)));
      return { ids, pairs, people: several.people, code: several.code, whole, none: new api.LikenessError("a", "model", "b").people, codes };
    });
    assert.deepEqual(seen.pairs.map(({ id }) => id), seen.ids, "one that is not there is left out");
    assert.deepEqual(seen.pairs.map(({ origin }) => origin), ["recorded by the page", "the chat", "recorded by the page"]);
    assert.deepEqual(seen.pairs.map(({ chosen, rejected, note }) => [chosen, rejected, note]), [
      ["Yes.", "Perhaps.", "short"],
      ["No.", "Perhaps.", null],
      ["Yes, black.", "Which would you like?", null],
    ]);
    assert.ok(seen.pairs.every(({ atMs, context }) => atMs > 0 && context[0].content === "Tea?"));
    assert.deepEqual([seen.code, seen.people, seen.none], ["several-people", ["ann", "bo"], []]);
    assert.ok(!/\bann\b|\bbo\b/.test(JSON.stringify(seen.whole)), "no log takes the names along");
    assert.deepEqual(seen.codes, ["invalid", "invalid", "invalid"]);
  });
});
