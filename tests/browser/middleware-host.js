// A host's page with every middleware of the package, which middleware.test.mjs has Vite build and then drives.

import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import { ChatPromptTemplate, MessagesPlaceholder } from "@langchain/core/prompts";
import { ChatOpenAI } from "@langchain/openai";
import { createLikeness } from "@likeness/browser";
import { likenessMiddleware } from "@likeness/browser/ai-sdk";
import { personalize } from "@likeness/browser/langchain";
import { personalized } from "@likeness/browser/openai";
import { generateText, streamText, wrapLanguageModel } from "ai";
import OpenAI from "openai";

const baseURL = new URLSearchParams(location.search).get("model");
const workerUrl = new URL("/likeness/data_worker_loader.js", location.href);
const open = (person = "Me") => createLikeness({ storage: { person, workerUrl } });
const provider = createOpenAICompatible({ name: "stub", baseURL });
const client = new OpenAI({ apiKey: "none", baseURL, dangerouslyAllowBrowser: true, maxRetries: 0 });
const chatModel = new ChatOpenAI({ model: "m", apiKey: "none", maxRetries: 0, configuration: { baseURL, dangerouslyAllowBrowser: true } });

Object.assign(window, { open, provider, client, chatModel, likenessMiddleware, personalize, personalized });
Object.assign(window, { generateText, streamText, wrapLanguageModel, ChatPromptTemplate, MessagesPlaceholder, ready: true });
