import type { wrapLanguageModel } from "ai";
import type { Likeness, MiddlewareSettings } from "../index.js";

/** What `wrapLanguageModel` takes as one middleware. */
export type Middleware = Exclude<Parameters<typeof wrapLanguageModel>[0]["middleware"], readonly unknown[]>;

/**
 * A middleware for the AI SDK: adds what held about the person to the system message of every call. Of a call, nothing
 * else changes; its `abortSignal` stops this part too.
 */
export declare function likenessMiddleware(likeness: Likeness, settings?: MiddlewareSettings): Middleware;
