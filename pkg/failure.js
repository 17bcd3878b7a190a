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
}

/** What was wrong with a call, as an error with the code `invalid`. */
export const invalid = (words) => new LikenessError(words, "invalid", "mend the call's arguments");

/** Any error as a `LikenessError`; a trap in WebAssembly and a failed start are no caller's mistake. */
export function failure(error) {
  if (error instanceof LikenessError) return error;
  if (typeof error?.code === "string" && typeof error?.advice === "string") {
    return new LikenessError(error.message, error.code, error.advice, error);
  }
  const words = error instanceof Error ? error.message : String(error);
  return new LikenessError(words, "internal", "call it again; if it comes back, reload the page", error);
}
