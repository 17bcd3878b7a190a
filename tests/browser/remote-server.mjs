// A server that speaks OpenAI's chat completions on an origin of its own, keeps every request that reaches it, and
// answers as a test says: as a model would, or with any fault. It answers a browser's preflights, also of an address on
// this machine.

import { createServer } from "node:http";

export const wait = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/**
 * @typedef {{method: string, url: string, headers: object, body: string, asked?: object}} Kept `asked` is the body, read
 * @typedef {(response: import("node:http").ServerResponse, request: Kept) => unknown} Act how one request is answered
 */

/**
 * @param {(request: Kept, number: number) => Act} choose what to do with a question; `number` counts them from 0
 * @param {{port?: number, cors?: boolean}} [settings] without `cors` no page may read what it says
 */
export async function openModel(choose = () => answers(), { port = 0, cors = true } = {}) {
  const all = [];
  let act = choose;
  const questions = () => all.filter((request) => request.method === "POST");
  const server = createServer(async (request, response) => {
    const pieces = [];
    for await (const piece of request) pieces.push(piece);
    const body = Buffer.concat(pieces).toString();
    const kept = { method: request.method, url: request.url, headers: request.headers, body };
    const number = questions().length;
    all.push(kept);
    if (cors) allowReading(request, response);
    if (request.method === "OPTIONS") return response.writeHead(cors ? 204 : 405).end();
    kept.asked = read(body);
    await act(kept, number)(response, kept);
  });
  // What a browser broke off is no fault of the server.
  server.on("clientError", (_, socket) => socket.destroy());
  const listen = (at) =>
    new Promise((resolve, reject) => server.once("error", reject).listen(at, "127.0.0.1", resolve));
  await listen(port);
  const taken = server.address().port;
  const stop = async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  return {
    origin: `http://127.0.0.1:${taken}`,
    endpoint: `http://127.0.0.1:${taken}/v1`,
    /** Every request, preflights too. */
    all,
    /** Those that ask something. */
    questions,
    /** Answers otherwise from now on. */
    will: (other) => (act = other),
    stop,
    /** Listens again where it did before. */
    again: () => listen(taken),
  };
}

function allowReading(request, response) {
  response.setHeader("Access-Control-Allow-Origin", request.headers.origin ?? "*");
  response.setHeader("Access-Control-Allow-Headers", request.headers["access-control-request-headers"] ?? "*");
  response.setHeader("Access-Control-Allow-Private-Network", "true");
  response.setHeader("Access-Control-Expose-Headers", "Retry-After");
}

function read(body) {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}

/** What a question is about, by how it is put: "judgement", "reasoning", "claims" or "chat". */
export function kind({ asked }) {
  const last = asked?.messages?.at(-1)?.content ?? "";
  if (asked?.logprobs || /one word, First or Second/.test(last)) return "judgement";
  if (/line "Preferred: First"/.test(last)) return "reasoning";
  if (/Write at most \d+ lines/.test(last)) return "claims";
  return "chat";
}

/** The answer with less of what a sketch tells: the made-up people of these tests like it short and plain. */
function preferred({ asked }) {
  const sketch = asked.messages.map(({ content }) => content).join("\n").match(/The first answer (is|has) [^.]*/g)?.at(-1);
  return /less|fewer|shorter/.test(sketch) ? "First" : "Second";
}

/** Answers as a model would; a test puts other words in for a kind of question. */
export function answers(words = {}) {
  const known = {
    judgement: preferred,
    reasoning: (request) => `It says more with less, and they like that.\nPreferred: ${preferred(request)}`,
    claims: "You prefer answers that are shorter",
    chat: "ready",
    ...words,
  };
  return (response, request) => {
    const said = known[kind(request)];
    const text = typeof said === "function" ? said(request) : said;
    return (request.asked?.stream ? streams(text) : whole(text))(response, request);
  };
}

/** A reply in one piece, with the probabilities of its first token. */
const whole = (text) => (response) => {
  const likeliest = [
    { token: text.split(/\s/)[0], logprob: -0.1 },
    { token: text.startsWith("First") ? "Second" : "First", logprob: -2.4 },
  ];
  const content = [{ ...likeliest[0], top_logprobs: likeliest }];
  const choice = { index: 0, message: { role: "assistant", content: text }, logprobs: { content }, finish_reason: "stop" };
  response.writeHead(200, { "Content-Type": "application/json" });
  response.end(JSON.stringify({ object: "chat.completion", choices: [choice], usage: usage(text) }));
};

/** A reply as a stream of events, one a word; `pause` milliseconds between them. */
export const streams = (text, pause = 0) => async (response) => {
  response.writeHead(200, { "Content-Type": "text/event-stream" });
  for (const piece of text.match(/\S*\s*/g)) {
    response.write(event({ delta: { content: piece } }));
    if (pause) await wait(pause);
  }
  response.write(event({ delta: {}, finish_reason: "stop" }));
  response.end("data: [DONE]\n\n");
};

const usage = (text) => ({ prompt_tokens: 100, completion_tokens: Math.ceil(text.length / 4) });
const event = (choice) => `data: ${JSON.stringify({ choices: [{ index: 0, ...choice }] })}\n\n`;

// Faults.

export const says =
  (status, body, headers = {}) =>
  (response) =>
    response.writeHead(status, { "Content-Type": "application/json", ...headers }).end(body);

export const complains = (status, message, headers) => says(status, JSON.stringify({ error: { message } }), headers);

/** Takes the request and never says a word. */
export const hangs = () => () => {};

/** Begins a stream and breaks the connection. */
export const breaksOff = () => (response) => {
  response.writeHead(200, { "Content-Type": "text/event-stream", "Content-Length": "100000" });
  response.write(event({ delta: { content: "The first" } }), () => response.destroy());
};

/** A stream without an end, as fast as it is read, or a piece every `pause` milliseconds. */
export const neverEnds = (pause = 0) => async (response) => {
  let open = true;
  response.on("close", () => (open = false));
  response.writeHead(200, { "Content-Type": "text/event-stream" });
  const piece = event({ delta: { content: pause ? " and" : " and so on".repeat(5000) } });
  while (open) {
    if (!response.write(piece)) await Promise.race([new Promise((drained) => response.once("drain", drained)), wait(100)]);
    if (pause) await wait(pause);
  }
};

/** One JSON string of so many bytes. */
export const floods = (bytes) => async (response) => {
  let open = true;
  response.on("close", () => (open = false));
  response.writeHead(200, { "Content-Type": "application/json" });
  response.write('{"choices":[{"message":{"content":"');
  const piece = "x".repeat(1 << 16);
  for (let sent = 0; sent < bytes && open; sent += piece.length) {
    if (!response.write(piece)) await Promise.race([new Promise((drained) => response.once("drain", drained)), wait(100)]);
  }
  response.end('"}}]}');
};

export const redirects = (to, status = 307) => says(status, "", { Location: to });
