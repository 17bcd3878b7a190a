// Runs the kernels' checks in WebAssembly, in each build that the engine has: SIMD, and relaxed SIMD.
//
//   node tests/kernels/run.mjs
//
// `cargo test` runs the same checks natively. A variant that node's WebAssembly lacks is a failure, not a skip.

import { spawnSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import test from "node:test";
import assert from "node:assert/strict";

const root = path.join(path.dirname(fileURLToPath(import.meta.url)), "..", "..");
const builds = [
  { name: "simd128", features: "+simd128", tables: "simd128 scalar" },
  { name: "relaxed-simd", features: "+simd128,+relaxed-simd", tables: "relaxed-simd simd128 scalar" },
];

// Node 20 has relaxed SIMD behind a flag; later ones have it without, and may not know the flag.
const relaxed = Uint8Array.from([
  0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 15, 1, 13, 0,
  65, 1, 253, 15, 65, 2, 253, 15, 253, 146, 2, 11,
]);
const flag = "--experimental-wasm-relaxed-simd";
if (!WebAssembly.validate(relaxed) && !process.execArgv.includes(flag)) {
  const again = spawnSync(process.execPath, [flag, ...process.execArgv, fileURLToPath(import.meta.url)], { stdio: "inherit" });
  process.exit(again.status ?? 1);
}

for (const { name, features, tables } of builds) {
  test(`kernels in WebAssembly, ${name}`, async () => {
    // In the folder and with the flags of the engine's worker, whose build has all that this needs of others.
    const target = process.env.CARGO_TARGET_DIR ?? path.join(root, "target");
    const build = spawnSync("cargo", [
      "build", "--quiet", "--locked", "--release", "--config", "profile.release.package.likeness.codegen-units=16",
      "--target", "wasm32-unknown-unknown", "--target-dir", target,
      "--no-default-features", "--features", "kernel-tests", "--example", "kernel_checks",
    ], { cwd: root, stdio: "inherit", env: { ...process.env, RUSTFLAGS: `-Ctarget-feature=${features}` } });
    assert.equal(build.status, 0, "cargo build failed");
    const file = path.join(target, "wasm32-unknown-unknown", "release", "examples", "kernel_checks.wasm");
    let said = "";
    const { instance } = await WebAssembly.instantiate(fs.readFileSync(file), {
      env: {
        report: (text, length) => {
          said = new TextDecoder().decode(new Uint8Array(instance.exports.memory.buffer, text, length));
        },
      },
    });
    try {
      instance.exports.check();
    } catch (error) {
      assert.fail(`${said || error}`);
    }
    assert.equal(said, tables);
  });
}
