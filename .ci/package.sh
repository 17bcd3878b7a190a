#!/usr/bin/env bash
# Builds what the npm package needs into pkg/dist: the page's client, the data worker's first part, and the workers that
# Trunk has built. What the repository has once for all of it, the licences and the changelog, is put beside them.
#
# Only the client and that first part are compiled here: a library of which nothing but the JavaScript API is reachable,
# and a program of the library that Trunk has compiled. The other workers are taken from the app's build as they are. Run
# after `trunk build --release`.
#
#   .ci/package.sh [FOLDER-OF-THE-BUILT-APP]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

app=${1:-dist} out=pkg/dist target=wasm32-unknown-unknown
[ -e "$app/data_worker_bg.wasm" ] || { echo "there are no workers in $app: build the app first" >&2; exit 1; }
target_dir=$(cargo metadata --format-version 1 --no-deps | sed 's/.*"target_directory":"\([^"]*\)".*/\1/')

cargo rustc --locked --quiet --profile web --target $target --lib --crate-type cdylib --features embed
rm -rf "$out"
mkdir -p "$out"
wasm-bindgen --target web --no-typescript --remove-name-section --out-dir "$out" --out-name core "$target_dir/$target/web/likeness.wasm"
cargo build --locked --quiet --profile web --target $target --bin history_worker --features app,data-worker
wasm-bindgen --target web --no-typescript --remove-name-section --out-dir "$out" --out-name history_worker "$target_dir/$target/web/history_worker.wasm"
cp -RL "$app"/data_worker* "$app/engine_worker.js" "$app/engine_helper.js" "$app/engine" "$out"
cp pkg/worker/data_worker_loader.js "$out"
# npm takes only what lies in the package's own folder, and follows no links.
cp LICENSE-APACHE LICENSE-MIT CHANGELOG.md pkg/
