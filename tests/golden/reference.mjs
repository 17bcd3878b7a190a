// llama.cpp for the scripts that make golden files: loading it, asking it for tokens and logits, writing what it said.
//
// It comes as node-llama-cpp, whose folder is told with `--packages`; each script's head has the commands.

import fs from "node:fs";
import { createRequire } from "node:module";
import os from "node:os";
import path from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

export const argument = (name, otherwise) => {
  const at = process.argv.indexOf(name);
  return at < 0 ? otherwise : process.argv[at + 1];
};
const packages = argument("--packages");
if (!packages) {
  console.error(`usage: node ${path.relative("", process.argv[1])} --packages FOLDER   (see the head of the file)`);
  process.exit(2);
}
export const load = async (name) => {
  const manifest = path.join(packages, "node_modules", name, "package.json");
  const entry = createRequire(manifest).resolve(name);
  return import(pathToFileURL(entry).href);
};
export const here = path.dirname(fileURLToPath(import.meta.url));
const cache = process.env.LIKENESS_CACHE
  ?? path.join(process.env.XDG_CACHE_HOME ?? path.join(os.homedir(), ".cache"), "likeness");
export const modelFile = (name) => path.join(cache, "models", name);

const { getLlama } = await load("node-llama-cpp");
export const llama = await getLlama({ gpu: false, build: "never" });
export const madeBy = `node-llama-cpp 3.22.1 (llama.cpp ${llama.llamaCppRelease.release}), CPU`;

export const tokens = (model, text, special) => Array.from(model.tokenize(text, special));

export function write(name, content) {
  // One line an item: the files are read by people in a diff, and by serde.
  const lines = Object.entries(content).map(([key, value]) => Array.isArray(value) && typeof value[0] === "object"
    ? `${JSON.stringify(key)}: [\n${value.map((item) => JSON.stringify(item)).join(",\n")}\n]`
    : `${JSON.stringify(key)}: ${JSON.stringify(value)}`);
  fs.writeFileSync(path.join(here, name), `{\n${lines.join(",\n")}\n}\n`);
  console.error(`wrote ${name}`);
}

// The vocabulary of a model's file alone, with other values for some keys. Metadata holds no positions in the file, so
// the entries are copied, and for those in `changes` the value is what the function makes of its bytes (without its
// type). Gives the model; the file is gone once it is loaded.
export async function vocabulary(file, changes) {
  const bytes = fs.readFileSync(file);
  const head = Buffer.from(bytes.subarray(0, 24));
  head.writeBigUInt64LE(0n, 8);
  const parts = [head];
  for (const { key, at, value, end } of entries(bytes)) {
    parts.push(bytes.subarray(at, value), changes[key]?.(bytes.subarray(value, end)) ?? bytes.subarray(value, end));
  }
  const whole = path.join(os.tmpdir(), `vocabulary-${process.pid}.gguf`);
  fs.writeFileSync(whole, Buffer.concat([...parts, Buffer.alloc(64)]));
  const model = await llama.loadModel({ modelPath: whole, vocabOnly: true });
  fs.unlinkSync(whole);
  return model;
}

// The metadata as the format has it: each key, where its entry begins, where its value, and where it ends.
function entries(bytes) {
  let at = 24;
  const u64 = () => Number(bytes.readBigUInt64LE((at += 8) - 8));
  const u32 = () => bytes.readUInt32LE((at += 4) - 4);
  const width = { 0: 1, 1: 1, 2: 2, 3: 2, 4: 4, 5: 4, 6: 4, 7: 1, 10: 8, 11: 8, 12: 8 };
  const text = () => {
    const length = u64();
    at += length;
    return bytes.toString("utf8", at - length, at);
  };
  const skip = (type) => {
    if (type === 8) text();
    else if (type === 9) {
      const [item, count] = [u32(), u64()];
      if (item in width) at += width[item] * count;
      else for (let i = 0; i < count; i++) skip(item);
    } else at += width[type];
  };
  const found = [];
  for (let left = Number(bytes.readBigUInt64LE(16)); left > 0; left--) {
    const start = at;
    const key = text();
    const type = u32();
    const value = at;
    skip(type);
    found.push({ key, at: start, value, end: at });
  }
  return found;
}

export const textValue = (text) => () => {
  const bytes = Buffer.from(text);
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(bytes.length));
  return Buffer.concat([length, bytes]);
};

// For every token of `input` from `first` on: the `most` largest logits that follow it, those of `wanted(index)` (one
// token or several), and the natural logarithm of the sum of all exp(logit).
export async function evaluate(sequence, input, first, wanted, each, most = 16) {
  await sequence.clearHistory();
  const items = input.map((token, index) => index < first ? token : [token, {
    generateNext: {
      logits: { filter: { tokens: [wanted(index)].flat(), includeTop: most } },
      totalLogitWeight: true,
      token: true,
      options: { temperature: 0 },
    },
  }]);
  const results = await sequence.controlledEvaluate(items);
  for (let index = first; index < input.length; index++) {
    const { logits, totalLogitWeight } = results[index].next;
    const top = [...logits.entries()].sort(([a, x], [b, y]) => y - x || a - b).slice(0, most);
    const normaliser = top[0][1] + Math.log(totalLogitWeight);
    const asked = wanted(index);
    each({ index, top, normaliser, wanted: Array.isArray(asked) ? asked.map((t) => logits.get(t)) : logits.get(asked) });
  }
}

// Teacher-forced: the likeliest token after each of `input`, the perplexity, and the largest logits after the tokens
// of `places`.
export async function foresee(sequence, input, places) {
  const top1 = [];
  const positions = [];
  let surprise = 0;
  await evaluate(sequence, input, 0, (index) => input[index + 1] ?? 0, ({ index, top, normaliser, wanted }) => {
    top1.push(top[0][0]);
    if (index + 1 < input.length) surprise += normaliser - wanted;
    if (places.includes(index)) positions.push({ after: index, normaliser, top });
  });
  return { tokens: input, top1, perplexity: Math.exp(surprise / (input.length - 1)), positions };
}
