// The chat's model, twice: told about the person for the chat, and plain for what `induce` asks.

import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import { likenessMiddleware } from "@likeness/browser/ai-sdk";
import { DirectChatTransport, ToolLoopAgent, generateText, wrapLanguageModel } from "ai";

// Any server that speaks OpenAI's API: ?model=http://127.0.0.1:8080/v1
const baseURL = new URLSearchParams(location.search).get("model") ?? "http://127.0.0.1:8080/v1";
const plain = createOpenAICompatible({ name: "chat", baseURL })("default");

/** Talks to the model from the page itself: where the likeness is, there the prompt is made. */
export function chatTransport(likeness) {
  const model = wrapLanguageModel({ model: plain, middleware: likenessMiddleware(likeness) });
  return new DirectChatTransport({ agent: new ToolLoopAgent({ model, instructions: "Answer the question." }) });
}

/** What `induce` asks: with sketches, never with the person's texts, and not told about the person. */
export async function answer({ messages, maxTokens, temperature, signal }) {
  const said = await generateText({
    model: plain,
    instructions: messages.filter(({ role }) => role === "system").map(({ content }) => content).join("\n\n"),
    messages: messages.filter(({ role }) => role !== "system"),
    maxOutputTokens: maxTokens,
    temperature,
    abortSignal: signal,
  });
  return said.text;
}
