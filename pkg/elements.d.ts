import type { Likeness, Message, Outcome, Portrait, Progress } from "./index.js";

type Failure = { message: string; code?: string; advice?: string };

/** The words of every element; those that are set replace the English ones. */
export interface ElementStrings {
  failed: (error: Failure) => string;
}

export interface ChoiceStrings extends ElementStrings {
  question: string;
  answer: (number: number) => string;
  first: string;
  second: string;
  allGood: string;
  allBad: string;
  recorded: string;
  /** Said where a choice is required and missing. */
  required: string;
}

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

export interface BadgeStrings extends ElementStrings {
  used: (count: number) => string;
  unused: string;
  nothing: string;
  exactly: string;
  broken: string;
}

export type ClaimVerb = "edit" | "pin" | "refuse" | "restore";

/**
 * Two answers with four outcomes. Where it has a `likeness`, the choice is recorded and then locked, until `options` or
 * `context` put another question. In a form, its value is sent under `name`.
 *
 * A child with `slot="ID"` is shown in the place of that answer's text. Parts: `box`, `answers`, `answer`, `code`,
 * `outcomes`, `outcome`, `status`.
 */
export declare class LikenessChoice extends HTMLElement {
  static strings: ChoiceStrings;
  likeness: Likeness | undefined;
  get strings(): ChoiceStrings;
  set strings(strings: Partial<ChoiceStrings>);
  context: Message[];
  /** Two answers with different ids, none of which begins with `none:`; or an empty array. */
  options: { id: string; content: string }[];
  /** The id of the preferred answer, `none:all-good`, `none:all-bad`, or empty; also what a form gets. */
  readonly value: string;
  /** Whether it was recorded, and is locked. */
  readonly recorded: boolean;
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
 * is moved. Parts: `box`, `prose`, `claims`, `claim`, `claim-text`, `claim-button`, `edit`, `run`, `cancel`, `progress`,
 * `stage`, `status`, `privacy`.
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
 * What `personalize` would add to a prompt now: how many claims, which, and the words themselves. Parts: `box`, `summary`,
 * `note`, `claims`, `prompt`.
 */
export declare class LikenessBadge extends HTMLElement {
  static strings: BadgeStrings;
  likeness: Likeness | undefined;
  get strings(): BadgeStrings;
  set strings(strings: Partial<BadgeStrings>);
}

declare global {
  interface HTMLElementTagNameMap {
    "likeness-badge": LikenessBadge;
    "likeness-choice": LikenessChoice;
    "likeness-panel": LikenessPanel;
  }
  /** They bubble and leave shadow roots. `likeness-choice` can be cancelled: nothing is then chosen or recorded. */
  interface HTMLElementEventMap {
    "likeness-choice": CustomEvent<Outcome>;
    "likeness-recorded": CustomEvent<Outcome & { pairs: string[] }>;
    "likeness-claim": CustomEvent<{ id: string; what: ClaimVerb }>;
    "likeness-progress": CustomEvent<Progress>;
    "likeness-portrait": CustomEvent<Portrait>;
    "likeness-error": CustomEvent<{ error: unknown }>;
  }
}
