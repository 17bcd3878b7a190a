import type { Likeness, Message, Options, Outcome, Ranked, Stoppable } from "./index.js";
export { LikenessError } from "./index.js";

/**
 * What the person may grant to an origin:
 * `record` keeps choices that were made there, and reads those again, no others;
 * `portrait` reads the portrait, and adds it to prompts;
 * `rank` judges and ranks answers. Whoever may ask often learns the person's taste by asking.
 */
export type Scope = "record" | "portrait" | "rank";

/** What `connectLikeness` takes. */
export type FrameSettings = Stoppable & {
  /** How long the frame may take to answer, in milliseconds; 20,000 unless told. */
  timeoutMs?: number;
} & (
    | {
        /** Where `frame/likeness.html` is served: on another origin than this page. */
        url: string | URL;
        /** Where the frame is put; the body unless told. */
        container?: Element;
        frame?: undefined;
      }
    | {
        /** A frame of this page that shows `likeness.html`. */
        frame: HTMLIFrameElement;
        url?: undefined;
        container?: undefined;
      }
  );

/** A pair that came from this page's origin. */
export interface OwnPair {
  id: string;
  context: Message[];
  chosen: string;
  rejected: string;
}

/**
 * A likeness that another origin keeps. Its calls are those of `Likeness`, as far as a host may make them; each throws
 * `not-granted` until the person has allowed it, and `rate-limited`, with `retrySeconds`, where it is made too often. Where the
 * frame does not answer, was taken out of the page or is loaded again meanwhile, it throws `no-frame`.
 */
export interface FramedLikeness extends Pick<Likeness, "personalize" | "destroy"> {
  /**
   * The chance that the person prefers `a`, and why, from their traits: a host can't have a model asked. The reasons are in
   * the words of claims, but for those that quote the history, where `portrait` is granted too, and else in fixed words.
   */
  judge(context: Message[], a: string, b: string, settings?: Stoppable): Promise<{ first: number; why: string[] }>;
  /** The answers, the one first that the person would like best. At most 64. The reasons are as with `judge`. */
  rank(context: Message[], candidates: string[], settings?: Stoppable): Promise<Ranked[]>;
  /** The frame. The person must be able to see and click it while something is asked. */
  readonly frame: HTMLIFrameElement;
  /** What this page's origin may do. */
  access(settings?: Stoppable): Promise<Scope[]>;
  /**
   * Asks the person, in the frame and the window that it opens; gives what the origin may do then. Throws `not-granted`
   * where they allow nothing. What they allowed before isn't asked again.
   */
  requestAccess(scopes: Scope[], settings?: Stoppable): Promise<Scope[]>;
  /** Keeps a preferred answer and another one, as coming from this origin; gives the pair's id. */
  record(pair: { context: Message[]; chosen: string; rejected: string }, settings?: Stoppable): Promise<string>;
  /** Keeps a choice with its outcome, as coming from this origin; gives the ids of the pairs that follow. */
  recordChoice(choice: Omit<Options, "origin"> & Outcome, settings?: Stoppable): Promise<string[]>;
  /** The pairs that came from this origin, since it was last granted `record`. */
  pairs(settings?: Stoppable): Promise<OwnPair[]>;
  /** The portrait, without the claims that the person refused. Throws `quotes-history` where the guard finds their history in it. */
  portrait: Likeness["portrait"];
  /** Calls back when a grant came or went, with what is granted now. Gives what stops that. */
  on(event: "access", listener: (scopes: Scope[]) => void): () => void;
  /** Calls back when the portrait may be another, once a second at most, where `portrait` is granted. */
  on(event: "portrait", listener: () => void): () => void;
}

/** Connects with a frame, which this call makes where it is given a `url`. */
export declare function connectLikeness(settings: FrameSettings): Promise<FramedLikeness>;
