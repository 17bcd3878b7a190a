// The engine's worker in a real browser with the real model: downloads that break off heal, files are kept, what comes
// while it works waits its turn, a cancel is heard, and what can't be run is refused with a reason. On the processor;
// webgpu.test.mjs has the GPU.

import assert from "node:assert/strict";
import { mkdtemp, open, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { ENGINE_WORKER, changedApp } from "./changed-app.mjs";
import { EMBEDDED_SHA256, URL_OF_MODEL, callsOf64, cancelledCalls, running, speaking } from "./engine-worker.mjs";
import { EMBEDDED_MODEL, withApp } from "./harness.mjs";
import { writeInParts, writeWithLayers } from "./layers.mjs";
import { takeSample } from "./remote-person.mjs";

const inEngine = (body, settings) =>
  withApp(async ({ page, url }) => {
    await speaking(page);
    await body({ page, url });
  }, settings);

test("a download that breaks off goes on where it ended, and the file is kept", async () => {
  await inEngine(async ({ page }) => {
    const ranges = [];
    page.context().on("request", (request) => {
      if (request.url().endsWith(EMBEDDED_MODEL)) ranges.push(request.headers().range);
    });
    for (const part of [0.1, 0.5, 0.99]) {
      await page.evaluate(async ([file, part]) => {
        const engine = await window.engine();
        await new Promise((reached) => {
          const hear = ({ Loading: told }) => {
            if (told?.stage === "downloading" && told.bytes >= part * told.of) reached();
          };
          engine.ask({ Load: { file, device: "Cpu" } }, { hear }).then(reached);
        });
        engine.stop();
      }, [URL_OF_MODEL, part]);
    }
    const told = await page.evaluate(async (file) => {
      const engine = await window.engine();
      const first = await engine.ask({ Load: { file, device: "Cpu" } });
      engine.stop();
      const again = await window.engine();
      const kept = await again.ask("Kept");
      const second = await again.ask({ Load: { file: { Kept: kept.Ok.Kept.whole[0].name }, device: "Cpu" } });
      return { build: again.build, first, kept, second };
    }, URL_OF_MODEL);
    assert.equal(told.first.Ok?.Loaded.fingerprint, EMBEDDED_SHA256, JSON.stringify(told.first));
    const [kept] = told.kept.Ok.Kept.whole;
    assert.deepEqual([kept.name, kept.bytes, kept.sha256], [EMBEDDED_MODEL, 98362432, EMBEDDED_SHA256]);
    assert.deepEqual(told.second, told.first);
    assert.ok(ranges.some((range) => range), `no download went on: ${JSON.stringify(ranges)}`);
  },
  // A worker that is stopped while its helpers are being started: Chromium blocks what came for them.
  { allowedErrors: [/engine_helper\.js net::ERR_BLOCKED_BY_RESPONSE/] });
});

test("64 calls at once give what 64 in sequence give", async () => {
  await inEngine(async ({ page }) => {
    await running(page, URL_OF_MODEL, "Cpu");
    const { sequence, together } = await callsOf64(page);
    assert.deepEqual(together, sequence);
    assert.ok(sequence.flat().every((told) => typeof told !== "object"), JSON.stringify(sequence));
  });
});

test("a cancel is heard within a second, and the engine goes on", async () => {
  await inEngine(async ({ page }) => {
    await running(page, URL_OF_MODEL, "Cpu");
    for (const [answer, ms] of await cancelledCalls(page)) {
      assert.deepEqual(answer, { Err: "Cancelled" });
      assert.ok(ms < 1000, `it took ${ms} ms`);
    }
    assert.deepEqual(await page.evaluate(() => window.running.ask({ Count: "Hello, world!" })), { Ok: { Count: 4 } });
  });
});

test("what can't be run is refused with a reason", async () => {
  await inEngine(async ({ page }) => {
    const told = await page.evaluate(async (file) => {
      const engine = await window.engine();
      const load = (from, attachment) => engine.ask({ Load: { file: from, device: "Cpu" } }, { attachment }).then(({ Err }) => JSON.stringify(Err));
      return {
        unloaded: JSON.stringify(await engine.ask({ Count: "x" })),
        page: await load({ Attached: { name: "page.gguf", sha256: null } }, new Blob(["<!DOCTYPE html>"])),
        cut: await load({ Attached: { name: "cut.gguf", sha256: null } }, new Blob(["GGUF\x03\0\0\0"])),
        missing: await load({ Kept: "nothing.gguf" }),
        other: await load({ Url: { ...file.Url, name: "other.gguf", sha256: "0".repeat(64) } }),
      };
    }, URL_OF_MODEL);
    assert.equal(told.unloaded, '{"Err":"NotLoaded"}');
    assert.match(told.page, /not a GGUF file: it begins with .*<!DO/);
    assert.match(told.cut, /cut off or damaged/);
    assert.equal(told.missing, '{"Missing":"nothing.gguf"}');
    assert.match(told.other, new RegExp(`SHA-256 is ${EMBEDDED_SHA256}, expected 0{64}`));
  });
});

/** A GGUF file of one tensor of 8 GiB, as a file system keeps it: without the zeros. */
async function tooLarge(folder) {
  // Magic, version, 1 tensor, no metadata; its name, 2 sizes, kind F32, offset; then zeros up to the alignment.
  const u32 = (value) => Buffer.from(Uint32Array.of(value).buffer);
  const u64 = (value) => Buffer.from(BigUint64Array.of(BigInt(value)).buffer);
  const tensor = [u64(1), Buffer.from("t"), u32(2), u64(65536), u64(32768), u32(0), u64(0)];
  const header = Buffer.concat([Buffer.from("GGUF"), u32(3), u64(1), u64(0), ...tensor, Buffer.alloc(31)]).subarray(0, 96);
  const file = await open(join(folder, "large.gguf"), "w");
  await file.write(header);
  await file.truncate(96 + 8 * 2 ** 30);
  await file.close();
}

test("a model that can't fit is refused before it is fetched", async () => {
  const folder = await mkdtemp(join(tmpdir(), "likeness-models-"));
  try {
    await tooLarge(folder);
    await inEngine(async ({ page }) => {
      const told = await page.evaluate(async () => {
        const engine = await window.engine();
        let most = 0;
        const hear = ({ Loading }) => (most = Math.max(most, Loading?.bytes ?? 0));
        const url = { Url: { url: "/models/large.gguf", name: "large.gguf", sha256: null } };
        const { Err } = await engine.ask({ Load: { file: url, device: "Cpu" } }, { hear });
        return { error: JSON.stringify(Err), most, kept: await engine.ask("Kept") };
      });
      assert.match(told.error, /OutOfMemory.*the weights/);
      assert.ok(told.most < 2 ** 28, `${told.most} bytes were fetched`);
      assert.deepEqual(told.kept, { Ok: { Kept: { whole: [], parts: [] } } });
    }, { serving: { models: folder } });
  } finally {
    await rm(folder, { recursive: true });
  }
});

test("a model in several files is one model, from an address or from disk", async () => {
  const folder = await mkdtemp(join(tmpdir(), "likeness-models-"));
  try {
    const bytes = await writeWithLayers(join(folder, "m.gguf"), (layers) => [0, layers - 1]);
    const names = await writeInParts(join(folder, "m.gguf"), "m", 3);
    await inEngine(async ({ page }) => {
      const told = await page.evaluate(async (names) => {
        const engine = await window.engine();
        const load = async (file, attachment) => {
          const answer = await engine.ask({ Load: { file, device: "Cpu" } }, { attachment });
          if (answer.Err) return JSON.stringify(answer.Err);
          const prompt = window.chat("Is the sky blue?");
          const { Ok } = await engine.ask({ Score: [{ prompt, labels: ["Yes", "No"] }] });
          return { ...answer.Ok.Loaded, scores: Array.from(Ok.Scores[0].log_probabilities) };
        };
        const at = (name) => ({ Url: { url: `/models/${name}?x=1`, name, sha256: null } });
        const kept = async () => (await engine.ask("Kept")).Ok.Kept;
        const remove = (name) => engine.ask({ Remove: name });
        const file = async (name) => new File([await (await fetch(`/models/${name}`)).blob()], name);
        const files = await Promise.all(names.map(file));

        const whole = await load(at("m.gguf"));
        await remove("m.gguf");
        const fetched = await load(at(names[0]));
        const listed = await kept();
        const again = await load({ Kept: names[1] });
        await remove(names[0]);
        const removed = await kept();
        const attached = { Attached: { name: names[2], sha256: null } };
        const short = await load(attached, [files[2], files[0]]);
        const alone = await load(attached, files[2]);
        const given = await load(attached, [files[2], files[0], files[1]]);
        return { whole, fetched, listed, again, removed, short, alone, given, kept: await kept() };
      }, names);
      for (const one of [told.fetched, told.again, told.given]) {
        assert.deepEqual(one.scores, told.whole.scores, JSON.stringify(one));
        assert.deepEqual([one.file, one.name, Object.keys(one.kept)], [names[0], "m", ["Ok"]]);
      }
      for (const { whole: [one, ...others], parts } of [told.listed, told.kept]) {
        assert.deepEqual([one.name, others, parts], [names[0], [], []]);
        assert.ok(one.bytes > bytes, "all its files are counted");
      }
      assert.deepEqual(told.removed, { whole: [], parts: [] });
      assert.match(told.short, /m-00002-of-00003\.gguf is missing: choose all 3 files of the model/);
      assert.match(told.alone, /m-00001-of-00003\.gguf/);
    }, { serving: { models: folder } });
  } finally {
    await rm(folder, { recursive: true });
  }
});

test("one thread and plain SIMD answer as threads and relaxed SIMD do", async () => {
  await inEngine(async ({ page }) => {
    const told = await page.evaluate(async (file) => {
      const results = [];
      for (const options of ["?simd=plain&threads=1", "?threads=1", "?simd=plain&threads=2", "?threads=2"]) {
        const engine = await window.engine(options);
        await engine.ask({ Load: { file, device: "Cpu" } });
        const reply = await engine.ask({ Score: [{ prompt: window.chat("Is the sky blue?"), labels: ["Yes", "No"] }] });
        results.push([engine.build, Array.from(reply.Ok.Scores[0].log_probabilities)]);
        engine.stop();
      }
      return results;
    }, URL_OF_MODEL);
    assert.deepEqual(told.map(([build]) => build.threads), [1, 1, 2, 2]);
    // Bit for bit: no sum is split across threads, and no kernel rounds otherwise.
    for (const [build, scores] of told) assert.deepEqual(scores, told[0][1], JSON.stringify(build));
  });
});

/** Runs the app with this ahead of a script of its engine's; once the page is told `broken`, what it breaks is broken. */
async function withBroken(name, code, body) {
  const told = 'let broken = false; new BroadcastChannel("broken").onmessage = () => (broken = true);';
  const { dist, remove } = await changedApp({ [name]: `${told}\n${code}` });
  try {
    await withApp(async ({ page }) => {
      await takeSample(page);
      const load = page.getByRole("button", { name: "Load the model that comes along" });
      await load.waitFor();
      await body(page, load);
    }, { serving: { dist }, allowedErrors: [/panicked at|RuntimeError|engine_helper\.js/] });
  } finally {
    await remove();
  }
}

/** What the page says once the model was asked for. */
async function saidOf(page, load) {
  await page.evaluate(() => new BroadcastChannel("broken").postMessage(""));
  await load.click();
  const told = page.locator("main .failure");
  await told.waitFor({ timeout: 20_000 });
  return told.innerText();
}

test("an engine that breaks amid a download is said to be broken, and the next one is started when it is asked again", async () => {
  // The disk says that it read more than it was asked for, of which nobody expects it: a panic.
  const code = `
    const { read } = FileSystemSyncAccessHandle.prototype;
    FileSystemSyncAccessHandle.prototype.read = function (...given) {
      return broken ? 2 ** 30 : read.apply(this, given);
    };`;
  await withBroken(ENGINE_WORKER, code, async (page, load) => {
    assert.match(await saidOf(page, load), /unreachable/);
    await load.click();
    await page.getByRole("button", { name: "Induce" }).waitFor({ timeout: 60_000 });
  });
});

test("an engine that breaks as soon as it computes is said to be broken too", async () => {
  // A trap where the clock is looked at, between two steps of a question.
  const code = `
    let asked = false;
    addEventListener("message", ({ data }) => (asked ||= Boolean(data.message?.Ask?.[1]?.Score)));
    const now = performance.now.bind(performance);
    performance.now = () => {
      if (broken && asked) throw new WebAssembly.RuntimeError("unreachable");
      return now();
    };`;
  await withBroken(ENGINE_WORKER, code, async (page, load) => {
    assert.match(await saidOf(page, load), /unreachable/);
    await load.click();
    await page.getByRole("button", { name: "Induce" }).waitFor({ timeout: 60_000 });
  });
});
