#!/usr/bin/env bash
# Puts the package beside the extension's own files: npm install, then this; then "Load unpacked" in chrome://extensions.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

rm -rf likeness
cp -RL node_modules/@likeness/browser likeness
