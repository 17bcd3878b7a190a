// Middleware for Vercel's AI SDK 7: what held about the person joins the system message of every call of a model.
//
//   const model = wrapLanguageModel({ model: openai("…"), middleware: likenessMiddleware(likeness) });
//
// Only the prompt's system message changes; messages with files, tool calls and their results pass as they are, and so
// does what the model answers. An aborted call stops here too.

import { withAbout } from "../about.js";
import { asking } from "./asking.js";

/** Types and words are in ai-sdk.d.ts. */
export function likenessMiddleware(likeness, settings) {
  const about = asking(likeness, settings);
  return {
    specificationVersion: "v4",
    async transformParams({ params }) {
      return { ...params, prompt: withAbout(params.prompt, await about(params.abortSignal)) };
    },
  };
}
