import type OpenAI from "openai";
import type { Likeness, MiddlewareSettings } from "../index.js";

/**
 * A client like the given one, whose chat completions and responses tell the model what held about the person: in the
 * system (or developer) message, or in `instructions`. The given client stays as it is;
 * those that `withOptions` makes of the new one tell too. A request's `signal` stops this part too.
 */
export declare function personalized<Client extends OpenAI>(
  client: Client,
  likeness: Likeness,
  settings?: MiddlewareSettings,
): Client;
