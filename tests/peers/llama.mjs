// The embedded model in llama.cpp behind OpenAI's chat completions, for `reference.py --answers`: prints its address, and
// serves until its standard input ends.
//
//   node tests/peers/llama.mjs THREADS

import { openLlama } from "../browser/remote-llama.mjs";

const llama = await openLlama({ threads: Number(process.argv[2]), contextTokens: 8192 });
console.log(llama.endpoint);
process.stdin.resume();
process.stdin.once("end", () => llama.dispose());
