// Writes the golden files of gemma3: what llama.cpp makes of our texts with gemma3-270m, whose vocabulary is
// SentencePiece's and whose attention has a window. It does not run in `./check`, which fetches that model for the tests.
//
// Made with (any folder outside the repository will do for the packages):
//   npm install --prefix /tmp/reference node-llama-cpp@3.22.1
//   python3 tests/golden/dequantise.py gemma-3-270m-q4_k_m.gguf /tmp/reference/gemma3-floats.gguf
//   node tests/golden/gemma3.mjs --packages /tmp/reference --floats /tmp/reference/gemma3-floats.gguf
//
// It writes, beside itself:
//   gemma3_tokens.json    the corpus and texts of its own, with special tokens read as text and parsed; once with a
//                         space before each text too, as other SentencePiece vocabularies want it
//   gemma3_characters.json  for each plane, a hash of the tokens of every Unicode character in some contexts
//   gemma3_logits.json    teacher-forced arg-max, perplexity and some logits over text.txt, with the file's weights and
//                         with the same weights in floats, where neither weights nor activations are rounded

import fs from "node:fs";
import path from "node:path";
import { corpus, everyCharacter, gemmaCorpus } from "./corpus.mjs";
import { argument, foresee, here, llama, madeBy, modelFile, tokens, vocabulary, write } from "./reference.mjs";

const file = modelFile("gemma-3-270m-q4_k_m.gguf");
const texts = [...corpus, ...gemmaCorpus];

const vocabularies = [];
for (const addSpacePrefix of [false, true]) {
  const only = await vocabulary(file, { "tokenizer.ggml.add_space_prefix": () => Buffer.from([Number(addSpacePrefix)]) });
  vocabularies.push({
    add_space_prefix: addSpacePrefix,
    plain: texts.map((text) => tokens(only, text, false)),
    special: texts.map((text) => tokens(only, text, true)),
  });
  if (!addSpacePrefix) write("gemma3_characters.json", { made_by: madeBy, planes: everyCharacter(only) });
  await only.dispose();
}
write("gemma3_tokens.json", { made_by: madeBy, texts: gemmaCorpus, vocabularies });

async function run(modelPath) {
  const model = await llama.loadModel({ modelPath });
  const context = await model.createContext({ contextSize: 1024, threads: 2, flashAttention: false });
  const text = fs.readFileSync(path.join(here, "text.txt"), "utf8");
  const whole = [model.tokens.bos, ...tokens(model, text, false)];
  const result = await foresee(context.getSequence(), whole, [0, 1, 2, 31, 32, 63, 127, 255, 383, 511, 540]);
  await context.dispose();
  await model.dispose();
  return result;
}
const { tokens: input, ...quantised } = await run(file);
const { tokens: _, ...floats } = await run(argument("--floats"));
write("gemma3_logits.json", { made_by: madeBy, tokens: input, runs: [{ weights: "Q4_K_M", ...quantised }, { weights: "F32", ...floats }] });

process.exit(0);
