// llama.cpp as it runs on this machine without a browser, behind the two calls of page.js: load and run.
//
// It comes as node-llama-cpp, which `./check` keeps too. Its times are taken around what it is asked, one token at a
// time, as a chat would take them.

import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

export class Native {
  /** @param {{threads: number, packages: string}} settings `packages` is where node_modules lie */
  constructor({ threads, packages }) {
    this.threads = threads;
    this.packages = packages;
  }

  async load(file) {
    const entry = createRequire(join(this.packages, "package.json")).resolve("node-llama-cpp");
    const { getLlama } = await import(pathToFileURL(entry).href);
    const llama = await getLlama({ gpu: false, build: "never", maxThreads: this.threads });
    this.model = await llama.loadModel({ modelPath: file });
    const context = await this.model.createContext({ contextSize: 1024, batchSize: 512, threads: this.threads });
    this.sequence = context.getSequence();
    return { threads: context.currentThreads, version: llama.llamaCppRelease.release, device: "cpu" };
  }

  async run({ text }, count) {
    await this.sequence.clearHistory();
    const tokens = this.model.tokenize(text, true);
    const written = [];
    const start = performance.now();
    let first;
    for await (const token of this.sequence.evaluate(tokens, { temperature: 0 })) {
      first ??= performance.now();
      if (written.push(token) === count) break;
    }
    return {
      promptTokens: tokens.length,
      cachedTokens: 0,
      prefillMs: first - start,
      generatedTokens: written.length,
      decodeMs: performance.now() - first,
      text: this.model.detokenize(written),
    };
  }
}
