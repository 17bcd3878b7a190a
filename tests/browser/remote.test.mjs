// A real model on another origin makes a portrait of someone whose history is full of canaries. Every request is looked
// at twice, where it arrives and in the browser's own log, and none of the canaries is in any, in whatever form.

import assert from "node:assert/strict";
import { test } from "node:test";
import { plantedHistory, searchFor } from "./canaries.mjs";
import { serve, watchErrors } from "./harness.mjs";
import { logged } from "./network-log.mjs";
import { hasLlama, openLlama } from "./remote-llama.mjs";
import { MINUTE, addRemote, importHistory, induce, made, open } from "./remote-person.mjs";
import { answers, kind, openModel } from "./remote-server.mjs";

const { text, canaries, pairs } = plantedHistory();
const find = searchFor(canaries);
/** A request as one text. */
const whole = ({ method, url, headers, body }) => [method, url, JSON.stringify(headers), body].join("\n");

test("the search finds a canary in every form", () => {
  assert.ok(canaries.length >= 200 && new Set(canaries).size === canaries.length, `${canaries.length} canaries`);
  assert.deepEqual(find("Compared with the second, the first answer is shorter. First answer, Second answer."), []);
  for (const canary of canaries) {
    const bytes = Buffer.from(canary);
    const code = (bytes, before) => Buffer.concat([Buffer.from("???".slice(0, before)), bytes]).toString("base64");
    const hidden = {
      plain: canary,
      "upper case": canary.toUpperCase(),
      backwards: [...canary].toReversed().join(""),
      "without what is not seen": canary.replace(/[\u200b\u2060\ufeff]/g, ""),
      "with more of what is not seen": [...canary].join("\u200b"),
      hex: bytes.toString("hex"),
      percent: encodeURIComponent(canary),
      entities: [...canary].map((c) => `&#x${c.codePointAt(0).toString(16)};`).join(""),
      json: JSON.stringify({ canary }),
      "json twice": JSON.stringify(JSON.stringify({ canary })),
      escapes: Array.from({ length: canary.length }, (_, at) => `\\u${canary.charCodeAt(at).toString(16).padStart(4, "0")}`).join(""),
      base64: code(bytes, 0),
      "base64, one further": code(bytes, 1),
      "base64, two further": code(bytes, 2),
      base64url: code(bytes, 1).replaceAll("+", "-").replaceAll("/", "_"),
    };
    for (const [form, leak] of Object.entries(hidden)) {
      assert.ok(find(`{"content":"a ${leak} b"}`).includes(canary), `${form} of ${canary}`);
    }
  }
});

/** Everything that a person can do with a remote model, on a history full of canaries. */
async function useAll(page, server) {
  await importHistory(page, text, pairs);
  await addRemote(page, { endpoint: server.endpoint, model: "smollm2-135m", key: "sk-test-0f5a9c" });
  await page.getByRole("button", { name: "Try it" }).click();
  await page.getByText(/^It answered ".+" in /).waitFor({ timeout: MINUTE });

  await induce(page, 4);
  await made(page, 5 * MINUTE);

  await open(page, "Judge");
  await page.getByRole("button", { name: "Fill in an example" }).click();
  await page.getByLabel("First answer").fill(`Keep it: ${canaries.slice(0, 12).join(" ")}`);
  await page.getByLabel("Second answer").fill(`What a question! ${canaries.slice(12, 24).join(" ")}`);
  await page.getByLabel(/^Ask .* too/).check();
  await page.getByRole("button", { name: "Judge", exact: true }).click();
  await page.locator(".verdict").waitFor({ timeout: MINUTE });

  await open(page, "Ask");
  const question = page.getByLabel("Question");
  await question.fill(`Please put it in other words: ${canaries.find((canary) => canary.startsWith("In the year"))}`);
  await page.getByRole("button", { name: "Draft and pick" }).click();
  await page.getByText(/^This quotes your history: /).waitFor();
  await question.fill("How much salt goes into the water for pasta?");
  await page.getByLabel("Drafts").selectOption({ label: "2 answers" });
  await page.getByRole("button", { name: "Draft and pick" }).click();
  await page.locator(".draft.best").waitFor({ timeout: 2 * MINUTE });
}

test("a real remote model makes a portrait, and none of the canaries leaves", { timeout: 10 * MINUTE }, async (t) => {
  if (!hasLlama()) {
    console.log("NOT MEASURED: a real remote model (llama.cpp is not installed)");
    return t.skip("llama.cpp is not installed");
  }
  const [app, server] = [await serve(), await openLlama()];
  let told = "";
  try {
    const log = await logged(async (browser) => {
      const page = browser.pages()[0] ?? (await browser.newPage());
      const watched = watchErrors(page);
      await page.goto(app.url);
      await useAll(page, server);
      watched.assertNone();
      await open(page, "Privacy");
      told = await page.locator(".left .total").innerText();
    });
    const asked = server.questions();
    const kinds = new Set(asked.map(kind));
    assert.deepEqual([...kinds].sort(), ["chat", "claims", "judgement", "reasoning"]);
    assert.ok(told.startsWith(`${asked.length} requests, `), told);
    assert.deepEqual(find(server.all.map(whole).join("\n")), [], "what arrived holds no canary");
    assert.deepEqual(find(log.sent), [], "what the browser sent holds no canary");
    assert.deepEqual(log.elsewhere(new URL(app.url).origin, server.origin), [], "nothing went anywhere else");
    const posted = log.requests.filter((one) => one.method === "POST" && one.url.startsWith(server.origin));
    assert.equal(posted.length, asked.length, "the browser's log has what arrived");
    assert.deepEqual(asked.filter(({ body }) => !log.sent.includes(body)), [], "with every byte");
    t.diagnostic(`${asked.length} requests`);
  } finally {
    await server.dispose();
    await app.stop();
  }
});

test("a leak is found in both places", async () => {
  const [app, server] = [await serve(), await openModel(() => answers())];
  const leak = canaries[7];
  try {
    const log = await logged(async (browser) => {
      const page = browser.pages()[0] ?? (await browser.newPage());
      await page.goto(app.url);
      await page.getByRole("button", { name: "Start with my own choices" }).click();
      await addRemote(page, { endpoint: server.endpoint });
      await page.evaluate(([to, body]) => fetch(to, { method: "POST", body }), [server.endpoint, Buffer.from(leak).toString("hex")]);
    });
    assert.deepEqual(find(server.all.map(whole).join("\n")), [leak]);
    assert.deepEqual(find(log.sent), [leak]);
    assert.deepEqual(log.elsewhere(new URL(app.url).origin), [
      `OPTIONS ${server.endpoint}`,
      `POST ${server.endpoint}`,
    ].filter((line) => log.requests.some(({ method, url }) => line === `${method} ${url}`)));
  } finally {
    await server.stop();
    await app.stop();
  }
});
