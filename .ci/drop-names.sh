#!/usr/bin/env bash
# Makes the app and its data worker again from what Trunk compiled, without the names of their functions, which Trunk can't
# leave out. A browser reads them for nothing but stack traces, and with Rust's newer mangling they outweigh the code.
# Trunk calls it.
set -euo pipefail

target_dir=$(cargo metadata --format-version 1 --no-deps | sed 's/.*"target_directory":"\([^"]*\)".*/\1/')
for name in app data_worker; do
  wasm-bindgen --target web --no-typescript --remove-name-section --out-dir "${TRUNK_STAGING_DIR:?is set by Trunk}" \
    --out-name $name "$target_dir/wasm32-unknown-unknown/web/$name.wasm"
done
