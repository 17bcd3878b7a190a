// The page of wllama.mjs: both engines behind the same calls, load, run and judge. It measures, and decides nothing.
//
// A run gives {promptTokens, cachedTokens, prefillMs, generatedTokens, decodeMs, text}: prefill ends and decode begins
// with the first token. wllama's times are its own (llama-server's timings); ours are taken out here, messages between
// worker and page included. Judging gives {ms, promptTokens, cachedTokens} of all prompts together. On the GPU, both workers count what they ask of WebGPU (gpu_count.js).

/** Our engine's request to load a file on a device, and the device that its answer names: the only places that know. */
const loadRequest = (file, device) => ({ Load: { file, device: device === "gpu" ? "Gpu" : "Cpu" } });
const loadedDevice = ({ Loaded }) => (Loaded.device.gpu ? "gpu" : "cpu");

/** What a worker that has gpu_count.js asked of WebGPU so far. */
function gpuCounts(name) {
  const channel = new BroadcastChannel(`gpu counts of ${name}`);
  return new Promise((settle, fail) => {
    channel.onmessage = ({ data }) => settle(data);
    channel.postMessage("?");
    setTimeout(() => fail(new Error(`${name}'s worker does not tell its counts`)), 30_000);
  }).finally(() => channel.close());
}

/** Gives gpu_count.js to the workers that `make` starts from blobs; a served one gets it from the server. */
async function withCounts(name, make) {
  const { Worker } = window;
  window.Worker = class extends Worker {
    constructor(url, options) {
      const code = `import "${location.origin}/gpu_count.js"; import "${url}";`;
      super(URL.createObjectURL(new Blob([code], { type: "text/javascript" })), { ...options, name });
    }
  };
  try {
    return await make();
  } finally {
    window.Worker = Worker;
  }
}

/** Our engine in its worker, spoken to as src/engine/message.rs says. */
class Ours {
  constructor({ threads, device }) {
    this.device = device;
    this.worker = new Worker(`/ours/engine_worker.js?threads=${threads}`, { type: "module", name: "ours" });
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
    const answer = await this.ask(loadRequest({ Url: { url, name: "bench.gguf", sha256: null } }, this.device));
    return { ...build, device: loadedDevice(answer) };
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

  /** How likely each label is after each prompt; the engine is told of all prompts at once. */
  async judge(prompts, labels) {
    const judgements = prompts.map(({ turns }) => ({ prompt: { turns, answer_start: "" }, labels }));
    const start = performance.now();
    const { Scores } = await this.ask({ Score: judgements });
    const sum = (key) => Scores.reduce((total, { cost }) => total + cost[key], 0);
    return { ms: performance.now() - start, promptTokens: sum("prompt_tokens"), cachedTokens: sum("cached_tokens") };
  }
}

/** wllama, which takes the GPU for all layers unless it is told to take it for none. */
class Theirs {
  constructor({ threads, device, batch }) {
    this.device = device;
    this.settings = { n_threads: threads, n_ctx: 1024 };
    if (device === "cpu") this.settings.n_gpu_layers = 0;
    if (batch) this.settings.n_ubatch = batch;
  }

  async load(url) {
    const { Wllama, LoggerWithoutDebug } = await import("/wllama/esm/index.js");
    this.wllama = new Wllama({ default: "/wllama/esm/wasm/wllama.wasm" }, { logger: LoggerWithoutDebug });
    const file = await (await fetch(url)).blob();
    const load = () => this.wllama.loadModel([file], this.settings);
    await (this.device === "gpu" ? withCounts("wllama", load) : load());
    // It does not say where it runs: having taken a device is what shows it.
    const onGpu = this.device === "gpu" && (await gpuCounts("wllama")).devices.length > 0;
    const version = Wllama.getLibllamaVersion?.();
    return { threads: this.wllama.getNumThreads(), version, device: onGpu ? "gpu" : "cpu" };
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

  /** The likeliest next words after each prompt, one prompt after the other: what is shared stays in its cache. */
  async judge(prompts) {
    let [promptTokens, cachedTokens] = [0, 0];
    const start = performance.now();
    for (const { text } of prompts) {
      const asked = { prompt: text, max_tokens: 1, temperature: 0, cache_prompt: true, logprobs: 10 };
      const { timings } = await this.wllama.createCompletion(asked);
      promptTokens += timings.prompt_n + (timings.cache_n ?? 0);
      cachedTokens += timings.cache_n ?? 0;
    }
    return { ms: performance.now() - start, promptTokens, cachedTokens };
  }
}

window.engines = {};
window.load = async (name, settings, url) => {
  window.engines[name] = new (name === "ours" ? Ours : Theirs)(settings);
  const told = await window.engines[name].load(url);
  return settings.device === "gpu" ? { ...told, gpu: (await gpuCounts(name)).devices.at(-1) } : told;
};
window.run = async (name, prompt, tokens) => {
  const engine = window.engines[name];
  if (engine.device === "cpu") return engine.run(prompt, tokens);
  const before = await gpuCounts(name);
  const told = await engine.run(prompt, tokens);
  const after = await gpuCounts(name);
  return { ...told, submits: after.submits - before.submits, dispatches: after.dispatches - before.dispatches };
};
window.judge = (name, prompts, labels) => window.engines[name].judge(prompts, labels);
window.adapter = async () => {
  const adapter = await navigator.gpu?.requestAdapter();
  if (!adapter) return null;
  const { vendor, architecture, description } = adapter.info;
  return { vendor, architecture, description, features: [...adapter.features].toSorted() };
};
