import type { Likeness, Message, Outcome } from "./index.js";

/** Two answers with four outcomes; records the choice where it has a `likeness`. */
export declare class LikenessChoice extends HTMLElement {
  likeness: Likeness | undefined;
  context: Message[];
  options: { id: string; content: string }[];
  /** `chosen:ID`, `all-good`, `all-bad`, or empty; also what a form gets. */
  readonly value: string;
}

declare global {
  interface HTMLElementTagNameMap {
    "likeness-choice": LikenessChoice;
  }
  interface HTMLElementEventMap {
    "likeness-choice": CustomEvent<Outcome>;
    "likeness-recorded": CustomEvent<Outcome & { pairs: string[] }>;
    "likeness-error": CustomEvent<{ error: unknown }>;
  }
}
