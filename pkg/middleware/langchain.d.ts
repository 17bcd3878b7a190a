import type { BaseLanguageModelInput } from "@langchain/core/language_models/base";
import type { BaseMessage } from "@langchain/core/messages";
import type { Runnable } from "@langchain/core/runnables";
import type { Likeness, MiddlewareSettings } from "../index.js";

/**
 * A Runnable to stand before a chat model: takes what the model would take, gives messages with what held about the
 * person in the first system message. Its `signal` option stops it.
 */
export declare function personalize(
  likeness: Likeness,
  settings?: MiddlewareSettings,
): Runnable<BaseLanguageModelInput, BaseMessage[]>;
