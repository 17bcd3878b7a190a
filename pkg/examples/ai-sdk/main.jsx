// A chat of the AI SDK: its model is told what held about the person, and a second answer is put beside the first.

import { useChat } from "@ai-sdk/react";
import { createLikeness } from "@likeness/browser";
import "@likeness/browser/elements";
import { useEffect, useMemo, useState } from "react";
import { createRoot } from "react-dom/client";
import { answer, chatTransport } from "./model.js";

const text = ({ parts }) => parts.filter(({ type }) => type === "text").map((part) => part.text).join("");
const turn = (message) => ({ role: message.role, content: text(message) });

/** The last answer and the one that it stands for now, as `<likeness-choice>` takes them. */
function choiceBetween(before, messages) {
  const now = messages.at(-1);
  if (now?.role !== "assistant" || text(before) === text(now)) return undefined;
  const options = [{ id: "before", content: text(before) }, { id: "now", content: text(now) }];
  return { before, now, options, context: messages.slice(0, -1).map(turn) };
}

function Chat({ likeness }) {
  const chat = useChat({ transport: useMemo(() => chatTransport(likeness), [likeness]) });
  const { messages, setMessages, sendMessage, regenerate, status, error } = chat;
  const [replaced, setReplaced] = useState();
  const [choice, setChoice] = useState();
  const [draft, setDraft] = useState("");
  const idle = status === "ready" || status === "error";

  useEffect(() => {
    if (!replaced || !idle) return;
    // After a failure there is no second answer.
    if (status === "ready") setChoice(choiceBetween(replaced, messages));
    setReplaced(undefined);
  }, [status, idle, replaced, messages]);

  const again = async () => {
    const before = messages.at(-1);
    await regenerate();
    setReplaced(before);
  };
  const send = (event) => {
    event.preventDefault();
    if (!draft.trim()) return;
    sendMessage({ text: draft });
    setDraft("");
  };
  // The element keeps the choice; the chat goes on from the answer that was preferred.
  const chosen = ({ detail }) => {
    if (detail.chosen === "before") setMessages((all) => [...all.slice(0, -1), choice.before]);
  };
  const recorded = () => setChoice(undefined);

  const shown = choice ? messages.slice(0, -1) : messages;
  return (
    <form className="thread" onSubmit={send}>
      <div className="messages">
        {shown.map((message) => (
          <div key={message.id} className={message.role === "user" ? "question" : "answer"}>{text(message)}</div>
        ))}
        {choice && (
          <likeness-choice likeness={likeness} context={choice.context} options={choice.options}
            onlikeness-choice={chosen} onlikeness-recorded={recorded} />
        )}
        {!choice && idle && messages.at(-1)?.role === "assistant" && (
          <div className="bar"><button type="button" onClick={again}>Another answer</button></div>
        )}
        {error && <p role="alert">{error.message}</p>}
      </div>
      <div className="composer">
        <textarea aria-label="Your message" placeholder="Ask something" rows="1" value={draft} onChange={({ target }) => setDraft(target.value)} />
        <button disabled={!idle || Boolean(choice)}>Send</button>
      </div>
    </form>
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
