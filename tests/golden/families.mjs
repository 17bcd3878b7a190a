// Writes families_logits.json: llama.cpp's logits of the tiny random models that families.py makes, over tokens that are
// more than a window. It does not run in `./check`.
//
// Made with (any folder outside the repository will do for packages and models):
//   npm install --prefix /tmp/reference node-llama-cpp@3.22.1
//   pip install gguf==0.19.0 && python3 tests/golden/families.py /tmp/reference
//   node tests/golden/families.mjs --packages /tmp/reference --models /tmp/reference
//
// Keys and values are kept in F32, so that nothing is rounded that the file does not round.

import fs from "node:fs";
import path from "node:path";
import { argument, evaluate, here, llama, madeBy, write } from "./reference.mjs";

const { models } = JSON.parse(fs.readFileSync(path.join(here, "families_models.json"), "utf8"));
const input = Array.from({ length: 96 }, (_, index) => (index * index * 7 + index * 31 + 5) % 259);
// Besides the eight largest, so that small ones are held too.
const fixed = [0, 1, 64, 257, 258];

const families = [];
for (const { name } of models) {
  const model = await llama.loadModel({ modelPath: path.join(argument("--models"), `${name}.gguf`) });
  const context = await model.createContext({
    contextSize: 128, threads: 2, flashAttention: false, experimentalKvCacheKeyType: "F32", experimentalKvCacheValueType: "F32",
  });
  const top1 = [];
  const positions = [];
  await evaluate(context.getSequence(), input, 0, () => fixed, ({ index, top, normaliser, wanted }) => {
    top1.push(top[0][0]);
    if ([0, 1, 7, 23, 24, 25, 47, 48, 71, 95].includes(index)) {
      positions.push({ after: index, normaliser, top, fixed: fixed.map((token, at) => [token, wanted[at]]) });
    }
  }, 8);
  families.push({ name, top1, positions });
  await context.dispose();
  await model.dispose();
}
write("families_logits.json", { made_by: madeBy, tokens: input, families });

process.exit(0);
