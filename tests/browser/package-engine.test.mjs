// The package with a model on the person's device, in a host's page: a real model, under a strict policy and Trusted Types
// that hold in workers too, with isolation headers and without.
//
// The long texts of the history are the canaries: the server keeps every request, of the page and of all workers.

import assert from "node:assert/strict";
import { open, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { EMBEDDED_MODEL, MODELS } from "./harness.mjs";
import { folderWithSmallModel, writeWithLayers } from "./layers.mjs";
import { PAIRS } from "./main-job.mjs";
import { assertNone, withHost } from "./package-host.mjs";
import { tasksText, watchTasks } from "./page-tasks.mjs";

const MINUTE = 60_000;
const SMALL = "two-layers.gguf";
const CANARIES = PAIRS.map(({ rejected }) => rejected);
const models = await folderWithSmallModel(SMALL);

const assertNoHistory = (requests) => requests.forEach((request) => assertNone(CANARIES, JSON.stringify(request), request.url));
const ofEngine = (requests) => requests.filter(({ url }) => /engine/.test(url));

/** `window.file` is the file that the person picks, `window.told(call)` what a call comes to: its answer or its error. */
async function withFile(page, path) {
  await page.locator("input[type=file]").setInputFiles(path);
  await page.evaluate(() => {
    window.file = document.querySelector("input").files[0];
    window.told = (call) =>
      call.then((answer) => ({ answer }), (error) => ({ code: error.code, message: error.message, advice: error.advice, is: error instanceof api.LikenessError }));
  });
}

/** The names that are kept in the origin's file system. */
const keptFiles = (page) =>
  page.evaluate(async () => {
    const folder = await (await navigator.storage.getDirectory()).getDirectoryHandle("models");
    return Array.fromAsync(folder.keys());
  });

test("a file from the person's disk reads the history here: stopped, gone on with, judging, kept, removed", { timeout: 15 * MINUTE }, async () => {
  await withHost(async ({ page, requests }) => {
    await withFile(page, join(MODELS, EMBEDDED_MODEL));
    const tasks = await watchTasks(page);
    await page.evaluate(async (pairs) => {
      window.likeness = await api.createLikeness({ model: { local: file } });
      for (const pair of pairs) await likeness.record(pair);
      window.quick = await likeness.judge([{ role: "user", content: "Sun or moon?" }], "Moon.", "It is a matter of taste, one could say.");
      await likeness.portrait();
    }, PAIRS);
    assert.deepEqual(ofEngine(requests), [], "the engine is not loaded before it is used");

    const induced = await page.evaluate(async () => {
      const stop = new AbortController();
      const before = [];
      const onProgress = (step) => {
        before.push(step);
        if (step.calls >= 2) stop.abort(new Error("enough"));
      };
      const stopped = await likeness.induce({ candidates: 1, onProgress, signal: stop.signal }).catch((error) => error.message);
      const after = [];
      const portrait = await likeness.induce({ candidates: 1, onProgress: (step) => after.push(step) });
      return { stopped, before, after, portrait };
    });
    const loading = induced.before.filter((step) => step.loading);
    const { size } = await stat(join(MODELS, EMBEDDED_MODEL));
    assert.equal(induced.stopped, "enough");
    assert.ok(loading.some(({ stage, loading, calls }) => stage === "copying" && loading.of === size && calls === 0), JSON.stringify(loading));
    assert.equal(loading.at(-1).stage, "measuring");
    assert.ok(induced.after.every(({ loading }) => !loading), "it is loaded once");
    assert.ok(induced.after.at(-1).resumed >= 2 && induced.after.at(-1).calls === induced.after.at(-1).of, JSON.stringify(induced.after.at(-1)));
    assert.match(induced.portrait.model, /smollm2/i);
    assert.ok(induced.portrait.madeMs > 0 && induced.portrait.pairs === PAIRS.length);

    const seen = await page.evaluate(async () => {
      const context = [{ role: "user", content: "Sun or moon?" }];
      const judged = await likeness.judge(context, "Moon.", "It is a matter of taste, one could say.", { askModel: true });
      return { judged, quick, models: await likeness.models.list(), isolated: crossOriginIsolated };
    });
    const busy = await tasks();
    assert.deepEqual(busy.own, [], tasksText(busy));
    assert.equal(seen.isolated, false);
    assert.equal(seen.quick.byModel, null);
    assert.ok(seen.judged.byModel > 0 && seen.judged.byModel < 1, JSON.stringify(seen.judged));
    const { inUse } = seen.models;
    assert.deepEqual([inUse.file, inUse.bytes, inUse.device, inUse.notKept], [EMBEDDED_MODEL, size, "cpu", null]);
    assert.match(inUse.deviceName, /1 thread/);
    assert.ok(inUse.readPerSecond > 0 && inUse.writtenPerSecond > 0 && inUse.parameters > 1e8);
    assert.deepEqual(seen.models.kept, [{ name: EMBEDDED_MODEL, bytes: size }]);
    assertNoHistory(requests);

    await page.reload();
    await withFile(page, join(MODELS, EMBEDDED_MODEL));
    const again = await page.evaluate(async (name) => {
      const stages = async (local) => {
        const likeness = await api.createLikeness({ model: { local } });
        const found = new Set();
        await likeness.models.load({ onProgress: ({ stage }) => found.add(stage) });
        const { model } = await likeness.portrait();
        const left = await likeness.models.unload();
        const removed = local === file ? await likeness.models.remove(name) : undefined;
        likeness.destroy();
        return { found: [...found], model, left: left.inUse, removed };
      };
      return [await stages({ kept: name }), await stages(file)];
    }, EMBEDDED_MODEL);
    for (const { found, model, left } of again) {
      assert.ok(!found.includes("copying") && found.includes("preparing"), `${found}`);
      assert.match(model, /smollm2/i);
      assert.equal(left, null);
    }
    assert.ok(again[1].found.includes("checking"), "the same file, picked again, is looked at and not copied");
    assert.deepEqual(again[1].removed, { inUse: null, kept: [] });
    assert.deepEqual(await keptFiles(page), []);
  });
});

test("from an address, isolated: threads under Trusted Types, one download, drafts that are told nothing of the person", { timeout: 8 * MINUTE }, async () => {
  await withHost(async ({ page, requests }) => {
    const seen = await page.evaluate(async ({ pairs, small }) => {
      const model = { local: { source: `models/${small}`, device: "cpu" } };
      window.likeness = await api.createLikeness({ model });
      for (const pair of pairs) await likeness.record(pair);
      const stages = new Set();
      // Whoever asks while it is being loaded waits for it.
      const [drafts, steps] = [[], []];
      const drafting = likeness.draftAndPick([{ role: "user", content: "Tell me of tea." }], { n: 2, onDraft: (draft) => drafts.push(draft) });
      const reading = (async () => {
        for await (const draft of drafting) steps.push(draft);
      })();
      const [loaded, drafted] = await Promise.all([
        likeness.models.load({ onProgress: ({ stage }) => stages.add(stage) }),
        drafting,
        reading,
      ]);
      likeness.destroy();
      const second = await api.createLikeness({ model });
      const again = await second.models.load();
      // What the same headers do to a worker of the host's own.
      const probe = new Worker(trustedTypes.createPolicy("host", { createScriptURL: (url) => url }).createScriptURL("/probe.js"));
      const refused = await new Promise((resolve) => (probe.onmessage = ({ data }) => resolve(data)));
      return { loaded, drafted, drafts, steps, stages: [...stages], again, refused, isolated: crossOriginIsolated };
    }, { pairs: PAIRS, small: SMALL });
    assert.equal(seen.isolated, true);
    assert.match(seen.refused, /TrustedScriptURL/, "Trusted Types hold in workers");
    assert.match(seen.loaded.deviceName, /\b[2-8] threads/);
    assert.ok(requests.some(({ url }) => url.endsWith("engine_helper.js")), "helpers were started");
    assert.ok(seen.stages.includes("downloading"), `${seen.stages}`);
    assert.equal(requests.filter(({ url }) => url.endsWith(SMALL)).length, 1, "it is fetched once");
    assert.deepEqual([seen.again.file, seen.again.notKept], [SMALL, null]);
    assert.ok(seen.drafted.ranked.length >= 1 && seen.drafted.best.content.length > 0);
    assert.deepEqual(
      [...new Set(seen.drafts.map(({ content }) => content))].sort(),
      seen.drafted.ranked.map(({ content }) => content).sort(),
      "each draft is told as it comes",
    );
    assert.deepEqual(seen.steps, seen.drafts);
    assert.ok(seen.drafts.every(({ index }) => index === 0 || index === 1), JSON.stringify(seen.drafts));
    assertNoHistory(requests);
  }, { isolated: true, models });
});

/** A GGUF of one tensor of 8 GiB, which the file system keeps without the zeros. */
async function tooLarge(path) {
  const u32 = (value) => Buffer.from(Uint32Array.of(value).buffer);
  const u64 = (value) => Buffer.from(BigUint64Array.of(BigInt(value)).buffer);
  const tensor = [u64(1), Buffer.from("t"), u32(2), u64(65536), u64(32768), u32(0), u64(0)];
  const header = Buffer.concat([Buffer.from("GGUF"), u32(3), u64(1), u64(0), ...tensor, Buffer.alloc(31)]).subarray(0, 96);
  const file = await open(path, "w");
  await file.write(header);
  await file.truncate(96 + 8 * 2 ** 30);
  await file.close();
}

test("what can't be used says why, with a code and advice, and leaves nothing behind", { timeout: 5 * MINUTE }, async () => {
  await tooLarge(join(models, "large.gguf"));
  await writeFile(join(models, "cut.gguf"), "GGUF\x03\0\0\0");
  await withHost(async ({ page, url }) => {
    await withFile(page, join(models, SMALL));
    const seen = await page.evaluate(async ({ small, elsewhere }) => {
      const load = async (local, call = (likeness) => likeness.models.load()) => {
        const likeness = await api.createLikeness({ model: { local } });
        const outcome = await told(call(likeness));
        likeness.destroy();
        return outcome;
      };
      const stopping = new AbortController();
      const stop = (likeness) => likeness.models.load({ signal: stopping.signal, onProgress: () => stopping.abort(new Error("not now")) });
      const page = new File(["<!DOCTYPE html>"], "page.gguf");
      const none = await api.createLikeness();
      return {
        page: await load(page),
        cut: await load("/models/cut.gguf"),
        large: await load("/models/large.gguf"),
        absent: await load("/models/absent.gguf"),
        elsewhere: await load(elsewhere),
        other: await load({ source: file, sha256: "0".repeat(64) }),
        kept: await load({ kept: "nothing.gguf" }),
        name: await load({ source: file, name: "a/b" }),
        stopped: await load({ source: file, device: "cpu" }, stop),
        induce: await load(page, (likeness) => likeness.record({ context: [], chosen: "a", rejected: "b" }).then(() => likeness.induce())),
        removed: await load(file, (likeness) => likeness.models.remove("nothing.gguf")),
        none: await told(none.models.load()),
        ask: await told(none.judge([], "a", "b", { askModel: true })),
        device: await told(api.createLikeness({ model: { local: { source: file, device: "npu" } } })),
        digest: await told(api.createLikeness({ model: { local: { source: file, sha256: "12" } } })),
        file: await told(api.createLikeness({ model: { local: 7 } })),
        both: await told(api.createLikeness({ model: { local: file, name: "x", answer: () => "" } })),
        address: await told(api.createLikeness({ model: { local: "file:///etc/model.gguf" } })),
      };
    }, { small: SMALL, elsewhere: url.replace("127.0.0.1", "localhost") + `models/${SMALL}` });
    const codes = Object.fromEntries(Object.entries(seen).map(([name, { code, message }]) => [name, code ?? message]));
    assert.deepEqual(codes, {
      page: "bad-model",
      cut: "bad-model",
      large: "out-of-memory",
      absent: "model-unreachable",
      elsewhere: "model-unreachable",
      other: "bad-model",
      kept: "not-found",
      name: "model",
      stopped: "not now",
      induce: "bad-model",
      removed: "not-found",
      none: "no-model",
      ask: "no-model",
      device: "invalid",
      digest: "invalid",
      file: "invalid",
      both: "invalid",
      address: "invalid",
    });
    for (const [name, { is, advice }] of Object.entries(seen)) if (name !== "stopped") assert.ok(is && advice, name);
    assert.match(seen.page.message, /not a GGUF file/);
    assert.match(seen.absent.message, /absent\.gguf answered 404/);
    assert.match(seen.elsewhere.advice, /CORS/);
    assert.match(seen.other.message, /SHA-256 is [0-9a-f]{64}, expected 0{64}/);
    assert.match(seen.kept.message, /nothing\.gguf/);
    // A worker that was ended while it stopped a load has left a part; the next load takes it away.
    await page.evaluate(async () => (await api.createLikeness({ model: { local: { source: file, name: "good.gguf", device: "cpu" } } })).models.load());
    assert.deepEqual((await keptFiles(page)).sort(), ["good.gguf", "good.gguf.sha256"]);
  }, { models, allowedErrors: [/absent\.gguf/, /localhost/] });
});

test("where there is no room the model is used all the same, and another file of the same name takes the first one's place", { timeout: 4 * MINUTE }, async () => {
  await writeWithLayers(join(models, "three-layers.gguf"), (layers) => [0, 1, layers - 1]);
  await withHost(async ({ page, requests, url }) => {
    await withFile(page, join(models, SMALL));
    const load = (source, settings = {}) =>
      page.evaluate(async ({ source, settings }) => {
        const likeness = await api.createLikeness({ model: { local: { source: source ?? file, device: "cpu", name: "it.gguf", ...settings } } });
        const loaded = await likeness.models.load();
        const { kept } = await likeness.models.list();
        likeness.destroy();
        return { ...loaded, files: kept };
      }, { source, settings });
    const two = await load(`models/${SMALL}`);
    const three = await load("models/three-layers.gguf");
    assert.ok(three.bytes > two.bytes);
    assert.deepEqual(three.files, [{ name: "it.gguf", bytes: three.bytes }]);
    assert.equal((await load("models/three-layers.gguf")).bytes, three.bytes);
    assert.equal(requests.filter(({ url }) => url.startsWith("/models/")).length, 2);

    const session = await page.context().newCDPSession(page);
    await session.send("Storage.overrideQuotaForOrigin", { origin: new URL(url).origin, quotaSize: three.bytes + (1 << 20) });
    const unkept = await load(undefined, { name: "other.gguf" });
    assert.equal(unkept.bytes, two.bytes);
    assert.match(unkept.notKept, /storage is full/);
    assert.deepEqual(unkept.files, three.files);
  }, { models });
});

test("the panel says how far the loading is", { timeout: 2 * MINUTE }, async () => {
  await withHost(async ({ page }) => {
    await withFile(page, join(MODELS, EMBEDDED_MODEL));
    const stages = await page.evaluate(async (pairs) => {
      await import("/package/elements.js");
      const likeness = await api.createLikeness({ model: { local: file } });
      for (const pair of pairs) await likeness.record(pair);
      const panel = document.body.appendChild(Object.assign(document.createElement("likeness-panel"), { likeness }));
      const shown = new Set();
      const stopped = new Promise((resolve) => {
        panel.addEventListener("likeness-progress", ({ detail }) => {
          const bar = panel.shadowRoot.querySelector("progress");
          shown.add(`${panel.shadowRoot.querySelector("[part=stage]").textContent} ${bar.max > 1e6}`);
          if (detail.loading?.stage !== "copying") resolve(panel.cancel());
        });
      });
      panel.run();
      await stopped;
      return [...shown];
    }, PAIRS);
    assert.match(stages.join("\n"), /^The model: copying, \d+ of 98 MB true$/m);
  });
});

for (const [missing, message] of [
  ["data_worker_loader.js", /data worker's script can't be loaded/],
  ["history_worker.js", /data worker's script can't be loaded/],
  ["data_worker_bg.wasm", /an internal error: /],
  ["engine_worker.js", /engine failed: its worker's script can't be loaded; .* beside/],
  ["engine_worker_relaxed_bg.wasm", /engine failed: /],
]) {
  test(`a host that forgot ${missing} is told`, { timeout: 2 * MINUTE }, async () => {
    await withHost(async ({ page }) => {
      await withFile(page, join(models, SMALL));
      const seen = await page.evaluate(() => told(api.createLikeness({ model: { local: file } }).then((likeness) => likeness.models.load())));
      assert.equal(seen.code, missing.startsWith("engine") ? "model" : "internal", JSON.stringify(seen));
      assert.match(seen.message, message);
    }, { without: new RegExp(missing.replace(".", "\\.")), allowedErrors: [/404/, /engine|data_worker|history_worker/] });
  });
}
