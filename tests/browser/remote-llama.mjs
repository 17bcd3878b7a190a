// SmolLM2 in llama.cpp behind OpenAI's chat completions: a real model on another origin.
//
// node-llama-cpp is no package of these tests: it names 600 MB of binaries for graphics cards as its own, and not every
// registry has those of every system. `.ci/setup.sh` installs it without them, beside the other tools.

import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { CACHE, EMBEDDED_MODEL, MODELS } from "./harness.mjs";
import { openModel, says } from "./remote-server.mjs";

const FOLDER = join(CACHE, "tools", "llama-cpp");
const CONTEXT_TOKENS = 4096;

/** Whether llama.cpp is installed; where its makers have no binary for a system, it is not. */
export const hasLlama = () => existsSync(join(FOLDER, "version"));

/**
 * The model's server; `dispose` ends both. One thread unless told otherwise: llama.cpp's threads wait for each other by
 * spinning, which a busy machine makes hundreds of times slower.
 */
export async function openLlama({ threads = 1, contextTokens = CONTEXT_TOKENS } = {}) {
  const entry = createRequire(join(FOLDER, "package.json")).resolve("node-llama-cpp");
  const { getLlama } = await import(pathToFileURL(entry).href);
  const llama = await getLlama({ gpu: false, build: "never" });
  const model = await llama.loadModel({ modelPath: join(MODELS, EMBEDDED_MODEL) });
  const context = await model.createContext({ contextSize: contextTokens, threads });
  const sequence = context.getSequence();
  let before = Promise.resolve();
  const inTurn = (task) => (before = before.then(task, task));
  const server = await openModel(() => (response, request) => inTurn(() => complete(request, response)));

  async function complete({ asked }, response) {
    const tokens = model.tokenize(prompt(asked.messages), true);
    if (tokens.length >= contextTokens) return says(400, '{"error":{"message":"context length exceeded"}}')(response);
    // What the last prompt shares with this one is not read again.
    await sequence.adaptStateToTokens(tokens.slice(0, -1), false);
    const rest = tokens.slice(sequence.nextTokenIndex);
    const text = [];
    let first = [];
    if (asked.logprobs) {
      const last = [rest.pop(), { generateNext: { probabilities: true } }];
      const { probabilities } = (await sequence.controlledEvaluate([...rest, last])).at(-1).next;
      first = [...probabilities].slice(0, asked.top_logprobs ?? 1).map(([token, probability]) => ({
        token: model.detokenize([token]),
        logprob: Math.log(probability),
      }));
      text.push(first[0].token);
    } else {
      const most = asked.max_tokens ?? asked.max_completion_tokens ?? 64;
      for await (const token of sequence.evaluate(rest, { temperature: asked.temperature ?? 0, seed: asked.seed })) {
        if (model.isEogToken(token)) break;
        text.push(model.detokenize([token]));
        if (text.length >= most) break;
      }
    }
    reply(response, asked, text, first);
  }

  return {
    ...server,
    async dispose() {
      await server.stop();
      await model.dispose();
      await llama.dispose();
    },
  };
}

/** SmolLM2's own chat template. */
function prompt(messages) {
  const turn = ({ role, content }) => `<|im_start|>${role}\n${content}<|im_end|>\n`;
  const begun = messages.at(-1).role === "assistant" ? messages.at(-1).content : "";
  const turns = begun ? messages.slice(0, -1) : messages;
  return `${turns.map(turn).join("")}<|im_start|>assistant\n${begun}`;
}

function reply(response, { stream }, text, first) {
  if (!stream) {
    const message = { role: "assistant", content: text.join("") };
    const logprobs = first.length ? { content: [{ ...first[0], top_logprobs: first }] } : null;
    response.writeHead(200, { "Content-Type": "application/json" });
    return response.end(JSON.stringify({ choices: [{ index: 0, message, logprobs, finish_reason: "stop" }] }));
  }
  response.writeHead(200, { "Content-Type": "text/event-stream" });
  const event = (choice) => response.write(`data: ${JSON.stringify({ choices: [{ index: 0, ...choice }] })}\n\n`);
  text.forEach((content) => event({ delta: { content } }));
  event({ delta: {}, finish_reason: "stop" });
  response.end("data: [DONE]\n\n");
}
