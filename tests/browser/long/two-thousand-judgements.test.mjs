// 2,000 judgements on the processor, in WebAssembly: its memory grows until that for keys and values is full, and by no
// judgement's worth after. With two layers of the embedded model; what a GPU holds is counted natively (tests/engine/gpu.rs).

import assert from "node:assert/strict";
import { test } from "node:test";
import { speaking } from "../engine-worker.mjs";
import { withGpu } from "../gpu-witness.mjs";
import { folderWithSmallModel } from "../layers.mjs";

const SMALL = "two-layers.gguf";
/** What the allocator may add for its own sake in a thousand judgements: 16 of WebAssembly's pages. */
const SLACK = 16 * 65536;
const models = await folderWithSmallModel(SMALL);

/** Has the engine's worker tell how large its WebAssembly memory is, made by itself or by the module. */
const MEMORY = `
{
  const memories = [];
  const { Memory, instantiate, instantiateStreaming } = WebAssembly;
  WebAssembly.Memory = class extends Memory { constructor(...given) { super(...given); memories.push(this); } };
  const note = (made) => {
    const { memory } = (made.instance ?? made).exports;
    if (memory && !memories.includes(memory)) memories.push(memory);
    return made;
  };
  WebAssembly.instantiate = async (...given) => note(await instantiate(...given));
  WebAssembly.instantiateStreaming = async (...given) => note(await instantiateStreaming(...given));
  const channel = new BroadcastChannel("memory");
  channel.onmessage = ({ data }) =>
    data === "tell" && memories.length > 0 && channel.postMessage({ bytes: memories.reduce((sum, { buffer }) => sum + buffer.byteLength, 0) });
}
`;

test("2,000 judgements grow WebAssembly's memory no further than its first fill", { timeout: 3_600_000 }, async (t) => {
  await withGpu(async ({ page }) => {
    await speaking(page);
    const file = { Url: { url: `/models/${SMALL}`, name: SMALL, sha256: null } };
    const { device, bytes, ms } = await page.evaluate(async (file) => {
      const channel = new BroadcastChannel("memory");
      // Every worker of the page answers; the engine's memory is by far the largest.
      const memory = async () => {
        const told = [];
        channel.onmessage = ({ data }) => data.bytes !== undefined && told.push(data.bytes);
        channel.postMessage("tell");
        await new Promise((later) => setTimeout(later, 1000));
        return Math.max(...told);
      };
      const engine = await window.engine();
      const loaded = await engine.ask({ Load: { file, device: "Cpu" } });
      const [bytes, ms] = [[await memory()], []];
      for (let hundred = 0; hundred < 20; hundred++) {
        // Each digit is a token: of numbers of as many digits no prompt is longer than another.
        const numbers = Array.from({ length: 100 }, (_, n) => 1000 + hundred * 100 + n);
        const prompts = numbers.map((number) => window.chat(`Which one, A or B? ${`${number} word `.repeat(80)}`));
        const start = performance.now();
        const answer = await engine.ask({ Score: prompts.map((prompt) => ({ prompt, labels: ["A", "B"] })) });
        if (answer.Ok?.Scores?.length !== 100) throw new Error(JSON.stringify(answer));
        ms.push(Math.round(performance.now() - start));
        bytes.push(await memory());
      }
      return { device: loaded.Ok?.Loaded.device ?? loaded, bytes, ms };
    }, file);
    assert.equal(device.gpu, false, JSON.stringify(device));
    t.diagnostic(`bytes of memory, at first and after each hundred: ${bytes.join(" ")}`);
    t.diagnostic(`milliseconds of each hundred: ${ms.join(" ")}; the last is ${(ms.at(-1) / ms[0]).toFixed(3)} times the first`);
    assert.ok(bytes[0] > 0, "the memory was found");
    assert.ok(bytes[10] > bytes[0], "keys and values were kept");
    // A judgement's keys and values are 700 KB: a thousand that were kept would show. Some pages of the allocator's are none.
    const grown = bytes.at(-1) - bytes[10];
    assert.ok(grown <= SLACK, `${grown} bytes more than after the first half`);
  }, { before: MEMORY, serving: { models } });
});
