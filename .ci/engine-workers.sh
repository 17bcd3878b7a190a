#!/usr/bin/env bash
# Builds the engine's worker four times: {simd128, relaxed SIMD} x {one thread, threads}.
#
# A hook of Trunk's (see Trunk.toml), which gives the folder to put them in. The page picks one by what the
# browser can do. Each is a JavaScript module and its wasm file, as `wasm-bindgen --target web` makes them:
#   engine/engine_worker_{simd,relaxed}[_threads].js and …_bg.wasm
# The threaded ones import their memory, which the page's worker shares with its helpers. They need a
# standard library built with atomics, which no toolchain ships: it is built from source here.
#
# Cargo keeps builds with different flags side by side in one target folder, so that the parts which run on
# this machine (macros, build scripts) are compiled once; but see below.
set -euo pipefail

target=wasm32-unknown-unknown
out=${TRUNK_STAGING_DIR:?is set by Trunk}/engine
target_dir=$(cargo metadata --format-version 1 --no-deps | sed 's/.*"target_directory":"\([^"]*\)".*/\1/')
mkdir -p "$out"

# build NAME FEATURES [CARGO-OPTION...]
build() {
  local name=engine_worker_$1 flags="-Ctarget-feature=$2"
  shift 2
  if [[ $name == *_threads ]]; then
    flags+=" -Clink-arg=--shared-memory -Clink-arg=--import-memory -Clink-arg=--max-memory=4294967296"
    local symbol
    for symbol in __wasm_init_tls __tls_size __tls_align __tls_base; do
      flags+=" -Clink-arg=--export=$symbol"
    done
  fi
  echo "building $name" >&2
  RUSTFLAGS=$flags cargo build --release --locked --quiet --target $target --target-dir "$target_dir" --bin engine_worker --no-default-features --features engine-worker "$@"
  wasm-bindgen --target web --no-typescript --remove-name-section --out-dir "$out" --out-name "$name" \
    "$target_dir/$target/release/engine_worker.wasm"
}

std_from_source=("-Zbuild-std=std,panic_abort")
build simd +simd128
build relaxed +simd128,+relaxed-simd
export RUSTC_BOOTSTRAP=1
# Build scripts look at that variable: in one folder with builds that lack it, each would have what derives code built
# again, and all that uses it.
target_dir+=/threads
build simd_threads +atomics,+bulk-memory,+simd128 "${std_from_source[@]}"
build relaxed_threads +atomics,+bulk-memory,+simd128,+relaxed-simd "${std_from_source[@]}"
