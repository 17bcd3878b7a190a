// Writes mistral_tokens.json: llama.cpp's tokens of the corpus, of some more texts and of every character, with the
// vocabularies that mistral.py makes. It does not run in `./check`.
//
// Made with (any folder outside the repository will do for packages and vocabularies):
//   npm install --prefix /tmp/reference node-llama-cpp@3.22.1
//   pip install gguf==0.19.0 sentencepiece mistral-common==1.8.8
//   python3 tests/golden/mistral.py SITE-PACKAGES/mistral_common/data /tmp/reference
//   node tests/golden/mistral.mjs --packages /tmp/reference --vocabularies /tmp/reference

import fs from "node:fs";
import path from "node:path";
import { corpus, everyCharacter, mistralCorpus } from "./corpus.mjs";
import { argument, here, llama, madeBy, tokens, write } from "./reference.mjs";

const { vocabularies } = JSON.parse(fs.readFileSync(path.join(here, "mistral_vocabularies.json"), "utf8"));
const texts = [...corpus, ...mistralCorpus];
const asked = [];
for (const { name } of vocabularies) {
  const modelPath = path.join(argument("--vocabularies"), `${name}.gguf`);
  const model = await llama.loadModel({ modelPath, vocabOnly: true });
  asked.push({
    name,
    plain: texts.map((text) => tokens(model, text, false)),
    special: texts.map((text) => tokens(model, text, true)),
    planes: everyCharacter(model),
  });
  await model.dispose();
}
write("mistral_tokens.json", { made_by: madeBy, texts: mistralCorpus, vocabularies: asked });

process.exit(0);
