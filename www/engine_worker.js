// Starts the engine's worker: picks the build that this browser can run, and the threads that help it.
//
// The builds are engine/engine_worker_{simd,relaxed}[_threads].js (see .ci/engine-workers.sh). It decides nothing else:
// what the worker does is in src/engine/worker.rs.

// One module each: a function that uses one instruction of relaxed SIMD (i8x16.relaxed_swizzle).
const RELAXED_SIMD = new Uint8Array([
  0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 15, 1, 13, 0, 65, 1, 253, 15, 65, 2, 253, 15,
  253, 128, 2, 11,
]);

const asked = new URL(self.location.href).searchParams;
const relaxed = asked.get("simd") !== "plain" && WebAssembly.validate(RELAXED_SIMD);
const most = Number(asked.get("threads")) || navigator.hardwareConcurrency || 1;
// More than eight rarely help a model of this size, and the page wants to stay quick.
const threads = self.crossOriginIsolated ? Math.min(Math.max(most, 1), 8) : 1;
const name = `engine_worker_${relaxed ? "relaxed" : "simd"}${threads > 1 ? "_threads" : ""}`;

// What comes before the module is up is kept and given to it then.
const early = [];
self.onmessage = (event) => early.push(event);

self.likenessThreads = threads;
let memory;
let module;
// Where the files are served with Trusted Types, this one script passes and no other.
const HELPER = String(new URL("engine_helper.js", self.location.href));
let policy;
function trustedHelper() {
  if (typeof trustedTypes === "undefined") return HELPER;
  policy ??= trustedTypes.createPolicy("likeness", {
    createScriptURL(url) {
      if (url === HELPER) return url;
      throw new TypeError("the policy `likeness` lets only the engine's own helper pass");
    },
  });
  return policy.createScriptURL(HELPER);
}

// Settles when the helper is up, or can't be.
self.likenessStartHelper = (handle, thread) => {
  const helper = new Worker(trustedHelper(), { type: "module" });
  helper.postMessage({ name, module, memory, handle, thread });
  return new Promise((settle) => (helper.onmessage = helper.onerror = settle));
};

// A trap inside a promise is no `error` event of a worker's; whoever asked hears of it by one. Other rejections that nobody
// waits for any more (a GPU that is given up) end nothing.
self.addEventListener("unhandledrejection", (event) => {
  if (!(event.reason instanceof WebAssembly.RuntimeError)) return;
  event.preventDefault();
  reportError(event.reason);
});

const build = await import(`./engine/${name}.js`);
module = await WebAssembly.compileStreaming(fetch(new URL(`./engine/${name}_bg.wasm`, self.location.href)));
// A threaded build makes its own shared memory, which the helpers get.
({ memory } = await build.default({ module_or_path: module }));
for (const event of early) {
  self.onmessage(event);
}
