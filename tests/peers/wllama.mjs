// Our engine beside wllama (llama.cpp in WebAssembly): same Chromium, same file, same prompts, same threads, the runs
// interleaved. It sets up what it needs: the workers' builds, Chromium's driver, wllama from npm into the cache folder.
//
//   node tests/peers/wllama.mjs [--threads N] [--runs N] [--json]
//
// Prints medians of tokens a second; with --json one object:
//   {"threads":n,"ours":{"prefill":x,"decode":x},"wllama":{…},"prefill_ratio":x,"decode_ratio":x}
// Both must count the same tokens in each prompt, else it fails. The CPU is compared, not WebGPU.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { createReadStream, existsSync, mkdirSync, readFileSync, statSync } from "node:fs";
import { createServer } from "node:http";
import { homedir } from "node:os";
import { extname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";

const WLLAMA = "3.13.0";
const PROMPT_TOKENS = 525;
const ANSWER_TOKENS = 64;
const REPOSITORY = fileURLToPath(new URL("../..", import.meta.url));
const CACHE = process.env.LIKENESS_CACHE ?? join(process.env.XDG_CACHE_HOME ?? join(homedir(), ".cache"), "likeness");
const MODEL = join(CACHE, "models", "SmolLM2-135M-Instruct.Q4_1.gguf");
const PEERS = join(CACHE, "peers");
const WORKERS = join(PEERS, "workers");

const say = (text) => process.stderr.write(`${text}\n`);
const number = (name, otherwise) => {
  const at = process.argv.indexOf(name);
  const value = at < 0 ? otherwise : Number(process.argv[at + 1]);
  if (!Number.isInteger(value) || value < 1 || value > 9) {
    say(`${name} takes a number from 1 to 9`);
    process.exit(2);
  }
  return value;
};
const threads = number("--threads", 1);
const runs = number("--runs", 3);

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
    ["/models/", join(CACHE, "models")],
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
    const file = join(folder, normalize(pathname.slice(prefix.length)));
    if (!existsSync(file) || !statSync(file).isFile()) {
      return response.writeHead(404).end();
    }
    response.setHeader("Content-Type", TYPES[extname(file)] ?? "application/octet-stream");
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
  const text = turns.map(({ role, content }) => `<|im_start|>${role}\n${content}<|im_end|>\n`).join("");
  return { turns, text: `${text}<|im_start|>assistant\n` };
}

const STORY = 1879;
const ENGINES = ["ours", "wllama"];
const median = (numbers) => numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)];
const rounded = (x) => Number(x.toFixed(2));

setUp();
const server = await serve();
const { launch } = await import("../browser/harness.mjs");
const { browser, close } = await launch();
const rates = { ours: { prefill: [], decode: [] }, wllama: { prefill: [], decode: [] } };
try {
  const page = await browser.newPage();
  page.on("console", (message) => message.type() === "error" && say(`page: ${message.text()}`));
  await page.goto(`http://localhost:${server.address().port}/`);
  await page.waitForFunction(() => window.run && window.crossOriginIsolated);
  for (const name of ENGINES) {
    const told = await page.evaluate(([name, threads]) => window.load(name, threads, "/models/SmolLM2-135M-Instruct.Q4_1.gguf"), [name, threads]);
    say(`${name}: ${JSON.stringify(told)}`);
    assert.equal(told.threads, threads, `${name} does not run on ${threads} threads`);
  }
  // Run 0 warms up: compilation tiers, caches.
  for (let run = 0; run <= runs; run++) {
    for (const name of run % 2 ? ENGINES : ENGINES.toReversed()) {
      const told = await page.evaluate(([name, prompt, tokens]) => window.run(name, prompt, tokens), [name, prompt(run), ANSWER_TOKENS]);
      assert.equal(told.promptTokens, PROMPT_TOKENS, `${name} counts other tokens in the prompt`);
      const prefill = (told.promptTokens - told.cachedTokens) / (told.prefillMs / 1e3);
      const decode = (told.generatedTokens - 1) / (told.decodeMs / 1e3);
      say(`run ${run}, ${name}: prefill ${prefill.toFixed(1)}, decode ${decode.toFixed(1)} tokens/s: ${JSON.stringify(told.text.slice(0, 60))}`);
      if (run > 0) {
        rates[name].prefill.push(prefill);
        rates[name].decode.push(decode);
      }
    }
  }
} finally {
  await close();
  server.close();
}
const medians = (name) => ({ prefill: rounded(median(rates[name].prefill)), decode: rounded(median(rates[name].decode)) });
const [ours, wllama] = ENGINES.map(medians);
const result = {
  threads,
  ours,
  wllama,
  prefill_ratio: rounded(ours.prefill / wllama.prefill),
  decode_ratio: rounded(ours.decode / wllama.decode),
};
if (process.argv.includes("--json")) {
  console.log(JSON.stringify(result));
} else {
  console.log(`${threads} thread${threads > 1 ? "s" : ""}, tokens a second (medians of ${runs})`);
  for (const kind of ["prefill", "decode"]) {
    console.log(`${kind}: ours ${ours[kind]}, wllama ${wllama[kind]}: ${result[`${kind}_ratio`]}x`);
  }
}
