#!/usr/bin/env bash
# Makes `static`, what goes into Open WebUI's own static folder: npm install, then this.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

rm -rf static
mkdir -p static/likeness
cp loader.js static
cp chat.js panel.js panel.css static/likeness
cp -RL node_modules/@likeness/browser static/likeness/package
