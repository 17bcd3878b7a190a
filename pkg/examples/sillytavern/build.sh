#!/usr/bin/env bash
# Puts the package beside the extension's own files: npm install, then this; then copy the folder to SillyTavern's data.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

rm -rf likeness
cp -RL node_modules/@likeness/browser likeness
