// What every call of the package throws: an error with a code that stays the same, and what to do.

/** Why a call was not done. */
export class LikenessError extends Error {
  /**
   * @param {string} message
   * @param {string} code
   * @param {string} advice
   * @param {unknown} [cause]
   */
  constructor(message, code, advice, cause) {
    super(message, { cause });
    this.name = "LikenessError";
    this.code = code;
    this.advice = advice;
  }

  /**
   * With `quotes-history`: the stretches of the history, for the person's own eyes. It is no property of the error's own,
   * so nothing that logs, copies or sends the error takes it along.
   */
  get quotes() {
    return QUOTES.get(this) ?? [];
  }

  /** With `several-people`: whose lines the file holds. No property of the error's own either. */
  get people() {
    return PEOPLE.get(this) ?? [];
  }
}

/** What errors quote; the message only counts it. */
const QUOTES = new WeakMap();
/** The people of a file with the lines of several. */
const PEOPLE = new WeakMap();

/** What was wrong with a call, as an error with the code `invalid`. */
export const invalid = (words) => new LikenessError(words, "invalid", "mend the call's arguments");

/** Any error as a `LikenessError`; a trap in WebAssembly and a failed start are no caller's mistake. */
export function failure(error) {
  if (error instanceof LikenessError) return error;
  if (typeof error?.code === "string" && typeof error?.advice === "string") {
    const told = new LikenessError(error.message, error.code, error.advice, error.quotes || error.people ? undefined : error);
    if (error.quotes) QUOTES.set(told, [...error.quotes]);
    if (error.people) PEOPLE.set(told, [...error.people]);
    return told;
  }
  const words = error instanceof Error ? error.message : String(error);
  return new LikenessError(words, "internal", "call it again; if it comes back, reload the page", error);
}
