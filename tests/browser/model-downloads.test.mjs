// Downloads of models by the engine's worker, from a server on another origin that counts what it gives: they go on where
// they stopped, without a byte asked for twice; start over where they must, and say so; two tabs fetch a file once.

import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { ENGINE_WORKER, changedApp } from "./changed-app.mjs";
import { EMBEDDED_SHA256, speaking } from "./engine-worker.mjs";
import { EMBEDDED_MODEL, MODELS, withApp } from "./harness.mjs";
import { folderWithSmallModel } from "./layers.mjs";
import { arrival, openModelHost } from "./model-host.mjs";

const MINUTE = 60_000;
const SMALL = "two-layers.gguf";
const small = join(await folderWithSmallModel(SMALL), SMALL);

/** A page with `load(url, sha256, until)`, which gives the answer, the stages told and what is kept after it. */
async function withHost(path, body, { dist } = {}) {
  const host = await openModelHost(path);
  try {
    await withApp(async (app) => {
      await ready(app.page);
      await body({ ...app, host, url: `${host.origin}/org/model/${SMALL}` });
    }, {
      serving: { dist, options: ["--allow", host.origin] },
      // A connection that is cut, and helpers of a worker that is ended while they start.
      allowedErrors: [/ERR_CONTENT_LENGTH_MISMATCH|ERR_CONNECTION_RESET|ERR_INCOMPLETE_CHUNKED/, /engine_helper\.js/],
    });
  } finally {
    await host.close();
  }
}

async function ready(page) {
  await speaking(page);
  await page.evaluate((name) => {
    /** Loads the file; `stages` are those told so far. */
    window.load = async (url, sha256 = null) => {
      const engine = await window.engine();
      const stages = (window.stages = []);
      const hear = ({ Loading: { stage } }) => stages.includes(stage) || stages.push(stage);
      const loading = engine.ask({ Load: { file: { Url: { url, name, sha256 } }, device: "Cpu" } }, { hear });
      window.cancel = loading.cancel;
      const answer = await loading;
      const kept = (await engine.ask("Kept")).Ok.Kept;
      engine.stop();
      return { answer, kept, stages };
    };
    window.kept = async () => {
      const engine = await window.engine();
      const kept = (await engine.ask("Kept")).Ok.Kept;
      engine.stop();
      return kept;
    };
  }, SMALL);
}

const load = (page, ...given) => page.evaluate((given) => window.load(...given), given);

/** Starts a load in a page; `held` once it has the bytes up to `mark`, where the server holds it, and `done` at its end. */
function loadUpTo(page, host, mark, ...given) {
  host.holdAt = mark;
  const done = load(page, ...given);
  done.catch(() => {}); // The page may be closed under it.
  return { held: arrival(page, SMALL, mark), done };
}

/** A load whose connection is cut at `mark`. */
async function cutAt(page, host, mark, ...given) {
  const { held, done } = loadUpTo(page, host, mark, ...given);
  await held;
  host.cut();
  return done;
}

const MARKS = [0.1, 0.5, 0.99];

test("a connection that is cut at 10, 50 and 99% costs no byte", { timeout: 5 * MINUTE }, async () => {
  await withHost(join(MODELS, EMBEDDED_MODEL), async ({ page, host, url }) => {
    const marks = MARKS.map((mark) => Math.floor(mark * host.size));
    for (const mark of marks) {
      const { answer, kept } = await cutAt(page, host, mark, url);
      assert.match(JSON.stringify(answer.Err), /Unreachable.*broke off.*goes on where it ended/);
      const part = { name: SMALL, bytes: mark, of: host.size, url, sha256: undefined, busy: false };
      assert.deepEqual(kept, { whole: [], parts: [part] });
    }
    await assertRest(page, host, url, marks);
  });
});

test("a tab that is closed at 10, 50 and 99% costs no byte", { timeout: 5 * MINUTE }, async () => {
  await withHost(join(MODELS, EMBEDDED_MODEL), async ({ page, browser, host, url }) => {
    const marks = MARKS.map((mark) => Math.floor(mark * host.size));
    for (const mark of marks) {
      const tab = await browser.newPage();
      await tab.goto(page.url());
      await ready(tab);
      await loadUpTo(tab, host, mark, url).held;
      await tab.close();
    }
    host.holdAt = host.size;
    await assertRest(page, host, url, marks);
  });
});

/** Loads the rest of a file that was stopped at those marks: the whole is right, and each byte was asked for once. */
async function assertRest(page, host, url, marks) {
  const { answer, kept } = await load(page, url);
  assert.equal(answer.Ok?.Loaded.fingerprint, EMBEDDED_SHA256, JSON.stringify(answer));
  assert.deepEqual(kept, { whole: [{ name: SMALL, bytes: host.size, sha256: EMBEDDED_SHA256, from: url }], parts: [] });
  assert.deepEqual(host.requests.map(({ range }) => range), [undefined, ...marks.map((mark) => `bytes=${mark}-`)]);
  assert.equal(host.sent(), host.size);
}

test("a cancel is heard while the server says nothing, and what has come stays", { timeout: MINUTE }, async () => {
  await withHost(small, async ({ page, host, url }) => {
    const half = Math.floor(host.size / 2);
    const { held, done } = loadUpTo(page, host, half, url);
    await held;
    await page.evaluate(() => window.cancel());
    const { answer, kept } = await done;
    assert.deepEqual(answer, { Err: "Cancelled" });
    assert.deepEqual(kept.parts.map(({ bytes }) => bytes), [half]);
  });
});

/** A disk on which each piece of a file takes a while. */
const SLOW_DISK = `
  const { read } = FileSystemSyncAccessHandle.prototype;
  FileSystemSyncAccessHandle.prototype.read = function (...given) {
    for (const until = performance.now() + 40; performance.now() < until; );
    return read.apply(this, given);
  };`;

test("a cancel is heard while what has come is looked through, and that stays for the next try", { timeout: 2 * MINUTE }, async () => {
  const { dist, remove } = await changedApp({ [ENGINE_WORKER]: SLOW_DISK });
  try {
    await withHost(join(MODELS, EMBEDDED_MODEL), async ({ page, host, url }) => {
      const most = Math.floor(0.7 * host.size);
      await cutAt(page, host, most, url);
      const asked = host.requests.length;
      const done = load(page, url);
      await page.waitForFunction(() => window.stages?.includes("checking"));
      const began = Date.now();
      await page.evaluate(() => window.cancel());
      const { answer, kept, stages } = await done;
      assert.ok(Date.now() - began < 1000, `it took ${Date.now() - began} ms`);
      assert.deepEqual([answer, stages], [{ Err: "Cancelled" }, ["checking"]]);
      assert.deepEqual(kept.parts.map(({ bytes, busy }) => [bytes, busy]), [[most, false]]);
      assert.equal(host.requests.length, asked, "nothing was asked of the server");
      await assertRest(page, host, url, [most]);
    }, { dist });
  } finally {
    await remove();
  }
});

test("a server without ranges gives the whole file again, and that is said", { timeout: MINUTE }, async () => {
  await withHost(small, async ({ page, host, url }) => {
    host.ranges = false;
    const half = Math.floor(host.size / 2);
    await cutAt(page, host, half, url);
    const { answer, stages } = await load(page, url);
    assert.equal(answer.Ok?.Loaded.fingerprint, await host.digest(), JSON.stringify(answer));
    assert.ok(stages.includes("starting over: the server gives no part of a file"), JSON.stringify(stages));
    assert.equal(host.sent(), half + host.size);
  });
});

test("a file that has changed on the server starts over, and that is said", { timeout: MINUTE }, async () => {
  await withHost(small, async ({ page, host, url }) => {
    await cutAt(page, host, Math.floor(host.size / 2), url);
    host.version = 2;
    const { answer, stages } = await load(page, url);
    assert.equal(answer.Ok?.Loaded.fingerprint, await host.digest(), JSON.stringify(answer));
    assert.ok(stages.includes("starting over: the file has changed there"), JSON.stringify(stages));
    assert.equal(host.requests.at(-1).range, undefined);
  });
});

test("a wrong digest is told and nothing of the file stays, also when it came in two parts", { timeout: MINUTE }, async () => {
  await withHost(small, async ({ page, host, url }) => {
    const wrong = "0".repeat(64);
    const { kept } = await cutAt(page, host, Math.floor(host.size / 2), url, wrong);
    assert.deepEqual(kept.parts.map(({ sha256 }) => sha256), [wrong]);
    const told = await load(page, url, wrong);
    assert.match(JSON.stringify(told.answer), new RegExp(`SHA-256 is ${await host.digest()}, expected ${wrong}`));
    assert.deepEqual(told.kept, { whole: [], parts: [] });
    assert.equal(host.sent(), host.size);
  });
});

test("two tabs that want one file fetch it once", { timeout: 2 * MINUTE }, async () => {
  await withHost(small, async ({ page, browser, host, url }) => {
    const other = await browser.newPage();
    await other.goto(page.url());
    await ready(other);
    const first = loadUpTo(page, host, Math.floor(host.size / 2), url);
    await first.held;
    const { parts } = await other.evaluate(() => window.kept());
    assert.deepEqual(parts.map(({ busy }) => busy), [true], "the other tab's download is told as such");
    const second = load(other, url);
    await other.waitForFunction(() => window.stages?.includes("waiting for another tab, which fetches it"));
    await host.release();
    for (const { answer } of [await first.done, await second]) assert.ok(answer.Ok, JSON.stringify(answer));
    assert.ok(!(await second).stages.includes("downloading"));
    assert.deepEqual([host.requests.length, host.sent()], [1, host.size]);
  });
});
