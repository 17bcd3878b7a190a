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

/** An engine with this model on the device, as `window.running`; gives what it says of loading it. */
export async function running(page, file, device) {
  await speaking(page);
  return page.evaluate(async (Load) => {
    window.running = await window.engine();
    return window.running.ask({ Load });
  }, { file, device });
}

/** What 64 calls of `window.running` come to, one after the other and at once. */
export const callsOf64 = (page) =>
  page.evaluate(async () => {
    const requests = Array.from({ length: 64 }, (_, i) => i % 4 === 0
      ? { Generate: { prompt: window.chat(`Count from ${i}.`), sampling: window.sampling(4) } }
      : { Score: [{ prompt: window.chat(`Is ${i} more than ${64 - i}?`), labels: ["Yes", "No"] }] });
    const told = (reply) => reply.Ok?.Text?.text ?? Array.from(reply.Ok?.Scores?.[0].log_probabilities ?? [reply]);
    const sequence = [];
    for (const request of requests) sequence.push(told(await window.running.ask(request)));
    const together = (await Promise.all(requests.map((request) => window.running.ask(request)))).map(told);
    return { sequence, together };
  });

/** What comes of a long answer and a long prompt that are cancelled under way, and after how many milliseconds. */
export const cancelledCalls = (page) =>
  page.evaluate(async () => {
    const long = { Generate: { prompt: window.chat("Tell a very long story."), sampling: window.sampling(4000) } };
    const prefill = { Score: [{ prompt: window.chat("word ".repeat(6000)), labels: ["Yes"] }] };
    const results = [];
    for (const request of [long, prefill]) {
      let begun;
      const running = new Promise((resolve) => (begun = resolve));
      const answer = window.running.ask(request, { hear: begun });
      await Promise.race([running, new Promise((resolve) => setTimeout(resolve, 1000))]);
      const start = performance.now();
      answer.cancel();
      results.push([await answer, performance.now() - start]);
    }
    return results;
  });
