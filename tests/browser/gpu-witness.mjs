// The app with script of a test's own that runs in the engine's worker ahead of everything: it sees what the worker asks
// of WebGPU, and plays the GPUs that no machine of ours has.

import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { REPOSITORY, withApp } from "./harness.mjs";
import { WEBGPU_FLAGS } from "./chromium.mjs";

/** Milliseconds: a slow machine takes minutes for a self-test on SwiftShader; this only ends what hangs. */
export const PATIENCE = 600_000;

/**
 * Counts devices, dispatches and what buffers hold, and takes the last device away when told to: now, in the middle of the
 * work that comes next, or from now on whenever one that a model was loaded onto is put to work. Or it makes no numbers of
 * all numbers.
 */
const WITNESS = `
{
  const seen = { devices: 0, buffers: 0, bytes: 0, most: 0, dispatches: 0, limits: [] };
  const channel = new BroadcastChannel("witness");
  let last, loaded, always, spoilt, left = Infinity;
  if (self.GPUAdapter) {
    const { requestDevice } = GPUAdapter.prototype;
    GPUAdapter.prototype.requestDevice = async function (descriptor) {
      last = await requestDevice.call(this, descriptor);
      loaded = false;
      seen.devices += 1;
      seen.limits.push({ ...descriptor.requiredLimits });
      return last;
    };
    const { createBuffer } = GPUDevice.prototype;
    GPUDevice.prototype.createBuffer = function (descriptor) {
      seen.buffers += 1;
      loaded ||= descriptor.size > 2 ** 24;
      const buffer = createBuffer.call(this, descriptor);
      seen.bytes += buffer.size;
      seen.most = Math.max(seen.most, seen.bytes);
      return buffer;
    };
    const { destroy } = GPUBuffer.prototype;
    const gone = new WeakSet();
    GPUBuffer.prototype.destroy = function () {
      if (!gone.has(this)) seen.bytes -= this.size;
      gone.add(this);
      return destroy.call(this);
    };
    const { getMappedRange } = GPUBuffer.prototype;
    GPUBuffer.prototype.getMappedRange = function (...given) {
      const range = getMappedRange.apply(this, given);
      if (spoilt) new Float32Array(range).fill(NaN);
      return range;
    };
    const { dispatchWorkgroups } = GPUComputePassEncoder.prototype;
    GPUComputePassEncoder.prototype.dispatchWorkgroups = function (...counts) {
      seen.dispatches += 1;
      if ((always && loaded) || --left === 0) last.destroy();
      return dispatchWorkgroups.apply(this, counts);
    };
  }
  channel.onmessage = ({ data }) => {
    if (data === "lose") last?.destroy();
    if (data === "lose at work") left = 100;
    if (data === "lose always") always = true;
    if (data === "spoil") spoilt = true;
    if (data === "lose adapter") {
      GPU.prototype.requestAdapter = async () => null;
      last?.destroy();
    }
    if (data === "tell") channel.postMessage(seen);
  };
}
`;

/** A GPU whose normalisation is one part in fifty too large. */
export const WRONG = `
{
  const { createShaderModule } = GPUDevice.prototype;
  GPUDevice.prototype.createShaderModule = function (descriptor) {
    return createShaderModule.call(this, { ...descriptor, code: descriptor.code.replaceAll("1.0 / sqrt(", "1.02 / sqrt(") });
  };
}
`;

/** A GPU of whose kernels one alone is wrong: that of attention for many tokens, by the same. */
export const WRONG_ATTENTION = `
{
  const { createShaderModule } = GPUDevice.prototype;
  GPUDevice.prototype.createShaderModule = function (descriptor) {
    const wrong = descriptor.label?.startsWith("AttendMany");
    return createShaderModule.call(this, wrong ? { ...descriptor, code: descriptor.code.replace("= total / sum;", "= 1.02 * total / sum;") } : descriptor);
  };
}
`;

/** A GPU whose kernels have nothing beyond f32. */
export const PLAIN = `
{
  Object.defineProperty(GPU.prototype, "wgslLanguageFeatures", { get: () => new Set() });
  Object.defineProperty(GPUAdapter.prototype, "features", { get: () => new Set() });
}
`;

/** A GPU that binds and holds no more than this at once. */
export const limited = (bytes) => `
{
  const { get } = Object.getOwnPropertyDescriptor(GPUAdapter.prototype, "limits");
  const most = { maxStorageBufferBindingSize: ${bytes}, maxBufferSize: ${2 * bytes} };
  const told = { get: (limits, name) => Math.min(limits[name], most[name] ?? Infinity) };
  Object.defineProperty(GPUAdapter.prototype, "limits", { get() { return new Proxy(get.call(this), told); } });
}
`;

/**
 * A GPU with so many bytes of memory, or what it holds when the witness is told to fill it, and no more: a buffer that
 * goes beyond fails as one does where memory is out. That of a real one can't be filled by a test on every machine.
 */
export const holding = (bytes = Infinity) => `
{
  const { createBuffer, pushErrorScope, popErrorScope } = GPUDevice.prototype;
  const { requestDevice } = GPUAdapter.prototype;
  const { destroy } = GPUBuffer.prototype;
  let held = 0, most = ${bytes};
  const open = [], sizes = new WeakMap();
  GPUAdapter.prototype.requestDevice = function (descriptor) {
    held = 0;
    return requestDevice.call(this, descriptor);
  };
  GPUDevice.prototype.createBuffer = function (descriptor) {
    // Constants of a kernel, which lie in what a GPU has given out already.
    const fits = descriptor.size <= 64 || held + descriptor.size <= most;
    if (!fits && open.length) open.at(-1).full = true;
    const buffer = createBuffer.call(this, fits ? descriptor : { ...descriptor, size: 16 });
    held += buffer.size;
    sizes.set(buffer, buffer.size);
    return buffer;
  };
  GPUBuffer.prototype.destroy = function () {
    held -= sizes.get(this) ?? 0;
    sizes.delete(this);
    return destroy.call(this);
  };
  GPUDevice.prototype.pushErrorScope = function (filter) {
    open.push({ full: false });
    return pushErrorScope.call(this, filter);
  };
  GPUDevice.prototype.popErrorScope = async function () {
    const { full } = open.pop();
    const error = await popErrorScope.call(this);
    return full ? new GPUOutOfMemoryError("no memory is left") : error;
  };
  new BroadcastChannel("witness").addEventListener("message", ({ data }) => {
    if (data === "fill") most = held;
  });
}
`;

/**
 * As `withApp`, in a Chromium with a software GPU; `before` runs in the engine's worker. The body also gets `witness`:
 * `tell()` gives what the worker has asked of WebGPU so far, `lose()` takes its GPU away, `loseAtWork()` does so a hundred
 * dispatches later, `loseAlways()` takes each that it gets, `loseAdapter()` takes it with what others would come from,
 * `spoil()` has all that it computes be no number, `fill()` leaves no memory to one that is only `holding()` so much.
 */
export async function withGpu(body, { before = "", ...settings } = {}) {
  const dist = await mkdtemp(join(tmpdir(), "likeness-gpu-"));
  try {
    await cp(join(REPOSITORY, "dist"), dist, { recursive: true, dereference: true });
    const script = await readFile(join(dist, "engine_worker.js"), "utf8");
    await writeFile(join(dist, "engine_worker.js"), WITNESS + before + script);
    const serving = { ...settings.serving, dist };
    const launching = { flags: WEBGPU_FLAGS, ...settings.launching };
    await withApp((app) => body({ ...app, witness: witnessOf(app.page) }), { ...settings, serving, launching });
  } finally {
    await rm(dist, { recursive: true });
  }
}

/** What `withGpu` gives as `witness`, asked from any page of the app's origin. */
export function witnessOf(page) {
  const post = (message) => page.evaluate((message) => new BroadcastChannel("witness").postMessage(message), message);
  return {
    // The app's own engine answers too, if it has one beside the test's.
    tell: () =>
      page.evaluate(
        () =>
          new Promise((resolve) => {
            const channel = new BroadcastChannel("witness");
            const told = { devices: 0, buffers: 0, most: 0, dispatches: 0, limits: [] };
            channel.onmessage = ({ data }) => {
              if (typeof data !== "object") return;
              told.devices += data.devices;
              told.buffers += data.buffers;
              told.most += data.most;
              told.dispatches += data.dispatches;
              told.limits.push(...data.limits);
            };
            channel.postMessage("tell");
            setTimeout(() => resolve(told), 1000);
          }),
      ),
    lose: () => post("lose"),
    loseAtWork: () => post("lose at work"),
    loseAlways: () => post("lose always"),
    loseAdapter: () => post("lose adapter"),
    spoil: () => post("spoil"),
    fill: () => post("fill"),
  };
}
