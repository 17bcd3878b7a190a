// A chat of assistant-ui whose model is told what held about the person, and whose thumbs teach it.

import {
  ActionBarPrimitive, AssistantRuntimeProvider, BranchPickerPrimitive, ComposerPrimitive, MessagePrimitive,
  ThreadPrimitive, useLocalRuntime,
} from "@assistant-ui/react";
import { createLikeness } from "@likeness/browser";
import "@likeness/browser/elements";
import { personalized } from "@likeness/browser/openai";
import OpenAI from "openai";
import { useMemo, useRef } from "react";
import { createRoot } from "react-dom/client";
import { likenessFeedback, text } from "./feedback.js";

// Any server that speaks OpenAI's API: ?model=http://127.0.0.1:8080/v1
const baseURL = new URLSearchParams(location.search).get("model") ?? "http://127.0.0.1:8080/v1";
const client = new OpenAI({ baseURL, apiKey: "none", dangerouslyAllowBrowser: true });

/** What `induce` asks: with sketches, never with the person's texts, and not told about the person. */
async function answer({ messages, maxTokens, temperature, signal }) {
  const asked = { model: "default", messages, max_tokens: maxTokens, temperature };
  return (await client.chat.completions.create(asked, { signal })).choices[0].message.content;
}

/** The chat's own model, told what held about the person. */
const chatModel = (likeness) => ({
  async *run({ messages, abortSignal }) {
    const turns = messages.map((message) => ({ role: message.role, content: text(message) }));
    const asked = { model: "default", messages: turns, stream: true };
    const pieces = await personalized(client, likeness).chat.completions.create(asked, { signal: abortSignal });
    let said = "";
    for await (const piece of pieces) {
      said += piece.choices[0]?.delta.content ?? "";
      yield { content: [{ type: "text", text: said }] };
    }
  },
});

const Answer = () => (
  <MessagePrimitive.Root className="answer">
    <MessagePrimitive.Parts />
    <ActionBarPrimitive.Root className="bar">
      <ActionBarPrimitive.FeedbackPositive>Good</ActionBarPrimitive.FeedbackPositive>
      <ActionBarPrimitive.FeedbackNegative>Bad</ActionBarPrimitive.FeedbackNegative>
      <ActionBarPrimitive.Reload>Another answer</ActionBarPrimitive.Reload>
      <BranchPickerPrimitive.Root hideWhenSingleBranch className="bar">
        <BranchPickerPrimitive.Previous aria-label="The answer before">‹</BranchPickerPrimitive.Previous>
        <span><BranchPickerPrimitive.Number /> of <BranchPickerPrimitive.Count /></span>
        <BranchPickerPrimitive.Next aria-label="The next answer">›</BranchPickerPrimitive.Next>
      </BranchPickerPrimitive.Root>
    </ActionBarPrimitive.Root>
  </MessagePrimitive.Root>
);

const Question = () => <MessagePrimitive.Root className="question"><MessagePrimitive.Parts /></MessagePrimitive.Root>;

function Chat({ likeness }) {
  const thread = useRef();
  const adapters = useMemo(() => ({ feedback: likenessFeedback(likeness, () => thread.current.export()) }), [likeness]);
  const runtime = useLocalRuntime(useMemo(() => chatModel(likeness), [likeness]), { adapters });
  thread.current = runtime.thread;
  return (
    <AssistantRuntimeProvider runtime={runtime}>
      <ThreadPrimitive.Root className="thread">
        <ThreadPrimitive.Viewport className="messages">
          <ThreadPrimitive.Messages components={{ UserMessage: Question, AssistantMessage: Answer }} />
        </ThreadPrimitive.Viewport>
        <ComposerPrimitive.Root className="composer">
          <ComposerPrimitive.Input aria-label="Your message" placeholder="Ask something" />
          <ComposerPrimitive.Send>Send</ComposerPrimitive.Send>
        </ComposerPrimitive.Root>
      </ThreadPrimitive.Root>
    </AssistantRuntimeProvider>
  );
}

const workerUrl = new URL("/likeness/data_worker_loader.js", location.href);
const likeness = await createLikeness({ storage: { workerUrl }, model: { name: "chat", answer } });
// For whoever tries it from the console: any script of this page can do the same.
globalThis.likeness = likeness;

createRoot(document.getElementById("root")).render(
  <main>
    <Chat likeness={likeness} />
    <aside>
      <likeness-panel likeness={likeness} />
    </aside>
  </main>,
);
