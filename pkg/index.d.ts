/** A message of a conversation. */
export interface Message {
  role: "system" | "user" | "assistant";
  content: string;
}

/**
 * Stops a call: it then throws the signal's reason at once. What the call had done by then stays done, also a record that
 * was being written.
 */
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

/** How far the loading of a local model is. */
export interface Loading {
  /**
   * What is being done: the file is fetched (from its start again, where the server gives no part of a file or has another
   * one by now), awaited from another tab, copied from the person's disk, or compared with the kept one; the device is
   * chosen by measuring; the weights are taken into memory.
   */
  stage:
    | "downloading"
    | "starting over"
    | "waiting for another tab"
    | "copying"
    | "checking"
    | "measuring"
    | "preparing";
  /** Bytes done. */
  bytes: number;
  /** Bytes in all; 0 where that can't be told. */
  of: number;
}

/** Where a local model's file comes from, and what it runs on. */
export type LocalSource =
  | {
      /** A GGUF file that the person picked, or the address of one; an address is read from the page's own. */
      source: File | Blob | URL | string;
      /**
       * What to keep the file as. A File's name, or the last part of the address, unless told; a new file of the same name
       * takes the place of the old one.
       */
      name?: string;
      /** The file's SHA-256 in hexadecimal. A file with another one is not used. */
      sha256?: string;
      /** What it runs on; `auto`, unless told, measures both and takes the faster. */
      device?: "auto" | "cpu" | "gpu";
      kept?: undefined;
    }
  | {
      /** The name of a file that is kept already, as `models.list()` gives it. */
      kept: string;
      /** As above. */
      device?: "auto" | "cpu" | "gpu";
      source?: undefined;
      name?: undefined;
      sha256?: undefined;
    };

/**
 * A model that runs on the person's device, in the package's own workers, and may read the history as it is. Its file is
 * kept in the browser (OPFS) when it is first used, and opened from there from then on. Nothing is loaded before a call
 * asks the model.
 */
export interface LocalModel {
  /** Its GGUF file or the file's address; an object tells more. */
  local: File | Blob | URL | string | LocalSource;
  name?: undefined;
  answer?: undefined;
}

/** A local model that is in memory. */
export interface LoadedModel {
  /** What it calls itself. */
  name: string;
  /** What its file is kept as. */
  file: string;
  /** The file's size. */
  bytes: number;
  /** How many parameters it has. */
  parameters: number;
  /** Architecture and quantisation, such as "llama, Q4_1". */
  format: string;
  /** Tokens of prompt and answer together, at most. */
  contextTokens: number;
  /** What it runs on. */
  device: "cpu" | "gpu";
  /** The GPU's name, or how many threads with which instructions. */
  deviceName: string;
  /** Why this device and not the other, in a sentence. */
  deviceWhy: string;
  /** Tokens of prompt that it reads in a second, as measured when it was loaded; null where that failed. */
  readPerSecond: number | null;
  /** Tokens that it writes in a second. */
  writtenPerSecond: number | null;
  /** Why its file is not kept for the next time (the storage is full, or there is none); null where it is. */
  notKept: string | null;
}

/** The local models here. */
export interface Models {
  /** The one in memory. */
  inUse: LoadedModel | null;
  /** The files that are kept in this browser for this origin, whoever had them kept. */
  kept: { name: string; bytes: number }[];
}

/** A function of the page that answers as a language model. */
export interface Model {
  /** One plain word, shown to the person. */
  name: string;
  /** Gives the answer's text. */
  answer(call: Call): Promise<string> | string;
  /** Tokens of prompt and answer together, from 1 to 4,294,967,295; 4,096 unless told. */
  contextTokens?: number;
  local?: undefined;
}

/** What `createLikeness` takes. Where its `signal` is aborted nothing is left running. */
export interface Settings extends Stoppable {
  /** Where the history lies, and whose it is. */
  storage?: {
    /** Whose likeness, where several people share this browser and origin; "Me" unless told. */
    person?: string;
    /** Where `dist/data_worker_loader.js` is served, if not beside the package. Must be of the page's origin. */
    workerUrl?: string | URL;
  };
  /**
   * The model for `induce`, `draftAndPick` and, where asked, `judge`: a function of the page, which gets sketches, or a model
   * on this device, which reads the history itself. Without one, `induce` reads traits alone.
   */
  model?: Model | LocalModel;
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
  /** It comes along with another claim so closely that the choices can't tell which of them matters. */
  along: boolean;
  /** It is no taste of the person's own: most people like it as well. */
  shared: boolean;
  /** Pairs whose chosen answer speaks for it. */
  supports: number;
  /** Pairs whose chosen answer speaks against it. */
  contradicts: number;
  state: "found" | "edited" | "pinned" | "refused";
}

/** What is known of the person. */
export interface Portrait {
  /** In plain words. Where nothing held, it is empty before the first `induce`; after it, it says so and what would help. */
  prose: string;
  claims: Claim[];
  /**
   * What could not be measured in the choices, in a sentence or two, such as answers in another language than English; empty
   * when all could.
   */
  unmeasured: string;
  /** How many pairs it was made from. */
  pairs: number;
  /** How many were added or taken away since. */
  changedSince: number;
  /** Which model read along; null when only traits spoke. */
  model: string | null;
  /** When it was made, in milliseconds since 1970; null where it is what follows from the traits just now. */
  madeMs: number | null;
}

/** How far an induction is. */
export interface Progress {
  /** What it is at, in plain words to be shown: "writing claims". */
  stage: string;
  /** Calls of the model that were answered. */
  calls: number;
  /** Calls in all at most. It grows once where claims are found that the model has to test. */
  of: number;
  /** Those of the calls that an earlier run has answered, which was stopped. */
  resumed: number;
  secondsLeft: number | null;
  /** While a local model is being loaded, before the first call: how far that is. */
  loading: Loading | null;
}

/** How far an import is. */
export interface ImportProgress {
  bytes: number;
  of: number;
  imported: number;
}

/** Counts of an import. */
export interface Imported {
  /** Records read. */
  read: number;
  /** Pairs added. */
  imported: number;
  /** Pairs that were there already. */
  known: number;
  /** Choices without a winner, which are kept and teach nothing. */
  ties: number;
  /** Records that could not be used. */
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
  /** Its own in this browser and origin, and the same whenever it is read. */
  readonly id: string;
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
  /** What "this answer" is like beside the one that it differs from most. */
  why: string[];
}

/**
 * In whose words `judge` and `rank` say why: `own`, those of the claims with what the person wrote in their place, for the
 * person alone; `guarded`, the same without a claim that quotes the history; `traits`, fixed words for what the answers are
 * like, and no claim's.
 */
export type ReasonWords = "own" | "guarded" | "traits";

/** A preferred answer and another one, as they are kept. */
export interface Pair {
  id: string;
  context: Message[];
  chosen: string;
  rejected: string;
  /** When the choice was made, in milliseconds since 1970, where that is known. */
  atMs: number | null;
  /** Where it was made, in plain words. */
  origin: string | null;
  /** The person's remark. */
  note: string | null;
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
  /** Where the choice was made, shown to the person; "recorded by the page" unless told. */
  origin?: string;
}

/**
 * What may change, here or in another tab:
 *
 * - `history`: pairs or choices of this person were added, changed or taken away;
 * - `portrait`: there is a new portrait, or the person said something of a claim;
 * - `models`: a local model was loaded or freed, or is on another device, or a kept file came or went; told here alone;
 * - `ledger`: a request was written down, or what came of it, or the ledger was emptied;
 * - `everything`: all that was stored was deleted; whatever is shown has to be asked anew;
 * - `outdated`: a newer version of the package runs in another tab, and calls here fail until the page is loaded anew.
 */
export type LikenessEvent = "history" | "portrait" | "models" | "ledger" | "everything" | "outdated";

/**
 * The codes of `LikenessError`. A code keeps its meaning from version to version; new ones may come.
 *
 * - `cancelled`: the call was stopped; what was done so far is kept, so call again when you like.
 * - `invalid`: an argument is not what the call takes; mend it.
 * - `destroyed`: the likeness was destroyed; make another one.
 * - `insecure-context`: the page, or one around it, came over plain HTTP; serve all of them over https or from localhost.
 * - `no-page`: there is no page here, nor a worker of one (a server, a service worker); make the likeness in a page.
 * - `no-storage`: the browser refuses IndexedDB, as in some private windows and frames; open an ordinary window.
 * - `quota-full`: the browser has no room left; have the person free some, or remove a kept model.
 * - `blocked`: another tab holds an older version of the database; have the person close it.
 * - `outdated`: a newer version has taken the database over, or a page and its frame share no version; reload, or update.
 * - `too-new`: the history was written by a newer version of the package; load that one.
 * - `not-found`: what was named is not there, or not any more; ask for the list again.
 * - `bad-file`: the file can't be read, or is damaged; check it, or name its format.
 * - `several-people`: the file holds the lines of several people, whom `people` names; import again with one as `user`.
 * - `sealed`: the file is a sealed profile; take it in by `importProfile`.
 * - `wrong-passphrase`: the passphrase does not open the profile; ask for it again.
 * - `quotes-history`: what would be told quotes the history; show `quotes` to the person, who may reword or refuse a claim.
 * - `too-few-pairs`: there are too few pairs for a model to learn from; record some more.
 * - `no-model`: the call needs a model; give `createLikeness` one.
 * - `model`: the engine failed; load the model again.
 * - `bad-model`: the file is no GGUF that the engine runs, or is damaged; give another one.
 * - `out-of-memory`: the model and its work don't fit into memory; give a smaller one.
 * - `model-unreachable`: the model's address gives no file, or not to this page; check it, CORS and `connect-src`.
 * - `remote-model`: the page's function threw or gave no text; mend it, and an induction goes on where it stopped.
 * - `not-granted`: the person has not granted this page's origin the call; ask by `requestAccess`.
 * - `rate-limited`: the origin has asked too much; wait for `retrySeconds`.
 * - `no-frame`: the frame did not answer; check its address and the policies of both pages.
 * - `internal`: something broke that no caller did; call again, and if it comes back, reload the page.
 */
export type ErrorCode =
  | "cancelled" | "invalid" | "destroyed" | "insecure-context" | "no-page"
  | "no-storage" | "quota-full" | "blocked" | "outdated" | "too-new" | "not-found"
  | "bad-file" | "several-people" | "sealed" | "wrong-passphrase"
  | "quotes-history" | "too-few-pairs"
  | "no-model" | "model" | "bad-model" | "out-of-memory" | "model-unreachable" | "remote-model"
  | "not-granted" | "rate-limited" | "no-frame"
  | "internal";

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
  /** With `several-people`: whose lines the file holds, each a `user` of `import`; empty otherwise. No log takes it along. */
  get people(): string[];
}

/** One person's likeness. Made by `createLikeness`. */
export interface Likeness {
  /** Keeps a preferred answer and another one; gives the pair's id. `origin` is as with a choice's options. */
  record(
    pair: { context: Message[]; chosen: string; rejected: string; note?: string; origin?: string },
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
  /** Those of the pairs with these ids that are still there. */
  pairs(ids: string[], settings?: Stoppable): Promise<Pair[]>;
  /**
   * Adds the pairs of a file or a text. What is there already is not added again. A sealed profile throws `sealed`: it is
   * for `importProfile`.
   */
  import(
    source: Blob | string,
    settings?: Stoppable & {
      /** Where the pairs came from, as each of them tells; "imported by the page" unless told. */
      name?: string;
      /** "synthesizeme", "trl", "arena", "prism", "open-webui" or "likeness"; "auto", which looks, unless told. */
      format?: string;
      /** Whose lines, for a file with several people. */
      user?: string;
      onProgress?: (progress: ImportProgress) => void;
    },
  ): Running<ImportProgress, Imported>;
  /** The history as JSON Lines. It is private. */
  export(settings?: Stoppable): Promise<Blob>;
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
  /** The kept portrait; before the first `induce`, what follows from the traits alone and what the person said of claims. */
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
      /** How widely to search: "small" is meant for small models, "full" is the paper's; "small" unless told. */
      search?: "small" | "full";
      /** Where chance starts from; the same seed, model and pairs give the same portrait. */
      seed?: number;
      /** Sets of examples that each search tries; the search's own number unless told. */
      candidates?: number;
      onProgress?: (progress: Progress) => void;
    },
  ): Running<Progress, Portrait>;
  /** The messages, with what held about the person in the system message. Nothing of the history is in it. */
  personalize<M extends { role: string }>(messages: readonly M[], settings?: Stoppable): Promise<(M | Message)[]>;
  /** The chance that the person prefers `a`, and why. */
  judge(
    context: Message[],
    a: string,
    b: string,
    settings?: Stoppable & {
      /** Whether to ask the model too, which takes seconds; false unless told. A page's function sees a sketch of the two. */
      askModel?: boolean;
      /** In whose words to say why; `own` unless told. */
      why?: ReasonWords;
      /** While a local model is being loaded for it. */
      onProgress?: (progress: Progress) => void;
    },
  ): Promise<{
    first: number;
    why: string[];
    /** What the model says by itself, told about the person; null where it was not asked. It counts for as much as it proved right. */
    byModel: number | null;
  }>;
  /** The answers, the one first that the person would like best. At most 64. */
  rank(
    context: Message[],
    candidates: string[],
    settings?: Stoppable & {
      /** In whose words to say why; `own` unless told. */
      why?: ReasonWords;
    },
  ): Promise<Ranked[]>;
  /** Lets the model draft `n` answers, knowing nothing of the person, and ranks them here. */
  draftAndPick(
    messages: Message[],
    settings?: Stoppable & {
      /** How many, from 1 to 8; 3 unless told. */
      n?: number;
      /** Each draft as it comes, from any model; of equal ones `ranked` has one. */
      onDraft?: (draft: Draft) => void;
      /** While a local model is being loaded for it. */
      onProgress?: (progress: Progress) => void;
    },
  ): Running<Draft, { best: Ranked; ranked: Ranked[] }>;
  /** The local model and the files kept for it. */
  readonly models: {
    /** Loads the local model ahead of the first call that asks it; one that is loaded stays. */
    load(settings?: Stoppable & { onProgress?: (progress: Loading) => void }): Promise<LoadedModel>;
    /** The model in memory and the kept files. It starts the engine's worker. */
    list(settings?: Stoppable): Promise<Models>;
    /** Frees the model's memory; its file stays, and the next call that asks the model loads it again. */
    unload(settings?: Stoppable): Promise<Models>;
    /** Deletes a kept file, and frees the memory of the model that was made of it. */
    remove(name: string, settings?: Stoppable): Promise<Models>;
  };
  /**
   * Calls back when something changed, here or in another tab. Gives what stops that. What a listener throws is reported
   * (`reportError`), as with every callback, and changes nothing else.
   */
  on(event: LikenessEvent, listener: () => void): () => void;
  /** Ends the worker: calls that are under way, and later ones, throw `destroyed`. What is stored stays. */
  destroy(): void;
}

/** What the middleware for chats' libraries takes beside the likeness. */
export interface MiddlewareSettings {
  /**
   * Hears why the likeness failed; the request then leaves without what would have been told. `reportError` unless told. A
   * request that is aborted does not leave.
   */
  onError?: ((error: unknown) => void) | undefined;
}

/** Loads the wasm of the page's thread ahead of time, or from another address. */
export declare function init(settings?: Stoppable & { wasmUrl?: string | URL }): Promise<void>;

/** Opens one person's likeness in this browser. */
export declare function createLikeness(settings?: Settings): Promise<Likeness>;
