// Writes the golden files: what llama.cpp makes of our texts with the embedded model. The tests hold the engine
// against them, so no test needs llama.cpp. It does not run in `./check`.
//
// Made with (any folder outside the repository will do for the packages):
//   npm install --prefix /tmp/reference node-llama-cpp@3.22.1 @huggingface/jinja@0.5.9
//   node tests/golden/llama_cpp.mjs --packages /tmp/reference
// node-llama-cpp 3.22.1 brings a prebuilt llama.cpp; the files were made on its CPU back end.
//
// It writes, beside itself:
//   smollm2_tokens.json    a corpus, its tokens with special tokens read as text and parsed
//   other_tokens.json      the same corpus with the other pre-tokenizers over the same vocabulary
//   every_character.json   for each pre-tokenizer, a hash of the tokens of every Unicode character in some contexts
//   smollm2_logits.json    teacher-forced arg-max, perplexity and some logits over text.txt
//   smollm2_greedy.json    the first 32 tokens that follow some prompts
//   smollm2_labels.json    log-probabilities of given continuations
//   chat_templates.json    what @huggingface/jinja makes of chat templates, the model's own first

import { createHash } from "node:crypto";
import fs from "node:fs";
import { createRequire } from "node:module";
import os from "node:os";
import path from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { corpus } from "./corpus.mjs";

const argument = (name, otherwise) => {
  const at = process.argv.indexOf(name);
  return at < 0 ? otherwise : process.argv[at + 1];
};
const packages = argument("--packages");
if (!packages) {
  console.error("usage: node tests/golden/llama_cpp.mjs --packages FOLDER   (see the head of the file)");
  process.exit(2);
}
const load = async (name) => {
  const manifest = path.join(packages, "node_modules", name, "package.json");
  const entry = createRequire(manifest).resolve(name);
  return import(pathToFileURL(entry).href);
};
const here = path.dirname(fileURLToPath(import.meta.url));
const cache = process.env.LIKENESS_CACHE
  ?? path.join(process.env.XDG_CACHE_HOME ?? path.join(os.homedir(), ".cache"), "likeness");
const file = path.join(cache, "models", "SmolLM2-135M-Instruct.Q4_1.gguf");

const { getLlama } = await load("node-llama-cpp");
const llama = await getLlama({ gpu: false, build: "never" });
const madeBy = `node-llama-cpp 3.22.1 (llama.cpp ${llama.llamaCppRelease.release}), CPU`;

function write(name, content) {
  // One line an item: the files are read by people in a diff, and by serde.
  const lines = Object.entries(content).map(([key, value]) => Array.isArray(value) && typeof value[0] === "object"
    ? `${JSON.stringify(key)}: [\n${value.map((item) => JSON.stringify(item)).join(",\n")}\n]`
    : `${JSON.stringify(key)}: ${JSON.stringify(value)}`);
  fs.writeFileSync(path.join(here, name), `{\n${lines.join(",\n")}\n}\n`);
  console.error(`wrote ${name}`);
}

// The vocabulary alone, with another pre-tokenizer or other types of tokens: metadata holds no positions in the
// file, so the entries are copied and only what is to change is written anew.
function vocabulary(preTokenizer, userDefined = []) {
  const model = fs.readFileSync(file);
  const find = (key) => {
    const bytes = Buffer.alloc(8 + key.length);
    bytes.writeBigUInt64LE(BigInt(key.length));
    bytes.write(key, 8);
    return model.indexOf(bytes) + bytes.length;
  };
  const pre = find("tokenizer.ggml.pre");
  const types = find("tokenizer.ggml.token_type");
  for (const token of userDefined) model.writeInt32LE(4, types + 16 + 4 * token);
  const tensorsAt = firstTensor(model);
  const head = Buffer.from(model.subarray(0, pre + 4));
  head.writeBigUInt64LE(0n, 8);
  const value = Buffer.alloc(8 + preTokenizer.length);
  value.writeBigUInt64LE(BigInt(preTokenizer.length));
  value.write(preTokenizer, 8);
  const rest = model.subarray(pre + 4 + 8 + Number(model.readBigUInt64LE(pre + 4)), tensorsAt);
  const whole = path.join(os.tmpdir(), `vocabulary-${process.pid}-${preTokenizer}-${userDefined.length}.gguf`);
  fs.writeFileSync(whole, Buffer.concat([head, value, rest, Buffer.alloc(64)]));
  return whole;
}

// Where the tensor table starts: walks the metadata as the format has it.
function firstTensor(bytes) {
  let at = 24;
  const u64 = () => Number(bytes.readBigUInt64LE((at += 8) - 8));
  const u32 = () => bytes.readUInt32LE((at += 4) - 4);
  const width = { 0: 1, 1: 1, 2: 2, 3: 2, 4: 4, 5: 4, 6: 4, 7: 1, 10: 8, 11: 8, 12: 8 };
  const text = () => {
    const length = u64();
    at += length;
  };
  const skip = (type) => {
    if (type === 8) text();
    else if (type === 9) {
      const [item, count] = [u32(), u64()];
      if (item in width) at += width[item] * count;
      else for (let i = 0; i < count; i++) skip(item);
    } else at += width[type];
  };
  for (let left = Number(bytes.readBigUInt64LE(16)); left > 0; left--) {
    text();
    skip(u32());
  }
  return at;
}

// Every character of the planes that have any, each in contexts that tell letters, numbers, spaces and the rest
// apart, in one text.
const planes = [0, 1, 2, 3, 14];
const inContexts = (c) => `a${c}b ${c}${c}1 ${c}\n${c}'${c}S  ${c}`;
function everyCharacter(model) {
  return planes.map((plane) => {
    const hash = createHash("sha256");
    for (let code = plane << 16; code < (plane + 1) << 16; code++) {
      if (code >= 0xd800 && code < 0xe000) continue;
      const tokens = Array.from(model.tokenize(inContexts(String.fromCodePoint(code)), false));
      hash.update(Buffer.from(Uint32Array.from([tokens.length, ...tokens]).buffer));
    }
    return { plane, sha256: hash.digest("hex") };
  });
}

const model = await llama.loadModel({ modelPath: file });
const tokens = (model, text, special) => Array.from(model.tokenize(text, special));

write("smollm2_tokens.json", {
  made_by: madeBy,
  texts: corpus.map((text) => ({ text, plain: tokens(model, text, false), special: tokens(model, text, true) })),
});

const context = await model.createContext({ contextSize: 1024, threads: 2, flashAttention: false });
const sequence = context.getSequence();

// For every token from `first` on: the 16 largest logits that follow it, the logit of `wanted(index)`, and the
// natural logarithm of the sum of all exp(logit).
async function evaluate(input, first, wanted, each) {
  await sequence.clearHistory();
  const items = input.map((token, index) => index < first ? token : [token, {
    generateNext: {
      logits: { filter: { tokens: [wanted(index)], includeTop: 16 } },
      totalLogitWeight: true,
      token: true,
      options: { temperature: 0 },
    },
  }]);
  const results = await sequence.controlledEvaluate(items);
  for (let index = first; index < input.length; index++) {
    const { logits, totalLogitWeight } = results[index].next;
    const top = [...logits.entries()].sort(([a, x], [b, y]) => y - x || a - b).slice(0, 16);
    const normaliser = top[0][1] + Math.log(totalLogitWeight);
    each({ index, top, normaliser, wanted: logits.get(wanted(index)) });
  }
}

const whole = tokens(model, fs.readFileSync(path.join(here, "text.txt"), "utf8"), false).slice(0, 512);
const top1 = [];
const positions = [];
let surprise = 0;
await evaluate(whole, 0, (index) => whole[index + 1] ?? 0, ({ index, top, normaliser, wanted }) => {
  top1.push(top[0][0]);
  if (index + 1 < whole.length) surprise += normaliser - wanted;
  if ([0, 1, 2, 31, 32, 63, 127, 255, 383, 511].includes(index)) positions.push({ after: index, normaliser, top });
});
write("smollm2_logits.json", {
  made_by: madeBy,
  tokens: whole,
  top1,
  perplexity: Math.exp(surprise / (whole.length - 1)),
  positions,
});

const chat = (...turns) => turns.map(([role, text]) => `<|im_start|>${role}\n${text}<|im_end|>\n`).join("") + "<|im_start|>assistant\n";
const prompts = [
  { special: true, text: chat(["system", "You are a helpful AI assistant named SmolLM, trained by Hugging Face"], ["user", "What is the capital of France?"]) },
  { special: true, text: chat(["system", "Answer in one sentence."], ["user", "Why is the sky blue?"]) },
  { special: true, text: chat(["user", "Write a haiku about the sea."]) },
  { special: false, text: "def fibonacci(n):" },
  { special: false, text: "The ferry to the outer islands leaves" },
  { special: false, text: "1, 2, 3, 4, 5, 6, 7," },
];
const greedy = [];
for (const { special, text } of prompts) {
  await sequence.clearHistory();
  const input = tokens(model, text, special);
  const output = [];
  for await (const token of sequence.evaluate(input, { temperature: 0 })) {
    output.push(token);
    if (output.length === 32 || token === model.tokens.eos) break;
  }
  greedy.push({ special, prompt: text, prompt_tokens: input, tokens: output, text: model.detokenize(output) });
}
write("smollm2_greedy.json", { made_by: madeBy, prompts: greedy });

const judge = chat(
  ["system", "You compare two answers. Say First or Second."],
  ["user", "Question: How do I boil an egg?\nFirst: Eight minutes in boiling water.\nSecond: It depends on many things.\nWhich is better?"],
);
const labels = [];
for (const [prompt, continuations] of [[judge, ["First", "Second", "Neither of them"]], [chat(["user", "Say hello."]), ["Hello", "Hello!", "Goodbye", "你好"]]]) {
  for (const label of continuations) {
    const before = tokens(model, prompt, true);
    const after = tokens(model, label, false);
    let logProbability = 0;
    const wanted = (index) => after[index - before.length + 1];
    await evaluate([...before, ...after.slice(0, -1)], before.length - 1, wanted, ({ normaliser, wanted }) => {
      logProbability += wanted - normaliser;
    });
    labels.push({ prompt, label, label_tokens: after, log_probability: logProbability });
  }
}
write("smollm2_labels.json", { made_by: madeBy, labels });

const { Template } = await load("@huggingface/jinja");
const own = model.fileInfo.metadata.tokenizer.chat_template;
const { templates, conversations } = await import("./templates.mjs");
const rendered = [];
for (const [name, source] of [["smollm2", own], ...Object.entries(templates)]) {
  for (const messages of conversations) {
    for (const add_generation_prompt of [true, false]) {
      let text = null;
      try {
        text = new Template(source).render({ messages, add_generation_prompt, bos_token: "<s>", eos_token: "</s>" });
      } catch (error) {
        // The template refused these messages (raise_exception): the engine must too.
        if (!(error instanceof Error)) throw error;
      }
      rendered.push({ name, messages, add_generation_prompt, text });
    }
  }
}
write("chat_templates.json", { made_by: "@huggingface/jinja 0.5.9", templates: { smollm2: own, ...templates }, rendered });
const others = [];
const characters = [{ pre: "smollm", planes: everyCharacter(model) }];
for (const [pre, userDefined] of [["llama-bpe", []], ["qwen2", []], ["gpt-2", []], ["smollm", [5, 6, 7, 3000, 30000]]]) {
  const at = vocabulary(pre, userDefined);
  const only = await llama.loadModel({ modelPath: at, vocabOnly: true });
  others.push({
    pre,
    user_defined: userDefined,
    plain: corpus.map((text) => tokens(only, text, false)),
    special: corpus.map((text) => tokens(only, text, true)),
  });
  if (userDefined.length === 0) characters.push({ pre, planes: everyCharacter(only) });
  await only.dispose();
  fs.unlinkSync(at);
}
write("other_tokens.json", { made_by: madeBy, vocabularies: others });
write("every_character.json", { made_by: madeBy, pre_tokenizers: characters });

process.exit(0);
