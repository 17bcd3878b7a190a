// The middleware for the AI SDK, the `openai` client and LangChain.js, with the real packages in a built page, before a
// server that keeps what it is asked. Each call is made with and without the middleware: the two requests may differ in
// the system's text alone. The history is full of canaries, which are searched for in every request of the page.

import assert from "node:assert/strict";
import { cp, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { before, after, test } from "node:test";
import { plantedHistory, searchFor } from "./canaries.mjs";
import { REPOSITORY } from "./harness.mjs";
import { run, viteBuild, withBuilt, withProject } from "./package-project.mjs";
import { answers, hangs, says } from "./remote-server.mjs";

const MINUTE = 60_000;
const PACKAGES = ["ai", "@ai-sdk/openai-compatible", "@ai-sdk/provider", "@langchain/core", "@langchain/openai", "openai"];
const PICTURE = "data:image/png;base64,iVBORw0KGgo=";
/** The sample is of a person of whom much can be said; the planted pairs are what must not be. */
const SAMPLE = await readFile(join(REPOSITORY, "www/sample.jsonl"), "utf8");
const HISTORY = plantedHistory();
const found = searchFor(HISTORY.canaries);

/** A reply of OpenAI's newer API. */
const RESPONSE = {
  id: "r", object: "response", status: "completed", model: "m",
  output: [{ type: "message", id: "t", role: "assistant", content: [{ type: "output_text", text: "Paris.", annotations: [] }] }],
};

const choose = ({ url }) => (url.endsWith("/responses") ? says(200, JSON.stringify(RESPONSE)) : answers({ chat: "Paris." }));

// One page serves all tests: building it takes most of the time.
let host, finish, closed;
before(async () => {
  const opened = new Promise((resolve, reject) => {
    closed = withProject(PACKAGES, async (folder) => {
      await cp(join(REPOSITORY, "tests/browser/middleware-host.js"), join(folder, "main.js"));
      await writeFile(join(folder, "index.html"), '<!doctype html><title>host</title><script type="module" src="/main.js"></script>');
      const path = (endpoint) => `?model=${encodeURIComponent(endpoint)}`;
      await withBuilt(await viteBuild(folder), (it) => (resolve(it), new Promise((done) => (finish = done))), {
        choose, path, allowedErrors: [/of the host's own|this likeness was destroyed/],
      });
    });
    closed.catch(reject);
  });
  host = await opened;
  await host.page.waitForFunction(() => window.ready);
  const known = await host.page.evaluate(async (files) => {
    window.likeness = await open();
    for (const file of files) await likeness.import(file);
    const { claims, pairs } = await likeness.portrait();
    return { pairs, texts: claims.map(({ text }) => text.replace(/^You/, "They")) };
  }, [SAMPLE, HISTORY.text]);
  assert.ok(known.pairs > HISTORY.pairs, `${known.pairs} pairs`);
  host.claims = known.texts;
  assert.ok(host.claims.length > 0, "there is something to tell");
}, { timeout: 3 * MINUTE });
after(async () => {
  finish?.();
  await closed;
});

/** Runs `call` in the page, and gives what it returned and the bodies that reached the model meanwhile. */
async function asked(call, argument) {
  const already = host.model.questions().length;
  const returned = await host.page.evaluate(call, argument);
  return { returned, bodies: host.model.questions().slice(already).map((request) => request.asked) };
}

/** The second of two bodies tells of the person in its system's text, and is like the first but for that. */
function assertToldOnly([plain, told], systemOf, withoutSystem) {
  assert.deepEqual(withoutSystem(told), withoutSystem(plain));
  const [before, after] = [systemOf(plain) ?? "", systemOf(told)];
  assert.ok(after.startsWith(before), `what the host says stays: ${after}`);
  for (const claim of host.claims) {
    assert.ok(after.includes(claim), `${claim} is told`);
    assert.ok(!before.includes(claim));
  }
}
const INSTRUCTS = ["system", "developer"];
const text = (content) => (Array.isArray(content) ? content.map((part) => part.text).join("\n") : content);
const system = ({ messages }) => messages.filter(({ role }) => INSTRUCTS.includes(role)).map(({ content }) => text(content)).join("\n");
const others = ({ messages, ...body }) => ({ ...body, messages: messages.filter(({ role }) => !INSTRUCTS.includes(role)) });

function assertNoHistory() {
  for (const request of [...host.model.all, ...host.requests, ...host.sent]) assert.deepEqual(found(JSON.stringify(request)), [], request.url);
}

test("AI SDK: parts, tool calls and streams pass, the system's text alone is added", { timeout: MINUTE }, async () => {
  const { returned, bodies } = await asked(async (picture) => {
    const plain = provider("m");
    const model = wrapLanguageModel({ model: plain, middleware: likenessMiddleware(likeness) });
    const messages = [
      { role: "user", content: [{ type: "text", text: "What is this?" }, { type: "file", data: picture, mediaType: "image/png" }] },
      { role: "assistant", content: [{ type: "tool-call", toolCallId: "1", toolName: "look", input: { at: "it" } }] },
      { role: "tool", content: [{ type: "tool-result", toolCallId: "1", toolName: "look", output: { type: "text", value: "a tower" } }] },
    ];
    const said = [];
    for (const it of [plain, model]) said.push((await generateText({ model: it, instructions: "Be kind.", messages })).text);
    for (const it of [plain, model]) {
      let whole = "";
      for await (const piece of streamText({ model: it, prompt: "Where?" }).textStream) whole += piece;
      said.push(whole);
    }
    return said;
  }, PICTURE);
  assert.deepEqual(returned, ["Paris.", "Paris.", "Paris.", "Paris."]);
  assertToldOnly(bodies.slice(0, 2), system, others);
  assertToldOnly(bodies.slice(2), system, others);
  assert.ok(JSON.stringify(bodies[1]).includes(PICTURE) && bodies[1].messages.some(({ tool_calls }) => tool_calls), "the parts are there");
  assert.equal(bodies[3].stream, true);
  assertNoHistory();
});

test("openai: create, streams, withResponse and responses; a developer's message in parts stays", { timeout: MINUTE }, async () => {
  const { returned, bodies } = await asked(async (picture) => {
    const said = [];
    const mine = personalized(client, likeness);
    const messages = [
      { role: "developer", content: [{ type: "text", text: "Be kind." }] },
      { role: "user", content: [{ type: "text", text: "What is this?" }, { type: "image_url", image_url: { url: picture } }] },
      { role: "assistant", content: null, tool_calls: [{ id: "1", type: "function", function: { name: "look", arguments: "{}" } }] },
      { role: "tool", tool_call_id: "1", content: "a tower" },
    ];
    for (const it of [client, mine]) {
      const { data, response } = await it.chat.completions.create({ model: "m", messages }).withResponse();
      said.push(data.choices[0].message.content, response.status);
    }
    const question = [{ role: "user", content: "Where?" }];
    for (const it of [client, mine]) {
      let whole = "";
      for await (const piece of await it.chat.completions.create({ model: "m", messages: question, stream: true })) {
        whole += piece.choices[0].delta.content ?? "";
      }
      said.push(whole);
    }
    for (const it of [client, mine]) said.push((await it.responses.create({ model: "m", input: "Where?", instructions: "Be kind." })).output_text);
    return said;
  }, PICTURE);
  assert.deepEqual(returned, ["Paris.", 200, "Paris.", 200, "Paris.", "Paris.", "Paris.", "Paris."]);
  assertToldOnly(bodies.slice(0, 2), system, others);
  assert.equal(bodies[1].messages[0].content.length, 2, "one part more");
  assertToldOnly(bodies.slice(2, 4), system, others);
  assertToldOnly(bodies.slice(4), ({ instructions }) => instructions, ({ instructions, ...rest }) => rest);
  assertNoHistory();
});

test("LangChain.js: between a prompt template and a chat model, and with a text alone; streams", { timeout: MINUTE }, async () => {
  const { returned, bodies } = await asked(async (picture) => {
    const prompt = ChatPromptTemplate.fromMessages([["system", "Be kind."], new MessagesPlaceholder("turns")]);
    const turns = [
      { role: "user", content: [{ type: "text", text: "What is this?" }, { type: "image_url", image_url: { url: picture } }] },
      { role: "assistant", content: "", tool_calls: [{ id: "1", type: "tool_call", name: "look", args: {} }] },
      { role: "tool", tool_call_id: "1", content: "a tower" },
    ];
    const said = [];
    for (const it of [prompt.pipe(chatModel), prompt.pipe(personalize(likeness)).pipe(chatModel)]) said.push((await it.invoke({ turns })).text);
    for (const it of [chatModel, personalize(likeness).pipe(chatModel)]) {
      let whole = "";
      for await (const piece of await it.stream("Where?")) whole += piece.text;
      said.push(whole);
    }
    return said;
  }, PICTURE);
  assert.deepEqual(returned, ["Paris.", "Paris.", "Paris.", "Paris."]);
  assertToldOnly(bodies.slice(0, 2), system, others);
  assert.ok(JSON.stringify(bodies[1]).includes(PICTURE) && bodies[1].messages.some(({ tool_calls }) => tool_calls), "the parts are there");
  assertToldOnly(bodies.slice(2), system, others);
  assertNoHistory();
});

test("a call that is aborted while the person is looked up asks no model; a later abort ends the request", { timeout: MINUTE }, async () => {
  const calls = {
    "ai-sdk": (abortSignal) =>
      generateText({ model: wrapLanguageModel({ model: provider("m"), middleware: likenessMiddleware(likeness) }), prompt: "q", abortSignal, maxRetries: 0 }),
    openai: (signal) => personalized(client, likeness).chat.completions.create({ model: "m", messages: [] }, { signal }),
    langchain: (signal) => personalize(likeness).pipe(chatModel).invoke("q", { signal }),
  };
  for (const [name, call] of Object.entries(calls)) {
    const { returned, bodies } = await asked(async (call) => {
      const stop = new AbortController();
      const answer = eval(call)(stop.signal);
      stop.abort();
      return answer.then(() => "answered", () => "stopped");
    }, String(call));
    assert.deepEqual([name, returned, bodies], [name, "stopped", []]);
    host.model.will(hangs);
    const later = host.page.evaluate(async (call) => {
      window.stop = new AbortController();
      return eval(call)(stop.signal).then(() => "answered", () => "stopped");
    }, String(call));
    const already = host.model.questions().length;
    while (host.model.questions().length === already) await host.page.waitForTimeout(20);
    await host.page.evaluate(() => stop.abort());
    assert.deepEqual([name, await later], [name, "stopped"]);
    host.model.will(choose);
  }
});

test("where the likeness fails the chat goes on without it, and onError hears why; an aborted call does not", { timeout: MINUTE }, async () => {
  const calls = {
    "ai-sdk": (ended, settings, signal) =>
      generateText({ model: wrapLanguageModel({ model: provider("m"), middleware: likenessMiddleware(ended, settings) }), prompt: "q", abortSignal: signal, maxRetries: 0 }),
    openai: (ended, settings, signal) =>
      personalized(client, ended, settings).chat.completions.create({ model: "m", messages: [{ role: "user", content: "q" }] }, { signal }),
    langchain: (ended, settings, signal) => personalize(ended, settings).pipe(chatModel).invoke("q", { signal }),
  };
  for (const [name, call] of Object.entries(calls)) {
    const { returned, bodies } = await asked(async (call) => {
      const make = eval(call);
      const ended = await open("Nobody");
      ended.destroy();
      const [heard, reported] = [[], []];
      const report = (event) => (event.preventDefault(), reported.push(event.error.code));
      addEventListener("error", report);
      await make(ended, { onError: ({ code }) => heard.push(code) });
      // A callback of the host's that throws is reported, and the request leaves all the same.
      await make(ended, { onError: () => { throw Object.assign(new Error("of the host's own"), { code: "its own" }); } });
      await make(ended);
      const stopped = await make(ended, { onError: ({ code }) => heard.push(code) }, AbortSignal.abort()).then(() => "answered", () => "stopped");
      removeEventListener("error", report);
      return { heard, reported, stopped };
    }, String(call));
    assert.deepEqual([name, returned], [name, { heard: ["destroyed"], reported: ["its own", "destroyed"], stopped: "stopped" }]);
    assert.equal(bodies.length, 3, "three requests left");
    for (const body of bodies) assert.equal(system(body), "", name);
  }
});

test("openai: a client that withOptions makes of a personalised one is personalised too", { timeout: MINUTE }, async () => {
  const { bodies } = await asked(async () => {
    const mine = personalized(client, likeness).withOptions({ timeout: 60_000 }).withOptions({ maxRetries: 1 });
    for (const it of [client.withOptions({ maxRetries: 1 }), mine]) {
      await it.chat.completions.create({ model: "m", messages: [{ role: "user", content: "Where?" }] });
    }
  });
  assertToldOnly(bodies, system, others);
});

test("nothing is added where nothing is known, and the client that was given stays as it was", { timeout: MINUTE }, async () => {
  const { bodies } = await asked(async () => {
    const nobody = await open("Nobody");
    const messages = [{ role: "user", content: "Where?" }];
    await client.chat.completions.create({ model: "m", messages });
    await personalized(client, nobody).chat.completions.create({ model: "m", messages });
    await personalized(client, nobody).responses.create({ model: "m", input: "Where?" });
  });
  assert.deepEqual(bodies[0], bodies[1]);
  assert.deepEqual(bodies[2], { model: "m", input: "Where?" });
});

test("the types fit the packages' own", { timeout: 2 * MINUTE }, async () => {
  await withProject(PACKAGES, async (folder) => {
    await cp(join(REPOSITORY, "tests/browser/middleware-types.mts"), join(folder, "host.mts"));
    const tsc = join(REPOSITORY, "tests/browser/node_modules/.bin/tsc");
    for (const [module, resolution] of [["nodenext", "nodenext"], ["esnext", "bundler"]]) {
      // The packages' own declarations are not ours to check.
      const options = ["--noEmit", "--strict", "--skipLibCheck", "--target", "es2022", "--lib", "es2022,dom,dom.iterable"];
      const said = await run(tsc, [...options, "--module", module, "--moduleResolution", resolution, "host.mts"], { cwd: folder })
        .catch((error) => error);
      assert.equal(said.stdout, "", module);
    }
  });
});

for (const version of [5, 6]) {
  test(`openai ${version}: its two calls tell the model of the person`, { timeout: MINUTE }, async () => {
    const { OpenAI } = await import(`openai-${version}`);
    const { personalized } = await import("../../pkg/middleware/openai.js");
    const sent = [];
    const fetch = async (_, { body }) => {
      sent.push(JSON.parse(body));
      return new Response(JSON.stringify(RESPONSE), { headers: { "content-type": "application/json" } });
    };
    const likeness = { personalize: async () => [{ role: "system", content: "They like it short." }] };
    const client = personalized(new OpenAI({ apiKey: "k", baseURL: "https://model.invalid/v1", fetch }), likeness);
    await client.chat.completions.create({ model: "m", messages: [{ role: "user", content: "Where?" }] });
    await client.responses.create({ model: "m", input: "Where?" });
    assert.deepEqual(sent.map(({ messages, instructions }) => messages?.[0].content ?? instructions), ["They like it short.", "They like it short."]);
  });
}
