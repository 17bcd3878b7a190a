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

/** What `createLikeness` takes. */
export interface Settings {
  /** Where the history lies, and whose it is. */
  storage?: {
    /** Whose likeness, where several people share this browser and origin; "Me" unless told. */
    person?: string;
    /** Where `dist/data_worker_loader.js` is served, if not beside the package. Must be of the page's origin. */
    workerUrl?: string | URL;
  };
  /** The model for `induce` and `draftAndPick`. Without one, `induce` reads traits alone. */
  model?: Model;
  /** What the page lets the likeness do. */
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

/** How far an import is. */
export interface ImportProgress {
  bytes: number;
  of: number;
  imported: number;
}

/** Counts of an import. */
export interface Imported {
  read: number;
  imported: number;
  known: number;
  ties: number;
  skipped: number;
}

/** What came of taking a profile in from another place. */
export interface Moved extends Imported {
  /** Pairs here that were changed there, and are gone now. */
  replaced: number;
  /** Claims here on which what the person said there is their later word. */
  claims: number;
  /** Whether the portrait is that of the other place, which is newer. */
  portrait: boolean;
}

/**
 * A call that takes a while. Awaited, it gives what comes of it; iterated with `for await`, its steps as they come, once.
 * Leaving the loop stops the call; a failure is thrown in it.
 */
export interface Running<Step, Result> extends Promise<Result> {
  [Symbol.asyncIterator](): AsyncIterableIterator<Step>;
}

/** A draft, before all are ranked. */
export interface Draft {
  /** Which of them: 0 for the one that the model found likeliest. */
  index: number;
  content: string;
}

/** A request that left this device, or was stopped before it could. */
export interface LedgerEntry {
  readonly whenMs: number;
  /** Where to; for a function of the page, its name. */
  readonly url: string;
  readonly model: string;
  /** What for. */
  readonly purpose: string;
  /** Of the body. */
  readonly bytes: number;
  /** What the guard said, in words. */
  readonly verdict: string;
  readonly passed: boolean;
  readonly left: boolean;
  /** What came of it, in words. */
  readonly outcome: string;
  /** The body exactly as it was sent. Of what was stopped there is none: it may quote the history. */
  body(settings?: Stoppable): Promise<string>;
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

/** What a choice was made from. */
export interface Options {
  context: Message[];
  /** The answers as shown. */
  options: { id: string; content: string }[];
  /** Where the choice was made, shown to the person. */
  origin?: string;
}

/** What may change, here or in another tab. */
export type LikenessEvent = "history" | "portrait" | "models" | "ledger" | "everything" | "outdated";

/** The codes of `LikenessError`. A code keeps its meaning from version to version; new ones may come. */
export type ErrorCode =
  | "cancelled" | "no-storage" | "too-new" | "blocked" | "outdated" | "quota-full" | "bad-file" | "several-people"
  | "sealed" | "wrong-passphrase"
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
  /**
   * With `quotes-history`: the stretches of the person's history, to show to them and nobody else; empty otherwise. The
   * message only counts them, and nothing that logs or copies an error takes them along.
   */
  get quotes(): string[];
}

/** One person's likeness. Made by `createLikeness`. */
export interface Likeness {
  /** Keeps a preferred answer and another one; gives the pair's id. */
  record(
    pair: { context: Message[]; chosen: string; rejected: string; note?: string },
    settings?: Stoppable,
  ): Promise<string>;
  /** Keeps a choice with its outcome; gives the ids of the pairs that follow, none where nobody won. */
  recordChoice(
    choice: Options & Outcome,
    settings?: Stoppable & {
      /** What was said of the same answers before. It is taken back, and this takes its place. */
      supersedes?: Outcome;
    },
  ): Promise<string[]>;
  /** Takes a recorded choice back, with the pairs that followed from it. Throws `not-found` where it is not there. */
  takeBack(choice: Options & Outcome, settings?: Stoppable): Promise<void>;
  /**
   * Adds the pairs of a file or a text. What is there already is not added again. A sealed profile throws `sealed`: it is
   * for `importProfile`.
   */
  import(
    source: Blob | string,
    settings?: Stoppable & {
      name?: string;
      format?: string;
      /** Whose lines, for a file with several people. */
      user?: string;
      onProgress?: (progress: ImportProgress) => void;
    },
  ): Running<ImportProgress, Imported>;
  /** The history as JSON Lines. It is private. */
  export(): Promise<Blob>;
  /**
   * The whole profile as one file sealed with a passphrase, for another place: an age file, about a second's work. Pairs,
   * choices, edits, the portrait and what the person said of its claims are in it; keys, the ledger and models are not.
   */
  exportProfile(settings: Stoppable & { passphrase: string }): Promise<Blob>;
  /**
   * Merges a profile from another place: what is there already is not added again, and nothing here is lost. Throws
   * `wrong-passphrase`, or `bad-file` where the file is no profile, cut off, damaged or of a later version.
   */
  importProfile(
    file: Blob,
    settings: Stoppable & { passphrase: string; onProgress?: (progress: ImportProgress) => void },
  ): Running<ImportProgress, Moved>;
  /**
   * What left this device or was stopped, newest first, read as it is iterated. It is of everyone who uses this browser
   * and origin.
   */
  ledger(settings?: Stoppable & { /** Only lines with these words. */ words?: string }): AsyncGenerator<LedgerEntry, void, undefined>;
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
  ): Running<Progress, Portrait>;
  /** The messages, with what held about the person in the system message. Nothing of the history is in it. */
  personalize<M extends { role: string }>(messages: readonly M[], settings?: Stoppable): Promise<(M | Message)[]>;
  /** The chance that the person prefers `a`, and why. */
  judge(context: Message[], a: string, b: string, settings?: Stoppable): Promise<{ first: number; why: string[] }>;
  /** The answers, the one first that the person would like best. At most 64. */
  rank(context: Message[], candidates: string[], settings?: Stoppable): Promise<Ranked[]>;
  /** Lets the model draft `n` answers, knowing nothing of the person, and ranks them here. */
  draftAndPick(
    messages: Message[],
    settings?: Stoppable & { n?: number; onDraft?: (draft: Draft) => void },
  ): Running<Draft, { best: Ranked; ranked: Ranked[] }>;
  /** Calls back when something changed, here or in another tab. Gives what stops that. */
  on(event: LikenessEvent, listener: () => void): () => void;
  /** Ends the worker. What is stored stays. */
  destroy(): void;
}

/** Loads the wasm of the page's thread ahead of time, or from another address. */
export declare function init(settings?: { wasmUrl?: string | URL }): Promise<void>;

/** Opens one person's likeness in this browser. */
export declare function createLikeness(settings?: Settings): Promise<Likeness>;
