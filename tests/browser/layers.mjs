// The embedded model with other layers: more of them make a large file, few a quick one. What such a model says makes no
// sense; how it is read and computed is the same. The same as a model of another family, and a model cut into several files.

import { mkdtemp, open, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after } from "node:test";
import { EMBEDDED_MODEL, MODELS } from "./harness.mjs";

/** Bytes of a metadata value by its type; 8 is a string, 9 an array. */
const BYTES = { 0: 1, 1: 1, 2: 2, 3: 2, 4: 4, 5: 4, 6: 4, 7: 1, 10: 8, 11: 8, 12: 8 };

const U32 = 4;
const F32 = 0;

const u16 = (value) => Buffer.from(Uint16Array.of(value).buffer);
const u32 = (value) => Buffer.from(Uint32Array.of(value).buffer);
const u64 = (value) => Buffer.from(BigUint64Array.of(BigInt(value)).buffer);
const text = (value) => Buffer.concat([u64(Buffer.byteLength(value)), Buffer.from(value)]);
const aligned = (bytes) => Math.ceil(bytes / 32) * 32;

/** The metadata's bytes, its entries by their keys, and where its whole numbers stand by theirs; the tensors; the data's start. */
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
  const places = new Map();
  const values = new Map();
  for (let entry = 0; entry < entries; entry++) {
    const key = string();
    const begins = at;
    const type = word();
    if (type === U32) places.set(key, at - start);
    skip(type);
    values.set(key, header.subarray(begins, at));
  }
  const metadata = Buffer.from(header.subarray(start, at));
  const tensors = Array.from({ length: count }, () => {
    const name = string();
    const dims = Array.from({ length: word() }, number);
    return { name, dims, kind: word(), offset: number() };
  });
  return { metadata, entries, places, values, tensors, data: aligned(at) };
}

/** The embedded model's file, to be closed, its size, and what `read` finds in it. */
async function openEmbedded() {
  const source = await open(join(MODELS, EMBEDDED_MODEL));
  const { size } = await source.stat();
  const header = Buffer.alloc(16 << 20);
  await source.read(header, 0, header.length, 0);
  return { source, size, ...read(header) };
}

/** A tensor's line in the table, and the lines of several whose bytes follow one another. */
const line = ({ name, dims, kind }, place) => Buffer.concat([text(name), u32(dims.length), ...dims.map(u64), u32(kind), u64(place)]);
function linesOf(tensors) {
  let place = 0;
  return tensors.map((tensor) => line(tensor, (place += aligned(tensor.bytes)) - aligned(tensor.bytes)));
}

/** A file up to its tensors' bytes, which begin at the next multiple of 32. */
const beginningOf = (lines, entries, ...metadata) =>
  Buffer.concat([Buffer.from("GGUF"), u32(3), u64(lines.length), u64(entries), ...metadata, ...lines]);

/** Tensors with their sizes in bytes, of a file whose data has `end` of them. */
function sized(tensors, end) {
  const offsets = tensors.map(({ offset }) => offset).sort((a, b) => a - b);
  const after = new Map(offsets.map((offset, i) => [offset, offsets[i + 1] ?? end]));
  return tensors.map((tensor) => ({ ...tensor, bytes: after.get(tensor.offset) - tensor.offset }));
}

/**
 * Writes the embedded model with other layers: `pick` gets the number of layers and gives which of them to write, in
 * which order; `numbers` are whole numbers of the metadata to be others. Gives the file's bytes.
 */
export async function writeWithLayers(file, pick, numbers = {}) {
  const { source, size, metadata, entries, places, tensors, data } = await openEmbedded();
  const layersAt = places.get("llama.block_count");
  const layers = pick(metadata.readUInt32LE(layersAt));
  metadata.writeUInt32LE(layers.length, layersAt);
  for (const [key, value] of Object.entries(numbers)) metadata.writeUInt32LE(value, places.get(key));
  const all = sized(tensors, size - data).flatMap((tensor) => {
    const layer = /^blk\.(\d+)\.(.*)$/.exec(tensor.name);
    if (!layer) return [tensor];
    const places = layers.flatMap((number, place) => (number === Number(layer[1]) ? [place] : []));
    return places.map((place) => ({ ...tensor, name: `blk.${place}.${layer[2]}` }));
  });
  const beginning = beginningOf(linesOf(all), entries, metadata);
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

/** What other families have in a layer beside what llama's has: vectors by their lengths, and matrices that are two or three. */
const FAMILIES = {
  qwen2: { vectors: ({ width, keys }) => ({ "attn_q.bias": width, "attn_k.bias": keys, "attn_v.bias": keys }) },
  qwen3: { vectors: ({ head }) => ({ "attn_q_norm.weight": head, "attn_k_norm.weight": head }) },
  gemma3: {
    vectors: ({ width, head }) => ({
      "attn_q_norm.weight": head, "attn_k_norm.weight": head, "post_attention_norm.weight": width, "post_ffw_norm.weight": width,
    }),
    // Shorter than what a test asks, so that it matters.
    numbers: { "gemma3.attention.sliding_window": 16 },
  },
  phi3: { joined: { attn_qkv: ["attn_q", "attn_k", "attn_v"], ffn_up: ["ffn_gate", "ffn_up"] } },
};

/**
 * Writes a model of another family, of the embedded one's words and matrices: so many layers, which are its first and its
 * last by turns.
 */
export async function writeAsFamily(file, family, layers) {
  const { source, size, places, values, metadata, tensors, data } = await openEmbedded();
  const { vectors = () => ({}), joined = {}, numbers = {} } = FAMILIES[family];
  const sizes = { width: metadata.readUInt32LE(places.get("llama.embedding_length")), head: metadata.readUInt32LE(places.get("llama.rope.dimension_count")) };
  sizes.keys = metadata.readUInt32LE(places.get("llama.attention.head_count_kv")) * sizes.head;

  const whole = (number) => Buffer.concat([u32(U32), u32(number)]);
  const all = new Map([...values].map(([key, value]) => [key.replace(/^llama\./, `${family}.`), value]));
  all.set("general.architecture", Buffer.concat([u32(8), text(family)]));
  all.set(`${family}.block_count`, whole(layers));
  for (const [key, number] of Object.entries(numbers)) all.set(key, whole(number));

  const laid = [];
  const byName = new Map(sized(tensors, size - data).map((tensor) => [tensor.name, tensor]));
  const read = async ({ offset, bytes }) => {
    const piece = Buffer.alloc(bytes);
    await source.read(piece, 0, bytes, data + offset);
    return piece;
  };
  for (const name of ["token_embd.weight", "output_norm.weight"]) laid.push({ ...byName.get(name), piece: await read(byName.get(name)) });
  const last = values.get("llama.block_count").readUInt32LE(4) - 1;
  for (let layer = 0; layer < layers; layer++) {
    const own = `blk.${layer % 2 === 0 ? 0 : last}.`;
    const parts = new Map();
    for (const [name, tensor] of byName) if (name.startsWith(own)) parts.set(name.slice(own.length, -".weight".length), tensor);
    const taken = Object.values(joined).flat();
    for (const [part, tensor] of parts) {
      if (!taken.includes(part)) laid.push({ ...tensor, name: `blk.${layer}.${part}.weight`, piece: await read(tensor) });
    }
    for (const [part, of] of Object.entries(joined)) {
      const rows = of.map((part) => parts.get(part));
      const [{ dims: [columns], kind }] = rows;
      if (rows.some((tensor) => tensor.kind !== kind)) throw new Error(`${of} of layer ${layer} are of several formats`);
      const dims = [columns, rows.reduce((sum, tensor) => sum + tensor.dims[1], 0)];
      const piece = Buffer.concat(await Promise.all(rows.map(read)));
      laid.push({ name: `blk.${layer}.${part}.weight`, dims, kind, piece });
    }
    for (const [part, length] of Object.entries(vectors(sizes))) {
      // About one for what multiplies, about nothing for what is added.
      const numbers = Float32Array.from({ length }, (_, i) => (part.endsWith("bias") ? 0 : 1) + 0.3 * Math.sin(7 * i + layer));
      laid.push({ name: `blk.${layer}.${part}`, dims: [length], kind: F32, piece: Buffer.from(numbers.buffer) });
    }
  }
  await source.close();
  const lines = linesOf(laid.map((tensor) => ({ ...tensor, bytes: tensor.piece.length })));
  const beginning = beginningOf(lines, all.size, ...[...all].map(([key, value]) => Buffer.concat([text(key), value])));
  const padded = (piece) => Buffer.concat([piece, Buffer.alloc(aligned(piece.length) - piece.length)]);
  await writeFile(file, Buffer.concat([beginning, ...laid.map(({ piece }) => piece)].map(padded)));
}

/** Every format that a matrix comes in: its number in the file, and how many bytes how many weights take. */
const FORMATS = [
  [0, 4, 1], [1, 2, 1], [30, 2, 1], [2, 18, 32], [3, 20, 32], [6, 22, 32], [7, 24, 32], [8, 34, 32], [10, 84, 256], [11, 110, 256],
  [12, 144, 256], [13, 176, 256], [14, 210, 256], [20, 18, 32],
];

/**
 * Writes a model of the embedded one's words whose matrices are of all formats, two layers of seven matrices, narrow, and
 * nothing but zeros: it says nothing, and whatever loads it has to have a kernel for each.
 */
export async function writeWithFormats(file) {
  const { source, metadata, entries, places, tensors } = await openEmbedded();
  await source.close();
  const [width, hidden, head, keys] = [256, 512, 64, 2];
  const sizes = {
    block_count: 2, embedding_length: width, feed_forward_length: hidden,
    "attention.head_count": width / head, "attention.head_count_kv": keys, "rope.dimension_count": head,
  };
  for (const [key, value] of Object.entries(sizes)) metadata.writeUInt32LE(value, places.get(`llama.${key}`));
  const [, words] = tensors.find(({ name }) => name === "token_embd.weight").dims;
  const f32 = FORMATS[0];
  const matrices = [["attn_q", width, width], ["attn_k", width, keys * head], ["attn_v", width, keys * head], ["attn_output", width, width],
    ["ffn_gate", width, hidden], ["ffn_up", width, hidden], ["ffn_down", hidden, width]];
  const all = [["token_embd", FORMATS[7], width, words], ["output_norm", f32, width]];
  for (const layer of [0, 1]) {
    for (const norm of ["attn_norm", "ffn_norm"]) all.push([`blk.${layer}.${norm}`, f32, width]);
    matrices.forEach(([name, ...dims], at) => all.push([`blk.${layer}.${name}`, FORMATS[7 * layer + at], ...dims]));
  }
  const laid = all.map(([name, [kind, bytes, weights], ...dims]) => {
    const size = dims.reduce((product, size) => product * size);
    return { name: `${name}.weight`, dims, kind, bytes: (size / weights) * bytes };
  });
  const beginning = beginningOf(linesOf(laid), entries, metadata);
  const zeros = laid.reduce((sum, { bytes }) => sum + aligned(bytes), aligned(beginning.length) - beginning.length);
  await writeFile(file, Buffer.concat([beginning, Buffer.alloc(zeros)]));
}

/**
 * A folder of a test file's own, which goes when its tests are done. In it is a quick model of that name: the embedded one's
 * first layer and its last, or those that `pick` gives; `numbers` as in `writeWithLayers`.
 */
export async function folderWithSmallModel(name, pick = (layers) => [0, layers - 1], numbers = {}) {
  const folder = await mkdtemp(join(tmpdir(), "likeness-models-"));
  after(() => rm(folder, { recursive: true }));
  await writeWithLayers(join(folder, name), pick, numbers);
  return folder;
}

/**
 * Cuts a model's file into `count` files beside it, as `llama-gguf-split` does: the first has the metadata, each a share of
 * the tensors. Gives their names, which begin with `stem`.
 */
export async function writeInParts(file, stem, count) {
  const whole = await readFile(file);
  const { metadata, entries, tensors, data } = read(whole);
  tensors.sort((a, b) => a.offset - b.offset);
  const ends = [...tensors.slice(1).map(({ offset }) => offset), whole.length - data];
  const share = Math.ceil(tensors.length / count);
  const names = [];
  for (let part = 0; part < count; part++) {
    const [first, last] = [part * share, Math.min((part + 1) * share, tensors.length)];
    const base = tensors[first].offset;
    const lines = tensors.slice(first, last).map((tensor) => line(tensor, tensor.offset - base));
    const place = [
      Buffer.concat([text("split.no"), u32(2), u16(part)]),
      Buffer.concat([text("split.count"), u32(2), u16(count)]),
      Buffer.concat([text("split.tensors.count"), u32(5), u32(tensors.length)]),
    ];
    const own = part === 0 ? [metadata] : [];
    const known = place.length + (part === 0 ? entries : 0);
    const beginning = beginningOf(lines, known, ...own, ...place);
    const padding = Buffer.alloc(aligned(beginning.length) - beginning.length);
    const numbers = [part + 1, count].map((number) => String(number).padStart(5, "0"));
    names.push(`${stem}-${numbers.join("-of-")}.gguf`);
    const bytes = whole.subarray(data + base, data + ends[last - 1]);
    await writeFile(join(dirname(file), names.at(-1)), Buffer.concat([beginning, padding, bytes]));
  }
  return names;
}
