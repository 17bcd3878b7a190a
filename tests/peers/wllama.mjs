// Our engine beside wllama (llama.cpp in WebAssembly): same Chromium, same file, same prompts, same threads, the runs
// interleaved. It sets up what it needs: the workers' builds, Chromium's driver, wllama from npm into the cache folder.
//
//   node tests/peers/wllama.mjs [--device cpu|gpu] [--threads N] [--runs N] [--model FILE.gguf] [--native]
//       [--judgements N] [--flags "…"] [--wllama-batch N] [--json]
//
// Prints medians of tokens a second; with --json one object:
//   {"threads":n,"device":"cpu","ours":{"prefill":x,"decode":x},"wllama":{…},"prefill_ratio":x,"decode_ratio":x}
// Both must count the same tokens in each prompt, else it fails. --model takes the same model in another format
// (requantise.py makes them).
//
// With --native, llama.cpp runs too, natively, on as many threads; the object gains "native", "native_prefill_ratio"
// and "native_decode_ratio". With --judgements N, it gains "judgements": seconds for N prompts that share about 512
// tokens, each with about 24 of its own, of which the next words' probabilities are wanted, and their ratio. Ours is
// told of all at once; wllama is asked one after the other, with `cache_prompt`.
//
// With --device gpu both run on WebGPU, and it fails where either did not, or where their adapters differ; the object
// gains "gpu": the browser, its flags, the adapter, and for each engine the features it asked for and what a run
// submits. wllama needs an adapter with `shader-f16`, without which it quietly takes the CPU. SwiftShader, which the
// tests' flags choose, has none: LIKENESS_CHROMIUM and --flags (added to the tests') name another browser or adapter,
// such as --flags "--use-webgpu-adapter=default --use-angle=vulkan --enable-features=Vulkan" where there is a GPU.
// wllama waits at most 30 s for a batch of a prompt, 512 tokens unless --wllama-batch says less: a slow adapter needs it.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { createReadStream, existsSync, mkdirSync, readFileSync, statSync } from "node:fs";
import { createServer } from "node:http";
import { homedir } from "node:os";
import { extname, join, normalize, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { Native } from "./native.mjs";

const WLLAMA = "3.13.0";
const PROMPT_TOKENS = 525;
const ANSWER_TOKENS = 64;
const REPOSITORY = fileURLToPath(new URL("../..", import.meta.url));
const CACHE = process.env.LIKENESS_CACHE ?? join(process.env.XDG_CACHE_HOME ?? join(homedir(), ".cache"), "likeness");
const PEERS = join(CACHE, "peers");
const WORKERS = join(PEERS, "workers");

const say = (text) => process.stderr.write(`${text}\n`);
const option = (name, otherwise, takes, good) => {
  const at = process.argv.indexOf(name);
  const value = at < 0 ? otherwise : process.argv[at + 1];
  if (at >= 0 && !good(value)) {
    say(`${name} takes ${takes}`);
    process.exit(2);
  }
  return value;
};
const number = (name, otherwise, most = 9) => {
  const good = (value) => Number.isInteger(Number(value)) && value >= 1 && value <= most;
  return Number(option(name, otherwise, `a number from 1 to ${most}`, good));
};
const threads = number("--threads", 1);
const runs = number("--runs", 3);
const batch = number("--wllama-batch", 512, 512);
const device = option("--device", "cpu", "cpu or gpu", (value) => ["cpu", "gpu"].includes(value));
const judgements = process.argv.includes("--judgements") ? number("--judgements", 0, 512) : 0;
const native = process.argv.includes("--native");
const embedded = join(CACHE, "models", "SmolLM2-135M-Instruct.Q4_1.gguf");
const model = resolve(option("--model", embedded, "a GGUF file that is there", (value) => value && existsSync(value)));
const added = option("--flags", "", "Chromium's flags", (value) => value?.startsWith("--"));

function setUp() {
  const quietly = { stdio: ["ignore", 2, 2], cwd: REPOSITORY };
  say("setting up (toolchain, model, workers, wllama)");
  const setup = `set -euo pipefail; . .ci/setup.sh; setup; use_target_dir; export TRUNK_STAGING_DIR="$1"; bash .ci/engine-workers.sh`;
  mkdirSync(WORKERS, { recursive: true });
  execFileSync("bash", ["-c", setup, "bash", WORKERS], quietly);
  if (!existsSync(join(REPOSITORY, "tests/browser/node_modules/playwright-core"))) {
    execFileSync("npm", ["ci", "--prefix", join(REPOSITORY, "tests/browser")], quietly);
  }
  if (!existsSync(join(PEERS, "node_modules/@wllama/wllama"))) {
    execFileSync("npm", ["install", "--prefix", PEERS, "--no-save", `@wllama/wllama@${WLLAMA}`], quietly);
  }
}

const TYPES = { ".html": "text/html", ".js": "text/javascript", ".mjs": "text/javascript", ".wasm": "application/wasm" };
const PAGE = `<!DOCTYPE html><meta charset="utf-8"><title>bench</title><link rel="icon" href="data:,"><script type="module" src="/page.js"></script>`;

/** The page, the workers, wllama and the model, with the headers that shared memory needs. */
function serve() {
  const places = [
    ["/ours/engine/", join(WORKERS, "engine")],
    ["/ours/", join(REPOSITORY, "www")],
    ["/wllama/", join(PEERS, "node_modules/@wllama/wllama")],
    ["/", join(REPOSITORY, "tests/peers")],
  ];
  const server = createServer((request, response) => {
    response.setHeader("Cross-Origin-Opener-Policy", "same-origin");
    response.setHeader("Cross-Origin-Embedder-Policy", "require-corp");
    const { pathname } = new URL(request.url, "http://localhost");
    if (pathname === "/") {
      response.setHeader("Content-Type", "text/html");
      return response.end(PAGE);
    }
    const [prefix, folder] = places.find(([prefix]) => pathname.startsWith(prefix));
    const file = pathname === "/model.gguf" ? model : join(folder, normalize(pathname.slice(prefix.length)));
    if (!existsSync(file) || !statSync(file).isFile()) {
      return response.writeHead(404).end();
    }
    response.setHeader("Content-Type", TYPES[extname(file)] ?? "application/octet-stream");
    if (device === "gpu" && pathname === "/ours/engine_worker.js") {
      return response.end(`import "/gpu_count.js";\n${readFileSync(file, "utf8")}`);
    }
    response.setHeader("Content-Length", statSync(file).size);
    createReadStream(file).pipe(response);
  });
  return new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(server)));
}

/** Prompts that share three tokens and no more, so that neither engine has one in its cache from another run. */
function prompt(run) {
  const story = readFileSync(join(REPOSITORY, "tests/golden/text.txt"), "utf8").slice(0, STORY);
  const turns = [
    { role: "system", content: `${run}. You continue stories.` },
    { role: "user", content: `${story}\n\nGo on, at length.` },
  ];
  return chat(turns);
}

/** The turns, and what the model's template makes of them. */
function chat(turns) {
  const text = turns.map(({ role, content }) => `<|im_start|>${role}\n${content}<|im_end|>\n`).join("");
  return { turns, text: `${text}<|im_start|>assistant\n` };
}

/** Prompts that share what comes before a question of some twenty tokens, whose first word is another in each. */
function questions(run) {
  const story = readFileSync(join(REPOSITORY, "tests/golden/text.txt"), "utf8").slice(0, STORY);
  const system = { role: "system", content: `${run}. You judge stories.` };
  const asked = (n) => `${n + 1} is the number of this question: would she have liked it better? Yes or No?`;
  return Array.from({ length: judgements }, (_, n) => chat([system, { role: "user", content: `${story}\n\n${asked(n)}` }]));
}

const STORY = 1879;
const IN_PAGE = ["ours", "wllama"];
const ENGINES = native ? [...IN_PAGE, "native"] : IN_PAGE;
const median = (numbers) => numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)];
const rounded = (x) => Number(x.toFixed(2));

setUp();
const server = await serve();
const { launch } = await import("../browser/harness.mjs");
const { CHROMIUM_FLAGS, WEBGPU_FLAGS } = await import("../browser/chromium.mjs");
// Without the developer features an adapter has no description. Where a flag is given twice, Chromium takes the last.
const gpuFlags = [...WEBGPU_FLAGS, "--enable-webgpu-developer-features"];
const flags = [...(device === "gpu" ? gpuFlags : []), ...added.split(" ").filter(Boolean)];
const { browser, close } = await launch({ flags });
const rates = Object.fromEntries(ENGINES.map((name) => [name, { prefill: [], decode: [] }]));
const judged = Object.fromEntries(IN_PAGE.map((name) => [name, []]));
const outside = new Native({ threads, packages: join(CACHE, "tools", "llama-cpp") });
const gpu = { wllama_batch: batch };
try {
  const page = await browser.newPage();
  // Our worker answers a request that it can't read with a line in the console, and nothing else.
  const unread = new Promise((_, fail) => {
    page.on("console", (message) => {
      if (message.type() !== "error") return;
      say(`page: ${message.text()}`);
      if (message.text().startsWith("engine worker:")) fail(new Error(message.text()));
    });
  });
  unread.catch(() => {});
  const ask = (call, given) => Promise.race([page.evaluate(call, given), unread]);
  await page.goto(`http://localhost:${server.address().port}/`);
  await page.waitForFunction(() => window.run && window.crossOriginIsolated);
  if (device === "gpu") {
    const adapter = await page.evaluate(() => window.adapter());
    assert.ok(adapter, "this Chromium gives no WebGPU adapter");
    say(`adapter: ${JSON.stringify(adapter)}`);
    assert.ok(adapter.features.includes("shader-f16"), `wllama can't use an adapter without shader-f16: ${adapter.architecture}`);
    Object.assign(gpu, { browser: await page.evaluate(() => navigator.userAgent), flags: [...CHROMIUM_FLAGS, ...flags] });
  }
  for (const name of IN_PAGE) {
    const settings = { threads, device, batch: name === "wllama" && device === "gpu" ? batch : undefined };
    const told = await ask(([name, settings]) => window.load(name, settings, "/model.gguf"), [name, settings]);
    say(`${name}: ${JSON.stringify(told)}`);
    assert.equal(told.threads, threads, `${name} does not run on ${threads} threads`);
    assert.equal(told.device, device, `${name} does not run on the ${device}`);
    if (device === "gpu") {
      assert.ok(told.gpu, `${name} says that it runs on the GPU, but took no device`);
      const { adapter, features } = told.gpu;
      gpu.adapter ??= adapter;
      assert.deepEqual(adapter, gpu.adapter, `${name} runs on another adapter`);
      gpu[name] = { features };
    }
  }
  if (native) {
    const told = await outside.load(model);
    say(`native: ${JSON.stringify(told)}`);
    assert.equal(told.threads, threads, "native llama.cpp does not run on as many threads");
  }
  // Run 0 warms up: compilation tiers, caches.
  for (let run = 0; run <= runs; run++) {
    for (const name of run % 2 ? ENGINES : ENGINES.toReversed()) {
      const inPage = () => ask(([name, prompt, tokens]) => window.run(name, prompt, tokens), [name, prompt(run), ANSWER_TOKENS]);
      const told = await (name === "native" ? outside.run(prompt(run), ANSWER_TOKENS) : inPage());
      assert.equal(told.promptTokens, PROMPT_TOKENS, `${name} counts other tokens in the prompt`);
      if (device === "gpu") {
        const { submits, dispatches } = told;
        assert.ok(submits > 0 && dispatches > 0, `${name} did not run on the GPU: it submitted nothing`);
        Object.assign(gpu[name], { submits, dispatches, generated: told.generatedTokens });
      }
      const prefill = (told.promptTokens - told.cachedTokens) / (told.prefillMs / 1e3);
      const decode = (told.generatedTokens - 1) / (told.decodeMs / 1e3);
      say(`run ${run}, ${name}: prefill ${prefill.toFixed(1)}, decode ${decode.toFixed(1)} tokens/s: ${JSON.stringify(told.text.slice(0, 60))}`);
      if (run > 0) {
        rates[name].prefill.push(prefill);
        rates[name].decode.push(decode);
      }
    }
  }
  for (let run = 1; judgements && run <= runs; run++) {
    for (const name of run % 2 ? IN_PAGE : IN_PAGE.toReversed()) {
      const told = await ask(([name, prompts]) => window.judge(name, prompts, ["Yes", "No"]), [name, questions(run)]);
      say(`run ${run}, ${name}: ${judgements} judgements: ${JSON.stringify(told)}`);
      judged[name].push(told.ms / 1e3);
    }
  }
} finally {
  await close();
  server.close();
}
const medians = (name) => rates[name] && ({ prefill: rounded(median(rates[name].prefill)), decode: rounded(median(rates[name].decode)) });
const [ours, wllama, alone] = ["ours", "wllama", "native"].map(medians);
function judgementTimes() {
  const [ours_s, wllama_s] = IN_PAGE.map((name) => rounded(median(judged[name])));
  return { count: judgements, ours_s, wllama_s, ratio: rounded(wllama_s / ours_s) };
}
const result = {
  threads,
  device,
  ours,
  wllama,
  prefill_ratio: rounded(ours.prefill / wllama.prefill),
  decode_ratio: rounded(ours.decode / wllama.decode),
  ...(alone && {
    native: alone,
    native_prefill_ratio: rounded(ours.prefill / alone.prefill),
    native_decode_ratio: rounded(ours.decode / alone.decode),
  }),
  ...(judgements && { judgements: judgementTimes() }),
  ...(device === "gpu" && { gpu }),
};
if (process.argv.includes("--json")) {
  console.log(JSON.stringify(result));
} else {
  console.log(`${device}, ${threads} thread${threads > 1 ? "s" : ""}, tokens a second (medians of ${runs})`);
  for (const kind of ["prefill", "decode"]) {
    console.log(`${kind}: ours ${ours[kind]}, wllama ${wllama[kind]}: ${result[`${kind}_ratio`]}x`);
  }
  if (alone) {
    for (const kind of ["prefill", "decode"]) {
      console.log(`${kind}: native llama.cpp ${alone[kind]}: ours is ${result[`native_${kind}_ratio`]} of it`);
    }
  }
  if (judgements) console.log(JSON.stringify(result.judgements));
  if (device === "gpu") console.log(JSON.stringify(gpu));
}
