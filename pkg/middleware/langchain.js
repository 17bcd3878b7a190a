// A LangChain.js Runnable that stands before a chat model: messages in, messages with what held about the person out.
//
//   const chain = prompt.pipe(personalize(likeness)).pipe(model);

import { SystemMessage, coerceMessageLikeToMessage } from "@langchain/core/messages";
import { RunnableLambda } from "@langchain/core/runnables";
import { asking } from "./asking.js";
import { withText } from "./system-text.js";

/** Types and words are in langchain.d.ts. */
export function personalize(likeness, settings) {
  const ask = asking(likeness, settings);
  return RunnableLambda.from(async (input, config) => {
    const messages = asMessages(input);
    const about = await ask(config?.signal);
    if (!about) return messages;
    const [first, ...rest] = messages;
    if (first?.type !== "system") return [new SystemMessage(about), ...messages];
    const { id, name, additional_kwargs, response_metadata } = first;
    const content = withText(first.content, about);
    return [new SystemMessage({ id, name, additional_kwargs, response_metadata, content }), ...rest];
  }).withConfig({ runName: "likeness" });
}

/** What a chat model takes: a text, messages in any spelling, or what a prompt template gives. */
function asMessages(input) {
  if (typeof input?.toChatMessages === "function") return input.toChatMessages();
  return (Array.isArray(input) ? input : [input]).map(coerceMessageLikeToMessage);
}
