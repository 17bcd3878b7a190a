/** A message of a conversation. */
export interface Message {
  role: "system" | "user" | "assistant";
  content: string;
}

/** Stops a call: it then throws the signal's reason. */
export interface Stoppable {
  signal?: AbortSignal | undefined;
}

/** What a page's model is called with. It never gets the history: sketches and claims only. */
export interface Call {
  messages: Message[];
  maxTokens: number;
  temperature: number;
  /** A JSON schema that the answer should follow, where one is wanted. */
  schema?: unknown;
  signal?: AbortSignal | undefined;
}

/** A function of the page that answers as a language model. */
export interface Model {
  /** One plain word, shown to the person. */
  name: string;
  /** Gives the answer's text. */
  answer(call: Call): Promise<string> | string;
  /** Tokens of prompt and answer together; 4,096 unless told. */
  contextTokens?: number;
}

export interface Settings {
  storage?: {
    /** Whose likeness, where several people share this browser and origin; "Me" unless told. */
    person?: string;
    /** Where `dist/data_worker_loader.js` is served, if not beside the package. Must be of the page's origin. */
    workerUrl?: string | URL;
  };
  /** The model for `induce` and `draftAndPick`. Without one, `induce` reads traits alone. */
  model?: Model;
  policy?: {
    /** Whether `personalize` adds anything; true unless told. */
    personalize?: boolean;
  };
}

/** A claim about the person. */
export interface Claim {
  id: string;
  text: string;
  from: "traits" | "reasoning" | "person";
  /** 0.5 to 1. */
  certainty: number;
  supports: number;
  contradicts: number;
  state: "found" | "edited" | "pinned" | "refused";
}

/** What is known of the person. */
export interface Portrait {
  /** In plain words. Where nothing held, it says so and what would help; before the first `induce` it is then empty. */
  prose: string;
  claims: Claim[];
  pairs: number;
  changedSince: number;
  /** Which model read along; null when only traits spoke. */
  model: string | null;
  /** When it was made, in milliseconds since 1970; null where it is what follows from the traits just now. */
  madeMs: number | null;
}

/** How far an induction is. */
export interface Progress {
  stage: string;
  calls: number;
  of: number;
  secondsLeft: number | null;
}

/** Counts of an import. */
export interface Imported {
  read: number;
  imported: number;
  known: number;
  ties: number;
  skipped: number;
}

/** An answer among others. */
export interface Ranked {
  /** Its place among those that were given. */
  index: number;
  content: string;
  /** The chance that the person prefers it to another of them, on average. */
  liked: number;
  why: string[];
}

/** A choice has either the id of the preferred answer, or what was said where none won. */
export type Outcome =
  | { chosen: string; none?: undefined }
  | { none: "all-good" | "all-bad"; chosen?: undefined };

export interface Options {
  context: Message[];
  /** The answers as shown. */
  options: { id: string; content: string }[];
  /** Where the choice was made, shown to the person. */
  origin?: string;
}

export type LikenessEvent = "history" | "portrait" | "models" | "ledger" | "everything" | "outdated";

export type ErrorCode =
  | "cancelled" | "no-storage" | "too-new" | "blocked" | "outdated" | "quota-full" | "bad-file" | "several-people"
  | "not-found" | "undo-expired" | "invalid" | "quotes-history" | "too-few-pairs" | "no-model" | "model"
  | "remote-model" | "internal" | "destroyed"
  // Of a frame alone.
  | "not-granted" | "rate-limited" | "no-frame";

/** Why a call was not done. */
export declare class LikenessError extends Error {
  constructor(message: string, code: ErrorCode, advice: string, cause?: unknown);
  readonly code: ErrorCode;
  readonly advice: string;
  /** With `rate-limited`: when to try again. */
  readonly retrySeconds?: number;
}

/** One person's likeness. Made by `createLikeness`. */
export interface Likeness {
  /** Keeps a preferred answer and another one; gives the pair's id. */
  record(
    pair: { context: Message[]; chosen: string; rejected: string; note?: string },
    settings?: Stoppable,
  ): Promise<string>;
  /** Keeps a choice with its outcome; gives the ids of the pairs that follow, none where nobody won. */
  recordChoice(choice: Options & Outcome, settings?: Stoppable): Promise<string[]>;
  /** Adds the pairs of a file or a text. What is there already is not added again. */
  import(
    source: Blob | string,
    settings?: Stoppable & {
      name?: string;
      format?: string;
      /** Whose lines, for a file with several people. */
      user?: string;
      onProgress?: (progress: { bytes: number; of: number; imported: number }) => void;
    },
  ): Promise<Imported>;
  /** The history as JSON Lines. It is private. */
  export(): Promise<Blob>;
  /** The kept portrait; before the first `induce`, what follows from the traits alone. */
  portrait(settings?: Stoppable): Promise<Portrait>;
  /** What the person says of the claims. */
  readonly claims: {
    list(settings?: Stoppable): Promise<Claim[]>;
    edit(id: string, text: string, settings?: Stoppable): Promise<Portrait>;
    pin(id: string, settings?: Stoppable): Promise<Portrait>;
    refuse(id: string, settings?: Stoppable): Promise<Portrait>;
    restore(id: string, settings?: Stoppable): Promise<Portrait>;
  };
  /** Makes a new portrait; one that was stopped goes on where it was. */
  induce(
    settings?: Stoppable & {
      search?: "small" | "full";
      seed?: number;
      candidates?: number;
      onProgress?: (progress: Progress) => void;
    },
  ): Promise<Portrait>;
  /** The messages, with what held about the person in the system message. Nothing of the history is in it. */
  personalize<M extends { role: string }>(messages: readonly M[], settings?: Stoppable): Promise<(M | Message)[]>;
  /** The chance that the person prefers `a`, and why. */
  judge(context: Message[], a: string, b: string, settings?: Stoppable): Promise<{ first: number; why: string[] }>;
  /** The answers, the one first that the person would like best. At most 64. */
  rank(context: Message[], candidates: string[], settings?: Stoppable): Promise<Ranked[]>;
  /** Lets the model draft `n` answers, knowing nothing of the person, and ranks them here. */
  draftAndPick(messages: Message[], settings?: Stoppable & { n?: number }): Promise<{ best: Ranked; ranked: Ranked[] }>;
  /** Calls back when something changed, here or in another tab. Gives what stops that. */
  on(event: LikenessEvent, listener: () => void): () => void;
  /** Ends the worker. What is stored stays. */
  destroy(): void;
}

/** Loads the wasm of the page's thread ahead of time, or from another address. */
export declare function init(settings?: { wasmUrl?: string | URL }): Promise<void>;

/** Opens one person's likeness in this browser. */
export declare function createLikeness(settings?: Settings): Promise<Likeness>;
