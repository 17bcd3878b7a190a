// Speaks to the engine's worker as the data worker does, without the app: for tests of what it answers.

import { EMBEDDED_MODEL } from "./harness.mjs";

export const EMBEDDED_SHA256 = "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53";
/** The model that comes along, as a request to load it names it. */
export const URL_OF_MODEL = { Url: { url: `/models/${EMBEDDED_MODEL}`, name: EMBEDDED_MODEL, sha256: EMBEDDED_SHA256 } };

/** Puts `engine(…)` into the page: starts a worker and speaks to it as src/engine/message.rs says. */
export const speaking = (page) =>
  page.evaluate(() => {
    window.engine = async (options = "") => {
      const worker = new Worker(new URL(`engine_worker.js${options}`, document.baseURI), { type: "module" });
      const waiting = new Map();
      const moved = [];
      let number = 0;
      const build = await new Promise((resolve, reject) => {
        worker.onerror = (event) => reject(new Error(event.message));
        worker.onmessage = ({ data }) => {
          if (data.Ready) return resolve(data.Ready);
          if (data.Moved) return moved.push(data.Moved);
          const [asked, content] = data.Answer ?? data.Event;
          data.Event ? waiting.get(asked).hear(content) : waiting.get(asked).settle(content);
        };
      });
      const ask = (request, { hear = () => {}, attachment } = {}) => {
        const asked = ++number;
        const answer = new Promise((settle) => waiting.set(asked, { settle, hear }));
        worker.postMessage({ message: { Ask: [asked, request] }, attachment });
        return Object.assign(answer, { cancel: () => worker.postMessage({ message: { Cancel: asked } }) });
      };
      return { build, ask, moved, stop: () => worker.terminate() };
    };
    window.sampling = (max_tokens) => ({
      max_tokens, temperature: 0, top_p: 1, top_k: 0, min_p: 0, repetition_penalty: 1, stop: [], seed: 0,
    });
    window.chat = (content) => ({ turns: [{ role: "user", content }], answer_start: "" });
  });

/** An engine with this model on the GPU, as `window.running`. */
export async function runningOnGpu(page, file) {
  await speaking(page);
  await page.evaluate(async (file) => {
    window.running = await window.engine();
    await window.running.ask({ Load: { file, device: "Gpu" } });
  }, file);
}
