// An `openai` client whose chats know the person: what held about them joins the system message of each request.
//
//   const client = personalized(new OpenAI({ … }), likeness);
//
// Everything that asks a model (`create`, `stream`, `parse`, `runTools`) goes through the client's `post`, which takes
// its options as a promise: so one place is enough, and streams, retries and `withResponse` work as before.

import { asking } from "./asking.js";
import { withText } from "./system-text.js";

/** How the body of each kind of request tells a model who asks. Other requests pass as they are. */
const TOLD = {
  "/chat/completions": (body, about) => ({ ...body, messages: withSystem(body.messages, about) }),
  "/responses": (body, about) => ({ ...body, instructions: withText(body.instructions ?? "", about) }),
};

/** Types and words are in openai.d.ts. */
export function personalized(client, likeness, settings) {
  return telling(client.withOptions({}), asking(likeness, settings));
}

/** The client, made to tell; so are those that are made of it with other options. */
function telling(client, ask) {
  const { post, withOptions } = client;
  client.post = (path, options) => {
    const tell = TOLD[path];
    return post.call(client, path, tell ? told(ask, tell, options) : options);
  };
  client.withOptions = (options) => telling(withOptions.call(client, options), ask);
  return client;
}

async function told(ask, tell, options) {
  const { body, signal, ...rest } = await options;
  const about = await ask(signal);
  return { ...rest, signal, body: about ? tell(body, about) : body };
}

/** The messages, with the text at the end of the first one where that gives instructions, else before them. */
function withSystem(messages, about) {
  const [first, ...rest] = messages;
  if (first?.role === "system" || first?.role === "developer") {
    return [{ ...first, content: withText(first.content, about) }, ...rest];
  }
  return [{ role: "system", content: about }, ...messages];
}
