// A model of 1 GB loads without its weights being held twice. It is the embedded model with its layers repeated until
// the file is that large: what it says makes no sense, and how it is read is the same.

import assert from "node:assert/strict";
import { mkdtemp, open, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { EMBEDDED_MODEL, MODELS, withApp } from "../harness.mjs";
import { mostMegabytes, rendererMegabytes } from "../memory.mjs";

const TIMES = 15;
/** Bytes of a metadata value by its type; 8 is a string, 9 an array. */
const BYTES = { 0: 1, 1: 1, 2: 2, 3: 2, 4: 4, 5: 4, 6: 4, 7: 1, 10: 8, 11: 8, 12: 8 };

const u32 = (value) => Buffer.from(Uint32Array.of(value).buffer);
const u64 = (value) => Buffer.from(BigUint64Array.of(BigInt(value)).buffer);
const text = (value) => Buffer.concat([u64(Buffer.byteLength(value)), Buffer.from(value)]);
const aligned = (bytes) => Math.ceil(bytes / 32) * 32;

/** The metadata's bytes, its entries' number, and where the number of layers stands; the tensors; the data's start. */
function read(header) {
  let at = 8;
  const number = () => Number(header.readBigUInt64LE((at += 8) - 8));
  const word = () => header.readUInt32LE((at += 4) - 4);
  const string = () => {
    const length = number();
    return header.toString("utf8", at, (at += length));
  };
  const skip = (type) => {
    if (type === 8) string();
    else if (type === 9) for (let kind = word(), left = number(); left > 0; left--) skip(kind);
    else at += BYTES[type];
  };
  const count = number();
  const entries = number();
  const start = at;
  let layersAt;
  for (let entry = 0; entry < entries; entry++) {
    const key = string();
    const type = word();
    if (key === "llama.block_count") layersAt = at - start;
    skip(type);
  }
  const metadata = Buffer.from(header.subarray(start, at));
  const tensors = Array.from({ length: count }, () => {
    const name = string();
    const dims = Array.from({ length: word() }, number);
    return { name, dims, kind: word(), offset: number() };
  });
  return { metadata, entries, layersAt, tensors, data: aligned(at) };
}

/** Writes the embedded model with its layers `TIMES` times over; gives its bytes. */
async function repeated(file) {
  const source = await open(join(MODELS, EMBEDDED_MODEL));
  const { size } = await source.stat();
  const header = Buffer.alloc(16 << 20);
  await source.read(header, 0, header.length, 0);
  const { metadata, entries, layersAt, tensors, data } = read(header);
  const ends = [...tensors.map(({ offset }) => offset).sort((a, b) => a - b).slice(1), size - data];
  const byOffset = new Map(tensors.map(({ offset }) => offset).sort((a, b) => a - b).map((offset, i) => [offset, ends[i] - offset]));
  const layers = metadata.readUInt32LE(layersAt);
  metadata.writeUInt32LE(layers * TIMES, layersAt);
  const all = tensors.flatMap((tensor) => {
    const layer = /^blk\.(\d+)\.(.*)$/.exec(tensor.name);
    const bytes = byOffset.get(tensor.offset);
    if (!layer) return [{ ...tensor, bytes }];
    return Array.from({ length: TIMES }, (_, i) => ({ ...tensor, bytes, name: `blk.${Number(layer[1]) + layers * i}.${layer[2]}` }));
  });
  let place = 0;
  const table = all.map(({ name, dims, kind, bytes }) => {
    const row = Buffer.concat([text(name), u32(dims.length), ...dims.map(u64), u32(kind), u64(place)]);
    place += aligned(bytes);
    return row;
  });
  const beginning = Buffer.concat([Buffer.from("GGUF"), u32(3), u64(all.length), u64(entries), metadata, ...table]);
  const target = await open(file, "w");
  await target.write(beginning, 0, beginning.length, 0);
  let at = aligned(beginning.length);
  for (const { offset, bytes } of all) {
    const piece = Buffer.alloc(aligned(bytes));
    await source.read(piece, 0, bytes, data + offset);
    await target.write(piece, 0, piece.length, at);
    at += piece.length;
  }
  await Promise.all([source.close(), target.close()]);
  return at;
}

test("a model of 1 GB is held once", { timeout: 900_000 }, async (t) => {
  if (process.platform !== "linux") return t.skip("memory is read from /proc");
  const folder = await mkdtemp(join(tmpdir(), "likeness-large-"));
  const marker = `likeness-large-${process.pid}`;
  try {
    const bytes = await repeated(join(folder, "large.gguf"));
    assert.ok(bytes > 1e9, `the file has ${bytes} bytes`);
    await withApp(
      async ({ page }) => {
        const before = await rendererMegabytes(marker);
        let told;
        const most = await mostMegabytes(marker, async () => {
          told = await page.evaluate(async () => {
            const worker = new Worker(new URL("engine_worker.js", document.baseURI), { type: "module" });
            const next = () => new Promise((resolve) => (worker.onmessage = ({ data }) => !data.Event && resolve(data)));
            await next();
            worker.postMessage({ message: { Ask: [1, { Load: { Url: { url: "/models/large.gguf", name: "large.gguf", sha256: null } } }] } });
            const loaded = (await next()).Answer[1];
            const prompt = { turns: [{ role: "user", content: "Is it?" }], answer_start: "" };
            worker.postMessage({ message: { Ask: [2, { Score: { prompt, labels: ["Yes", "No"] } }] } });
            return { loaded, scores: (await next()).Answer[1] };
          });
        });
        assert.equal(told.loaded.Ok?.Loaded.bytes, bytes, JSON.stringify(told.loaded));
        assert.equal(told.scores.Ok?.Scores.log_probabilities.length, 2, JSON.stringify(told.scores));
        const weights = bytes / 2 ** 20;
        t.diagnostic(`${Math.round(weights)} MB of file, ${Math.round(most - before)} MB of memory at most`);
        assert.ok(most - before > 0.9 * weights, "the measurement saw the weights");
        assert.ok(most - before < 1.4 * weights, `${Math.round(most - before)} MB for ${Math.round(weights)} MB of weights`);
      },
      { serving: { models: folder }, launching: { flags: [`--user-agent=${marker}`] } },
    );
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
