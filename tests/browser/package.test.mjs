// The npm package on a host's plain page: no build step, no isolation headers, Trusted Types on.
//
// `.ci/package.sh` builds what is tested here. The texts of the sample are the canaries: whatever a request carries, on
// the page, in the workers or to the host's model, none of them may be in it.

import assert from "node:assert/strict";
import { cp, mkdir, readFile, readdir, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { brotliCompressSync, constants } from "node:zlib";
import { REPOSITORY, launchShared, serve, watchErrors } from "./harness.mjs";
import { PAIRS, assertNone, withHost } from "./package-host.mjs";
import { PACKAGE, run, withInstalled } from "./package-project.mjs";

const MINUTE = 60_000;
const BIN = join(REPOSITORY, "tests/browser/node_modules/.bin");
const CANARIES = PAIRS.flatMap(({ context, chosen, rejected }) => [...context.map(({ content }) => content), chosen, rejected])
  .map((text) => text.slice(0, 40));

const assertNoHistory = (carried, what) => assertNone(CANARIES, carried, what);

/** Makes `window.likeness` with the sample recorded in it; `answers` gives it a model that keeps what it is asked. */
async function withSample(page, { answers = false } = {}) {
  await page.evaluate(
    async ({ pairs, answers }) => {
      window.asked = [];
      const answer = async ({ messages, signal }) => {
        asked.push(JSON.stringify(messages));
        signal?.throwIfAborted();
        const last = messages.at(-1).content;
        if (/one word, First or Second/.test(last)) return "First";
        if (/line "Preferred: First"/.test(last)) return "One is shorter than the other.\nPreferred: First";
        if (/Write at most \d+ lines/.test(last)) return "You prefer shorter answers.\nYou prefer plain words.";
        return `Draft ${asked.length}, which says ${"a little more ".repeat(asked.length)}than the one before.`;
      };
      window.likeness = await api.createLikeness(answers ? { model: { name: "hosts", answer } } : {});
      for (const pair of pairs) await likeness.record(pair);
    },
    { pairs: PAIRS, answers },
  );
}

test("record, portrait, judge, personalize: the portrait reaches the next prompt, the history no request", { timeout: 4 * MINUTE }, async () => {
  await withHost(async ({ page, requests }) => {
    await withSample(page);
    const seen = await page.evaluate(async () => {
      const portrait = await likeness.portrait();
      const context = [{ role: "user", content: "What is the capital of France?" }];
      const short = "Paris.";
      const long = "Great question! The capital of France, as you may well know, is of course the beautiful city of Paris. ".repeat(3);
      const [there, back] = [await likeness.judge(context, short, long), await likeness.judge(context, long, short)];
      const [best, worst] = await likeness.rank(context, [long, short]);
      const claims = await likeness.claims.list();
      const messages = await likeness.personalize(context);
      await fetch("/model", { method: "POST", body: JSON.stringify({ messages }) });
      const own = await likeness.personalize([{ role: "system", content: "You are kind." }, ...context]);
      return { portrait, claims, there, back, best, worst, short, messages, own, isolated: crossOriginIsolated };
    });
    assert.equal(seen.isolated, false);
    assert.ok(seen.portrait.claims.length > 0, "claims were found");
    assert.notEqual(seen.portrait.prose, "");
    assert.equal(seen.portrait.pairs, PAIRS.length);
    assert.equal(seen.portrait.madeMs, null);
    assert.ok(Math.abs(seen.there.first + seen.back.first - 1) < 1e-3, "the order does not matter");
    // The sample's person prefers answers without a flattering start and with fewer hedges.
    assert.ok(seen.there.first > 0.55, `the direct answer is theirs: ${seen.there.first}`);
    assert.deepEqual([seen.best.content, seen.best.index, seen.worst.index], [seen.short, 1, 0]);
    assert.ok(seen.best.liked > 0.55 && seen.worst.liked < 0.45, `${seen.best.liked} ${seen.worst.liked}`);
    for (const { why } of [seen.best, seen.worst]) assert.match(why[0], /^This answer /, "a place is not among two");
    assert.deepEqual(seen.claims, seen.portrait.claims);
    assert.equal(seen.messages.length, 2);
    assert.equal(seen.messages[0].role, "system");
    assert.equal(seen.own.length, 2);
    assert.ok(seen.own[0].content.startsWith("You are kind.\n\n"));

    const next = requests.find(({ url }) => url === "/model");
    assert.equal(JSON.parse(next.body).messages[0].content, seen.messages[0].content);
    const told = JSON.parse(next.body).messages[0].content;
    for (const { text } of seen.portrait.claims) assert.ok(told.includes(text.replace(/^You/, "They")), `${text} is told`);
    assert.throws(() => assertNoHistory(JSON.stringify(PAIRS[0]), "what has to be found"));
    assert.ok(requests.some(({ url }) => url.endsWith("data_worker_bg.wasm")));
    assert.ok(!requests.some(({ url }) => /engine/.test(url)), "the engine is not loaded before it is used");
    for (const request of requests) assertNoHistory(JSON.stringify(request), request.url);
  });
});

test("a choice has four outcomes, told by id; mistakes have codes and advice", { timeout: 2 * MINUTE }, async () => {
  await withHost(async ({ page }) => {
    const seen = await page.evaluate(async () => {
      const likeness = await api.createLikeness({ storage: { person: "Ada" } });
      const context = [{ role: "user", content: "q" }];
      const options = [{ id: "left", content: "one" }, { id: "right", content: "two" }];
      const choose = (rest) => likeness.recordChoice({ context, options, ...rest });
      const pairs = [];
      for (const rest of [{ chosen: "right" }, { chosen: "left" }, { none: "all-good" }, { none: "all-bad" }]) {
        pairs.push((await choose(rest)).length);
      }
      const failed = async (call) => {
        try {
          await call();
          return "nothing was thrown";
        } catch (error) {
          if (!(error instanceof api.LikenessError)) return String(error);
          return error.advice ? error.code : "no advice";
        }
      };
      const stop = new AbortController();
      stop.abort();
      const codes = {
        neither: await failed(() => choose({})),
        stranger: await failed(() => choose({ chosen: "nobody" })),
        shape: await failed(() => likeness.record({ context: "no list", chosen: "a", rejected: "b" })),
        same: await failed(() => likeness.record({ context, chosen: "a", rejected: "a" })),
        claim: await failed(() => likeness.claims.pin("no such claim")),
        event: await failed(() => likeness.on("weather", () => {})),
        drafts: await failed(() => likeness.draftAndPick(context)),
        aborted: await failed(() => likeness.portrait({ signal: stop.signal })),
        aborted_later: await failed(async () => {
          // Sealing takes about a second.
          const later = new AbortController();
          const sealing = likeness.exportProfile({ passphrase: "correct horse", signal: later.signal });
          setTimeout(() => later.abort(), 100);
          return sealing;
        }),
      };
      const file = await (await likeness.export()).text();
      const again = await likeness.import(file);
      const other = await api.createLikeness({ storage: { person: "Grace" } });
      const moved = await other.import(new Blob([file]), { name: "ada.jsonl" });
      const empty = await (await api.createLikeness({ storage: { person: "Nobody" } })).personalize(context);
      const waits = failed(() => other.portrait());
      other.destroy();
      return { pairs, codes, file, again, moved, empty, ended: await waits, after: await failed(() => other.portrait()) };
    });
    assert.deepEqual(seen.pairs, [1, 1, 0, 0]);
    assert.deepEqual(seen.codes, {
      neither: "invalid",
      stranger: "invalid",
      shape: "invalid",
      same: "invalid",
      claim: "not-found",
      event: "invalid",
      drafts: "no-model",
      aborted: "AbortError: signal is aborted without reason",
      aborted_later: "AbortError: signal is aborted without reason",
    });
    assert.equal(seen.again.imported, 0, "what is there is not added again");
    assert.equal(seen.moved.imported, 2);
    assert.equal(seen.empty.length, 1, "nothing is known, so nothing is added");
    assert.equal(seen.ended, "destroyed");
    assert.equal(seen.after, "destroyed");
    assert.match(seen.file, /"all_good"/);
  });
});

test("a model of the page's induces over sketches, can be stopped, drafts, and claims that are refused stay away", { timeout: 5 * MINUTE }, async () => {
  await withHost(async ({ page, requests }) => {
    await withSample(page, { answers: true });
    const seen = await page.evaluate(async () => {
      window.longest = 0;
      new PerformanceObserver((list) => {
        for (const { duration } of list.getEntries()) longest = Math.max(longest, duration);
      }).observe({ type: "longtask" });
      const stop = new AbortController();
      let stopped;
      try {
        await likeness.induce({ candidates: 1, signal: stop.signal, onProgress: () => stop.abort(new Error("enough")) });
      } catch (error) {
        stopped = error.message;
      }
      const progress = [];
      const portrait = await likeness.induce({ candidates: 1, onProgress: (step) => progress.push(step) });
      const induced = asked.length;
      const claim = portrait.claims.find(({ state }) => state === "found");
      const refused = await likeness.claims.refuse(claim.id);
      const pinned = await likeness.claims.edit(portrait.claims.at(-1).id, "You like it when an answer names its source.");
      const judged = await likeness.judge([{ role: "user", content: "hello" }], "Hello.", "Well, hello to you, and welcome.", { askModel: true });
      const judging = asked.length - induced;
      const told = await likeness.personalize([{ role: "user", content: "hello" }]);
      const drafted = await likeness.draftAndPick([{ role: "user", content: "Tell me of tea." }], { n: 3 });
      const told_drafter = asked.slice(induced + judging);
      return { judged, judging, stopped, progress, portrait, claim, refused, pinned, told, drafted, told_drafter, asked, longest };
    });
    assert.equal(seen.stopped, "enough");
    assert.ok(seen.progress.length > 2 && seen.progress.every(({ stage, calls, of }) => stage && calls <= of));
    assert.match(seen.portrait.model, /hosts/);
    assert.ok(seen.asked.length > 5);
    assertNoHistory(seen.asked.join("\n"), "the model's questions");
    assert.ok(seen.judged.byModel > 0 && seen.judged.byModel < 1 && seen.judging > 0, JSON.stringify(seen.judged));
    assertNone(["Hello.", "and welcome"], seen.asked.slice(0, -3).join("\n"), "it judges a sketch");
    assert.equal(seen.refused.claims.find(({ id }) => id === seen.claim.id).state, "refused");
    const edited = seen.pinned.claims.filter(({ state }) => state === "edited").map(({ text }) => text);
    assert.deepEqual(edited, ["You like it when an answer names its source."]);
    assert.ok(!JSON.stringify(seen.told).includes(seen.claim.text), "a refused claim is not told");
    assert.equal(seen.drafted.ranked.length, 3);
    const liked = seen.drafted.ranked.map(({ liked }) => liked);
    assert.deepEqual([seen.drafted.best, liked], [seen.drafted.ranked[0], liked.toSorted((a, b) => b - a)]);
    // The drafter knows the question alone.
    assert.equal(seen.told_drafter.length, 3);
    for (const text of seen.told_drafter) assert.equal(text, JSON.stringify([{ role: "user", content: "Tell me of tea." }]));
    for (const request of requests) assertNoHistory(JSON.stringify(request), request.url);
    assert.ok(seen.longest <= 50, `the page was busy for ${seen.longest} ms`);
  });
});

test("of a model's drafts the one comes first that the person would like best, whichever the model gave first", { timeout: 2 * MINUTE }, async () => {
  await withHost(async ({ page }) => {
    const drafted = await page.evaluate(async (pairs) => {
      const long = "Great question! The capital of France, as you may well know, is of course the beautiful city of Paris. ".repeat(3);
      const answer = ({ temperature }) => (temperature === 0 ? long : "Paris.");
      const likeness = await api.createLikeness({ model: { name: "hosts", answer } });
      for (const pair of pairs) await likeness.record(pair);
      return likeness.draftAndPick([{ role: "user", content: "What is the capital of France?" }], { n: 2 });
    }, PAIRS);
    assert.deepEqual([drafted.best.content, drafted.best.index], ["Paris.", 1]);
    assert.ok(drafted.best.liked > 0.55 && drafted.ranked[1].liked < 0.45, JSON.stringify(drafted));
  });
});

/**
 * What is loaded together, and how many bytes it may take in brotli: at level 9, as the best takes minutes for the workers and
 * saves a ninth. The core's budget is held by what a page really asks for, in history-first.test.mjs.
 */
const BUDGETS = [
  ["the elements", 9, 20_000, ["elements.js", ...(await readdir(join(PACKAGE, "elements"))).map((name) => `elements/${name}`)]],
  ["the frame's own files", 9, 25_000, (await readdir(join(PACKAGE, "frame"))).map((name) => `frame/${name}`)],
  ["the data worker", 9, 950_000, ["dist/data_worker.js", "dist/data_worker_bg.wasm"]],
  ...["simd", "simd_threads", "relaxed", "relaxed_threads"].map((build) => {
    const files = [`dist/engine/engine_worker_${build}.js`, `dist/engine/engine_worker_${build}_bg.wasm`];
    return [`the engine, ${build}`, 9, 750_000, ["dist/engine_worker.js", "dist/engine_helper.js", ...files]];
  }),
];

test("what is loaded is within its budget", async () => {
  for (const [what, level, most, files] of BUDGETS) {
    const params = { [constants.BROTLI_PARAM_QUALITY]: level };
    const sizes = await Promise.all(files.map(async (file) => brotliCompressSync(await readFile(join(PACKAGE, file)), { params }).length));
    const bytes = sizes.reduce((sum, size) => sum + size);
    console.log(`${what} is ${bytes} bytes in brotli, of ${most}`);
    assert.ok(bytes <= most, `${what}: ${bytes} bytes`);
  }
});

test("the tarball holds what is meant to be in it, and nothing else", { timeout: 2 * MINUTE }, async () => {
  const { stdout } = await run("npm", ["pack", PACKAGE, "--dry-run", "--json"]);
  const files = JSON.parse(stdout)[0].files.map(({ path }) => path);
  const engine = ["simd", "simd_threads", "relaxed", "relaxed_threads"].flatMap((build) =>
    [".js", "_bg.wasm"].map((ending) => `dist/engine/engine_worker_${build}${ending}`),
  );
  const beside = ["core.js", "core_bg.wasm", "data_worker.js", "data_worker_bg.wasm", "data_worker_loader.js", "history_worker.js", "history_worker_bg.wasm"];
  const expected = ["API.md", "CHANGELOG.md", "LICENSE-APACHE", "LICENSE-MIT", "README.md", "about.js", "custom-elements.json", "elements.d.ts", "elements.js", "elements/answer.js", "elements/badge.js", "elements/base.js", "elements/choice.js", "elements/claim.js", "elements/ledger.js", "elements/move.js", "elements/panel.js", "elements/sheet.js", "failure.js", "frame.d.ts", "frame.js", "given.js", "index.d.ts", "index.js", "local-model.js", "package.json", "running.js", "workers.js", ...engine];
  expected.push(...["ai-sdk", "langchain", "openai"].flatMap((name) => [`middleware/${name}.d.ts`, `middleware/${name}.js`]), "middleware/asking.js", "middleware/system-text.js");
  const frame = ["calls.js", "door.js", "given.js", "grants.js", "held.js", "likeness.css", "likeness.html", "limits.js", "model.js", "page.js", "protocol.js", "strip.js", "window.js"];
  expected.push(...frame.map((name) => `frame/${name}`));
  expected.push(...[...beside, "engine_helper.js", "engine_worker.js"].map((name) => `dist/${name}`));
  assert.deepEqual(files.sort(), expected.sort());
});

test("its package.json says what tools believe, and its types are sound", { timeout: 3 * MINUTE }, async () => {
  await run(join(BIN, "publint"), ["--strict", PACKAGE]);
  await run(join(BIN, "attw"), ["--pack", PACKAGE, "--profile", "esm-only"]);
  await withInstalled(async (folder) => {
    await cp(join(REPOSITORY, "tests/browser/package-types.mts"), join(folder, "host.mts"));
    await cp(join(REPOSITORY, "tests/browser/package-jsx.tsx"), join(folder, "host.tsx"));
    await writeReactTypes(join(folder, "node_modules/react"));
    for (const resolution of [["nodenext", "nodenext"], ["esnext", "bundler"]]) {
      const [module, moduleResolution] = resolution;
      const options = ["--noEmit", "--strict", "--exactOptionalPropertyTypes", "--target", "es2022", "--lib", "es2022,dom"];
      const compile = (...files) => run(join(BIN, "tsc"), [...options, "--module", module, "--moduleResolution", moduleResolution, ...files], {
        cwd: folder,
      }).then(({ stdout }) => stdout, ({ stdout }) => stdout);
      // A host without React first, one with it then.
      await rename(join(folder, "node_modules/react"), join(folder, "react"));
      assert.equal(await compile("host.mts"), "", module);
      await rename(join(folder, "react"), join(folder, "node_modules/react"));
      assert.equal(await compile("--jsx", "react-jsx", "host.tsx"), "", module);
    }
  });
});

/** What React's own types say of JSX, as far as a page with the elements needs it. */
async function writeReactTypes(folder) {
  await mkdir(folder, { recursive: true });
  const exports = { ".": { types: "./index.d.ts" }, "./jsx-runtime": { types: "./jsx-runtime.d.ts" } };
  await writeFile(join(folder, "package.json"), JSON.stringify({ name: "react", version: "19.0.0", exports }));
  const parts = (of) => ["Element", "ElementChildrenAttribute", "IntrinsicElements"].map((name) => `interface ${name} ${of(name)}`).join("\n");
  const own = { Element: "{ type: unknown }", ElementChildrenAttribute: "{ children: {} }", IntrinsicElements: "{ div: { id?: string; children?: unknown } }" };
  await writeFile(
    join(folder, "index.d.ts"),
    `export = React; export as namespace React; declare namespace React { namespace JSX { ${parts((name) => own[name])} } }`,
  );
  await writeFile(
    join(folder, "jsx-runtime.d.ts"),
    `import * as React from "./"; export namespace JSX { ${parts((name) => `extends React.JSX.${name} {}`)} }`,
  );
}

test("it can be imported where there is no browser, and starts nothing there", { timeout: 2 * MINUTE }, async () => {
  await withInstalled(async (folder) => {
    const script = `
      import { LikenessError, createLikeness } from "@likeness/browser";
      import { connectLikeness } from "@likeness/browser/frame";
      const made = await createLikeness().catch(({ code }) => code);
      console.log(typeof createLikeness, typeof connectLikeness, new LikenessError("a", "no-model", "b").code, made);`;
    const { stdout } = await run(process.execPath, ["--input-type=module", "--eval", script], { cwd: folder });
    assert.equal(stdout.trim(), "function function no-model no-page");
  });
});

test("a Vite project that follows the README is built and works", { timeout: 3 * MINUTE }, async () => {
  const readme = await readFile(join(PACKAGE, "README.md"), "utf8");
  const block = (heading, language) => {
    const section = readme.split(`## ${heading}\n`)[1].split("\n## ")[0];
    return section.split(`\`\`\`${language}\n`)[1].split("```")[0];
  };
  await withInstalled(async (folder) => {
    await run("bash", ["-euc", block("With Vite", "sh")], { cwd: folder });
    // The quick start's own lines, behind those that say where the workers are.
    const quick = block("Quick start", "js").split("\n").slice(3).join("\n");
    assert.match(quick, /likeness\.record/);
    await writeFile(join(folder, "main.js"), `${block("With Vite", "js")}\n${quick}\nwindow.told = messages;\nwindow.pairs = (await likeness.portrait()).pairs;`);
    await writeFile(join(folder, "index.html"), '<!doctype html><title>host</title><script type="module" src="/main.js"></script>');
    await run(process.execPath, [join(REPOSITORY, "tests/browser/node_modules/vite/bin/vite.js"), "build"], { cwd: folder });
    const server = await serve({ dist: join(folder, "dist") });
    const { browser, close } = await launchShared();
    try {
      const page = await browser.newPage();
      const watched = watchErrors(page);
      await page.goto(server.url);
      await page.waitForFunction(() => window.pairs);
      assert.equal(await page.evaluate(() => window.pairs), 1);
      assert.deepEqual(await page.evaluate(() => window.told), [{ role: "user", content: "How do I bake bread?" }]);
      watched.assertNone([/favicon\.ico/]);
    } finally {
      await close();
      await server.stop();
    }
  });
});
