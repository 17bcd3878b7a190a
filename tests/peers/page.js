// The page of wllama.mjs: both engines behind the same two calls, load and run. It measures, and decides nothing.
//
// A run gives {promptTokens, cachedTokens, prefillMs, generatedTokens, decodeMs, text}: prefill ends and decode begins
// with the first token. wllama's times are its own (llama-server's timings); ours are taken out here, messages between
// worker and page included.

/** Our engine in its worker, spoken to as src/engine/message.rs says. */
class Ours {
  constructor(threads) {
    this.worker = new Worker(`/ours/engine_worker.js?threads=${threads}`, { type: "module" });
    this.waiting = new Map();
    this.number = 0;
    this.ready = new Promise((resolve, reject) => {
      this.worker.onerror = (event) => reject(new Error(`our worker: ${event.message}`));
      this.worker.onmessage = ({ data }) => {
        if (data.Ready) return resolve(data.Ready);
        const [number, content] = data.Answer ?? data.Event;
        const { settle, fail, hear } = this.waiting.get(number);
        if (data.Event) return hear(content);
        "Ok" in content ? settle(content.Ok) : fail(new Error(`our engine: ${JSON.stringify(content.Err)}`));
      };
    });
  }

  ask(request, hear = () => {}) {
    const number = ++this.number;
    this.worker.postMessage({ message: { Ask: [number, request] } });
    return new Promise((settle, fail) => this.waiting.set(number, { settle, fail, hear }));
  }

  async load(url) {
    const build = await this.ready;
    await this.ask({ Load: { Url: { url, name: "bench.gguf", sha256: null } } });
    return build;
  }

  async run({ turns }, tokens) {
    const sampling = {
      max_tokens: tokens, temperature: 0, top_p: 1, top_k: 0, min_p: 0, repetition_penalty: 1, stop: [], seed: 0,
    };
    const start = performance.now();
    let first;
    const { Text } = await this.ask({ Generate: { prompt: { turns, answer_start: "" }, sampling } }, (event) => {
      if ("Piece" in event) first ??= performance.now();
    });
    return {
      promptTokens: Text.cost.prompt_tokens,
      cachedTokens: Text.cost.cached_tokens,
      prefillMs: first - start,
      generatedTokens: Text.cost.generated_tokens,
      decodeMs: performance.now() - first,
      text: Text.text,
    };
  }
}

/** wllama on the CPU. */
class Theirs {
  constructor(threads) {
    this.threads = threads;
  }

  async load(url) {
    const { Wllama, LoggerWithoutDebug } = await import("/wllama/esm/index.js");
    this.wllama = new Wllama({ default: "/wllama/esm/wasm/wllama.wasm" }, { logger: LoggerWithoutDebug });
    const file = await (await fetch(url)).blob();
    await this.wllama.loadModel([file], { n_threads: this.threads, n_ctx: 1024, n_gpu_layers: 0 });
    return { threads: this.wllama.getNumThreads(), version: Wllama.getLibllamaVersion?.() };
  }

  async run({ text }, tokens) {
    const answer = await this.wllama.createCompletion({ prompt: text, max_tokens: tokens, temperature: 0 });
    const { prompt_n, cache_n = 0, prompt_ms, predicted_n, predicted_ms } = answer.timings;
    return {
      promptTokens: prompt_n + cache_n,
      cachedTokens: cache_n,
      prefillMs: prompt_ms,
      generatedTokens: predicted_n,
      decodeMs: predicted_ms,
      text: answer.choices[0].text,
    };
  }
}

window.engines = {};
window.load = async (name, threads, url) => {
  window.engines[name] = new (name === "ours" ? Ours : Theirs)(threads);
  return window.engines[name].load(url);
};
window.run = (name, prompt, tokens) => window.engines[name].run(prompt, tokens);
