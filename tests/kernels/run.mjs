// Runs the kernels' checks in Chromium's WebAssembly, in each build that the engine has: SIMD, and relaxed SIMD.
//
//   node tests/kernels/run.mjs            the checks
//   node tests/kernels/run.mjs --rates    how fast each table multiplies, by the format of the weights
//
// `cargo test` runs the same checks natively. A variant that the browser lacks is a failure, not a skip; whether there is
// a table for VNNI is the processor's to say.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { launch, REPOSITORY } from "../browser/harness.mjs";

const BUILDS = [
  { name: "simd128", features: "+simd128", expected: /^simd128 scalar$/ },
  { name: "relaxed-simd", features: "+simd128,+relaxed-simd", expected: /^(relaxed-vnni )?relaxed-simd simd128 scalar$/ },
];
const RATES = process.argv.includes("--rates");

/** The module of one build, in base64. */
function built(features) {
  // In the folder and with the flags of the engine's worker, whose build has all that this needs of others.
  const target = process.env.CARGO_TARGET_DIR ?? join(REPOSITORY, "target");
  const build = spawnSync("cargo", [
    "build", "--quiet", "--locked", "--release", "--config", "profile.release.package.likeness.codegen-units=16",
    "--target", "wasm32-unknown-unknown", "--target-dir", target,
    "--no-default-features", "--features", "kernel-tests", "--example", "kernel_checks",
  ], { cwd: REPOSITORY, stdio: "inherit", env: { ...process.env, RUSTFLAGS: `-Ctarget-feature=${features}` } });
  assert.equal(build.status, 0, "cargo build failed");
  return readFileSync(join(target, "wasm32-unknown-unknown", "release", "examples", "kernel_checks.wasm"), "base64");
}

/** In the page: instantiates the module, and gives what `check` reports. */
async function checked(module) {
  const bytes = Uint8Array.from(atob(module), (c) => c.charCodeAt(0));
  let said = "";
  const report = (text, length) => {
    said = new TextDecoder().decode(new Uint8Array(instance.exports.memory.buffer, text, length));
  };
  const { instance } = await WebAssembly.instantiate(bytes, { env: { report } });
  window.kernels = instance.exports;
  try {
    instance.exports.check();
  } catch (error) {
    return { failed: said || `${error}` };
  }
  const tables = said.split(" ");
  instance.exports.formats();
  return { tables, formats: said.split(" ") };
}

/** In the page: billions of products a second of each table with weights of this format, the best of some rounds. */
function rates([tables, format]) {
  const TIMES = 25;
  const best = tables.map(() => 0);
  for (let round = 0; round < 8; round++) {
    for (const table of tables.keys()) {
      const start = performance.now();
      const once = window.kernels.multiply(table, format, 1);
      const then = performance.now();
      const products = window.kernels.multiply(table, format, TIMES + 1) - once;
      best[table] = Math.max(best[table], products / 1e6 / (performance.now() - then - (then - start)));
    }
  }
  return best;
}

let chromium;
before(async () => (chromium = await launch()));
after(() => chromium.close());

for (const { name, features, expected } of BUILDS) {
  test(`kernels in WebAssembly, ${name}`, async () => {
    const page = await chromium.browser.newPage();
    const { failed, tables, formats } = await page.evaluate(checked, built(features));
    assert.equal(failed, undefined);
    assert.match(tables.join(" "), expected);
    console.log(`passed: ${tables.join(", ")}`);
    if (!RATES) return;
    // The plain table is for the checks alone.
    const timed = tables.slice(0, -1);
    for (const [at, format] of formats.entries()) {
      const told = (await page.evaluate(rates, [timed, at])).map((rate, table) => `${timed[table]} ${rate.toFixed(1)}`);
      console.log(`${format}: ${told.join(", ")} billion products a second`);
    }
  });
}
