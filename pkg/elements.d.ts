import type { Likeness, Message, Moved, Outcome, Portrait, Progress } from "./index.js";

type Failure = { message: string; code?: string; advice?: string };

/** The words of every element; those that are set replace the English ones. */
export interface ElementStrings {
  failed: (error: Failure) => string;
}

/** The words of `<likeness-choice>`. */
export interface ChoiceStrings extends ElementStrings {
  question: string;
  answer: (number: number) => string;
  first: string;
  second: string;
  allGood: string;
  allBad: string;
  recorded: string;
  change: string;
  changing: string;
  leave: string;
  /** Said where a choice is required and missing. */
  required: string;
}

/** The words of `<likeness-panel>`. */
export interface PanelStrings extends ElementStrings {
  label: string;
  found: string;
  nothing: string;
  pairs: (count: number) => string;
  changed: (count: number) => string;
  claims: string;
  states: { edited: string; pinned: string; refused: string };
  verbs: Record<ClaimVerb, string>;
  done: Record<ClaimVerb, string>;
  yourWords: string;
  save: string;
  leave: string;
  run: string;
  cancel: string;
  progress: string;
  stage: (progress: Progress) => string;
  made: string;
  stopped: string;
  /** Said of a run that was stopped after a model had answered. */
  halfway: string;
  privacy: string;
  promises: string[];
}

/** The words of `<likeness-badge>`. */
export interface BadgeStrings extends ElementStrings {
  used: (count: number) => string;
  unused: string;
  nothing: string;
  exactly: string;
  broken: string;
  /** Said before stretches of the history that would be told, and so are not. */
  quotes: string;
  ledger: string;
  nothingSent: string;
  more: string;
  body: string;
  bytes: (count: number) => string;
  stopped: string;
}

/** The words of `<likeness-move>`. */
export interface MoveStrings extends ElementStrings {
  label: string;
  lead: string;
  passphrase: string;
  again: string;
  advice: string;
  short: string;
  missing: string;
  differ: string;
  save: string;
  sealing: string;
  saved: (name: string) => string;
  openLabel: string;
  file: string;
  noFile: string;
  itsPassphrase: string;
  wrong: string;
  open: string;
  opening: string;
  merged: (counts: Moved) => string;
}

/** What may be said of a claim. */
export type ClaimVerb = "edit" | "pin" | "refuse" | "restore";

/**
 * Two answers with four outcomes. Where it has a `likeness`, the choice is recorded and then locked, until `options` or
 * `context` put another question, or the person changes it, which is offered for a while. In a form, its value is sent
 * under `name`.
 *
 * A child with `slot="ID"` is shown in the place of that answer's text. Parts: `box`, `answers`, `answer`, `code`,
 * `outcomes`, `outcome`, `status`, `change`.
 */
export declare class LikenessChoice extends HTMLElement {
  static strings: ChoiceStrings;
  /** What keeps the choice: a likeness of this page, or one that a frame keeps. */
  likeness: Pick<Likeness, "recordChoice"> | undefined;
  get strings(): ChoiceStrings;
  set strings(strings: Partial<ChoiceStrings>);
  context: Message[];
  /** Two answers with different ids, none of which begins with `none:`; or an empty array. */
  options: { id: string; content: string }[];
  /** The id of the preferred answer, `none:all-good`, `none:all-bad`, or empty; also what a form gets. */
  readonly value: string;
  /** Whether it was recorded, and is locked. */
  readonly recorded: boolean;
  /** For how long "Change" is offered after a choice was recorded, in seconds; 60 unless told, 0 for never. */
  changeSeconds: number;
  name: string;
  required: boolean;
  disabled: boolean;
  readonly type: "likeness-choice";
  readonly form: HTMLFormElement | null;
  readonly labels: NodeList;
  readonly validity: ValidityState;
  readonly validationMessage: string;
  readonly willValidate: boolean;
  checkValidity(): boolean;
  reportValidity(): boolean;
}

/**
 * The portrait, its claims, privacy, and a run with progress. A run is stopped when the panel leaves the page, not when it
 * is moved. Parts: `box`, `prose`, `unmeasured`, `claims`, `claim`, `claim-text`, `claim-button`, `edit`, `run`,
 * `cancel`, `progress`, `stage`, `status`, `privacy`.
 */
export declare class LikenessPanel extends HTMLElement {
  static strings: PanelStrings;
  likeness: Likeness | undefined;
  get strings(): PanelStrings;
  set strings(strings: Partial<PanelStrings>);
  /** Makes a new portrait; one run at a time. */
  run(): Promise<void>;
  cancel(): void;
}

/**
 * What `personalize` would add to a prompt now: how many claims, which, and the words themselves; behind a disclosure, the
 * ledger of what was sent. Parts: `box`, `summary`, `note`, `quotes`, `claims`, `prompt`, `ledger`, `ledger-lines`,
 * `ledger-body`.
 */
export declare class LikenessBadge extends HTMLElement {
  static strings: BadgeStrings;
  likeness: Likeness | undefined;
  get strings(): BadgeStrings;
  set strings(strings: Partial<BadgeStrings>);
}

/**
 * Takes the person's profile to another place by one sealed file, and takes one in. Parts: `box`, `save-form`, `save`,
 * `open-form`, `open`, `status`.
 */
export declare class LikenessMove extends HTMLElement {
  static strings: MoveStrings;
  likeness: Likeness | undefined;
  get strings(): MoveStrings;
  set strings(strings: Partial<MoveStrings>);
}

/** What JSX takes for one of the elements: properties, events by their names behind `on`, and what any element takes. */
export type ElementProps<
  Element extends HTMLElement & { strings: object },
  Properties extends keyof Element,
  Events extends keyof HTMLElementEventMap,
> = { [Name in Properties]?: Element[Name] | undefined } & {
  [Name in Events as `on${Name}`]?: ((event: HTMLElementEventMap[Name]) => void) | undefined;
} & {
  strings?: Partial<Element["strings"]> | undefined;
  children?: unknown;
  class?: string | undefined;
  className?: string | undefined;
  dir?: string | undefined;
  hidden?: boolean | undefined;
  id?: string | undefined;
  key?: string | number | bigint | null | undefined;
  lang?: string | undefined;
  ref?: ((element: Element | null) => void) | { current: Element | null } | null | undefined;
  slot?: string | undefined;
  style?: object | string | undefined;
  title?: string | undefined;
};

/**
 * The elements as JSX knows them. React's types get them by themselves; in another library's, let its `IntrinsicElements`
 * extend this.
 */
export interface LikenessJsx {
  "likeness-badge": ElementProps<LikenessBadge, "likeness", "likeness-error">;
  "likeness-choice": ElementProps<
    LikenessChoice,
    "likeness" | "context" | "options" | "name" | "required" | "disabled" | "changeSeconds",
    "likeness-choice" | "likeness-recorded" | "likeness-error"
  >;
  "likeness-move": ElementProps<LikenessMove, "likeness", "likeness-moved" | "likeness-error">;
  "likeness-panel": ElementProps<
    LikenessPanel,
    "likeness",
    "likeness-claim" | "likeness-progress" | "likeness-portrait" | "likeness-error"
  >;
}

// Where there is no React there is nothing to add to, which is no mistake either.
// @ts-ignore
declare module "react" {
  namespace JSX {
    interface IntrinsicElements extends LikenessJsx {}
  }
}

declare global {
  interface HTMLElementTagNameMap {
    "likeness-badge": LikenessBadge;
    "likeness-choice": LikenessChoice;
    "likeness-move": LikenessMove;
    "likeness-panel": LikenessPanel;
  }
  /** They bubble and leave shadow roots. `likeness-choice` can be cancelled: nothing is then chosen or recorded. */
  interface HTMLElementEventMap {
    "likeness-choice": CustomEvent<Outcome>;
    "likeness-recorded": CustomEvent<Outcome & { pairs: string[]; supersedes?: Outcome }>;
    "likeness-moved": CustomEvent<Moved>;
    "likeness-claim": CustomEvent<{ id: string; what: ClaimVerb }>;
    "likeness-progress": CustomEvent<Progress>;
    "likeness-portrait": CustomEvent<Portrait>;
    "likeness-error": CustomEvent<{ error: unknown }>;
  }
}
