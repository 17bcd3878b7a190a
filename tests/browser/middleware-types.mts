// Uses the middleware as a host would; middleware.test.mjs has the compiler read it beside the packages' own types.
import { ChatPromptTemplate } from "@langchain/core/prompts";
import { ChatOpenAI } from "@langchain/openai";
import { createLikeness } from "@likeness/browser";
import { likenessMiddleware } from "@likeness/browser/ai-sdk";
import { personalize } from "@likeness/browser/langchain";
import { personalized } from "@likeness/browser/openai";
import { generateText, wrapLanguageModel, type LanguageModelMiddleware } from "ai";
import type { LanguageModelV4 } from "@ai-sdk/provider";
import OpenAI, { AzureOpenAI } from "openai";

const likeness = await createLikeness();

declare const plain: LanguageModelV4;
const model = wrapLanguageModel({ model: plain, middleware: likenessMiddleware(likeness) });
const several: LanguageModelMiddleware[] = [likenessMiddleware(likeness)];
const { text } = await generateText({ model: wrapLanguageModel({ model, middleware: several }), prompt: "q" });
const quiet: LanguageModelMiddleware = likenessMiddleware(likeness, { onError: (error: unknown) => console.log(error) });
// @ts-expect-error: what is told of a failure is a function
likenessMiddleware(likeness, { onError: "quietly" });
// @ts-expect-error: a middleware has no such part
likenessMiddleware(likeness).transformWeather;

const client: OpenAI = personalized(new OpenAI(), likeness);
const azure: AzureOpenAI = personalized(new AzureOpenAI(), likeness, { onError: console.error });
for await (const { choices } of await client.chat.completions.create({ model: "m", messages: [], stream: true })) {
  const piece: string | null | undefined = choices[0]?.delta.content;
  console.log(piece);
}
// @ts-expect-error: no client of OpenAI's
personalized({}, likeness);

const chain = ChatPromptTemplate.fromTemplate("{q}").pipe(personalize(likeness, {})).pipe(new ChatOpenAI({ model: "m" }));
const said: string = (await chain.invoke({ q: "q" }, { signal: AbortSignal.timeout(1) })).text;
// @ts-expect-error: not what a model takes
await personalize(likeness).invoke(3);
console.log(text, azure, said, quiet);
