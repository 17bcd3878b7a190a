import type { Likeness, Message, Outcome, Portrait, Progress } from "./index.js";

/** Two answers with four outcomes; records the choice where it has a `likeness`. */
export declare class LikenessChoice extends HTMLElement {
  likeness: Likeness | undefined;
  context: Message[];
  options: { id: string; content: string }[];
  /** `chosen:ID`, `all-good`, `all-bad`, or empty; also what a form gets. */
  readonly value: string;
}

/** The portrait, its claims, privacy, and a run with progress. */
export declare class LikenessPanel extends HTMLElement {
  likeness: Likeness | undefined;
  run(): Promise<void>;
  cancel(): void;
}

/** What is in use of the portrait. */
export declare class LikenessBadge extends HTMLElement {
  likeness: Likeness | undefined;
}

declare global {
  interface HTMLElementTagNameMap {
    "likeness-badge": LikenessBadge;
    "likeness-choice": LikenessChoice;
    "likeness-panel": LikenessPanel;
  }
  interface HTMLElementEventMap {
    "likeness-choice": CustomEvent<Outcome>;
    "likeness-recorded": CustomEvent<Outcome & { pairs: string[] }>;
    "likeness-claim": CustomEvent<{ id: string; what: "edit" | "refuse" | "restore" }>;
    "likeness-progress": CustomEvent<Progress>;
    "likeness-portrait": CustomEvent<Portrait>;
    "likeness-error": CustomEvent<{ error: unknown }>;
  }
}
