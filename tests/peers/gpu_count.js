// Loaded into an engine's worker before its own code: counts what the worker asks of WebGPU, and tells the page when it
// asks. An engine that finds no fit adapter goes on on the CPU and says nothing, so only these counts show where it ran.

const counts = { submits: 0, dispatches: 0, devices: [] };

function counted(prototype, name, field) {
  const original = prototype[name];
  prototype[name] = function (...given) {
    counts[field] += 1;
    return original.apply(this, given);
  };
}

if (self.GPUAdapter) {
  counted(GPUQueue.prototype, "submit", "submits");
  counted(GPUComputePassEncoder.prototype, "dispatchWorkgroups", "dispatches");
  counted(GPUComputePassEncoder.prototype, "dispatchWorkgroupsIndirect", "dispatches");
  const requestDevice = GPUAdapter.prototype.requestDevice;
  GPUAdapter.prototype.requestDevice = async function (...given) {
    // An adapter gives one device, and is empty after it.
    const { vendor, architecture, device, description } = this.info;
    const adapter = { vendor, architecture, device, description, features: [...this.features].toSorted() };
    const made = await requestDevice.apply(this, given);
    counts.devices.push({ adapter, features: [...made.features].toSorted() });
    return made;
  };
}

// The worker's own messages are the engine's; the page named the worker.
const channel = new BroadcastChannel(`gpu counts of ${self.name}`);
channel.onmessage = () => channel.postMessage(counts);
