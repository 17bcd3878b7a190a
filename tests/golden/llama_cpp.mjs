// Writes the golden files: what llama.cpp makes of our texts with the embedded model. The tests hold the engine
// against them, so no test needs llama.cpp. It does not run in `./check`.
//
// Made with (any folder outside the repository will do for the packages):
//   npm install --prefix /tmp/reference node-llama-cpp@3.22.1 @huggingface/jinja@0.5.9
//   python3 tests/golden/dequantise.py SmolLM2-135M-Instruct.Q4_1.gguf /tmp/reference/smollm2-floats.gguf
//   node tests/golden/llama_cpp.mjs --packages /tmp/reference --floats /tmp/reference/smollm2-floats.gguf
// node-llama-cpp 3.22.1 brings a prebuilt llama.cpp; the files were made on its CPU back end.
//
// It writes, beside itself:
//   smollm2_tokens.json    a corpus, its tokens with special tokens read as text and parsed
//   other_tokens.json      the same corpus with the other pre-tokenizers over the same vocabulary
//   every_character.json   for each pre-tokenizer, a hash of the tokens of every Unicode character in some contexts
//   smollm2_logits.json    teacher-forced arg-max, perplexity and some logits over text.txt
//   smollm2_floats.json    the same with the weights in floats, where neither weights nor activations are rounded
//   smollm2_greedy.json    the first 32 tokens that follow some prompts
//   smollm2_labels.json    log-probabilities of given continuations
//   chat_templates.json    what @huggingface/jinja makes of chat templates, the model's own first

import fs from "node:fs";
import path from "node:path";
import { corpus, everyCharacter } from "./corpus.mjs";
import { argument, evaluate, foresee, here, llama, load, madeBy, modelFile, textValue, tokens, vocabulary, write } from "./reference.mjs";

const file = modelFile("SmolLM2-135M-Instruct.Q4_1.gguf");

const model = await llama.loadModel({ modelPath: file });

write("smollm2_tokens.json", {
  made_by: madeBy,
  texts: corpus.map((text) => ({ text, plain: tokens(model, text, false), special: tokens(model, text, true) })),
});

const context = await model.createContext({ contextSize: 1024, threads: 2, flashAttention: false });
const sequence = context.getSequence();

const whole = tokens(model, fs.readFileSync(path.join(here, "text.txt"), "utf8"), false).slice(0, 512);
const places = [0, 1, 2, 31, 32, 63, 127, 255, 383, 511];
write("smollm2_logits.json", { made_by: madeBy, ...await foresee(sequence, whole, places) });

const floats = await llama.loadModel({ modelPath: argument("--floats") });
const floatsContext = await floats.createContext({ contextSize: 1024, threads: 2, flashAttention: false });
write("smollm2_floats.json", {
  made_by: madeBy, weights: "F32", ...await foresee(floatsContext.getSequence(), whole, places),
});
await floats.dispose();

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
    await evaluate(sequence, [...before, ...after.slice(0, -1)], before.length - 1, wanted, ({ normaliser, wanted }) => {
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
for (const [pre, userDefined] of [["llama-bpe", []], ["qwen2", []], ["gpt-2", []], ["gpt-4o", []], ["tekken", []], ["smollm", [5, 6, 7, 3000, 30000]]]) {
  const only = await vocabulary(file, {
    "tokenizer.ggml.pre": textValue(pre),
    // After the type of its items and their number.
    "tokenizer.ggml.token_type": (value) => {
      const types = Buffer.from(value);
      for (const token of userDefined) types.writeInt32LE(4, 12 + 4 * token);
      return types;
    },
  });
  others.push({
    pre,
    user_defined: userDefined,
    plain: corpus.map((text) => tokens(only, text, false)),
    special: corpus.map((text) => tokens(only, text, true)),
  });
  if (userDefined.length === 0) characters.push({ pre, planes: everyCharacter(only) });
  await only.dispose();
}
write("other_tokens.json", { made_by: madeBy, vocabularies: others });
write("every_character.json", { made_by: madeBy, pre_tokenizers: characters });

process.exit(0);
