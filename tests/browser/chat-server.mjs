// A scripted remote model, and how a person adds one.

import { createServer } from "node:http";

/** A server that answers each chat completion with what `reply` says, streamed, and keeps the requests. */
export async function chatServer(reply) {
  const requests = [];
  const server = createServer((request, response) => {
    let body = "";
    request.on("data", (bytes) => (body += bytes));
    request.on("end", () => {
      const headers = { "Access-Control-Allow-Origin": "*", "Access-Control-Allow-Headers": "*" };
      if (request.method === "OPTIONS") return response.writeHead(204, headers).end();
      const asked = JSON.parse(body);
      requests.push({ url: request.url, headers: request.headers, body, asked });
      response.writeHead(200, { ...headers, "Content-Type": "text/event-stream" });
      const event = (choice) => response.write(`data: ${JSON.stringify({ choices: [{ index: 0, ...choice }] })}\n\n`);
      event({ delta: { role: "assistant", content: reply(asked, requests.length) } });
      event({ delta: {}, finish_reason: "stop" });
      response.end("data: [DONE]\n\n");
    });
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${server.address().port}/v1`,
    requests,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

/** Adds a remote model on the Models page; the page reloads with the policy that lets it be reached. */
export async function addModel(page, url, model) {
  await page.getByRole("link", { name: "Models" }).click();
  await page.getByRole("button", { name: "Add a remote model …" }).click();
  await page.getByLabel("Service").selectOption("own");
  await page.getByLabel("Base address").fill(url);
  await page.getByLabel("Model", { exact: true }).fill(model);
  const reloaded = page.waitForEvent("load");
  await page.getByRole("button", { name: "Save" }).click();
  await reloaded;
  await page.getByText(model, { exact: true }).waitFor();
}
