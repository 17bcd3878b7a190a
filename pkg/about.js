// What may be told of a person, and how it joins a conversation: in its system message, which is added where there is
// none.

/**
 * The messages with what may be told; the same messages where there is nothing.
 * @param {readonly object[]} messages
 * @param {string} about
 */
export function withAbout(messages, about) {
  if (!about) return [...messages];
  const [first, ...rest] = messages;
  if (first?.role === "system" && typeof first.content === "string") {
    return [{ ...first, content: `${first.content}\n\n${about}` }, ...rest];
  }
  return [{ role: "system", content: about }, ...messages];
}

/**
 * What held about the person, as `personalize` would tell it; empty where nothing is to be told. It has passed the guard,
 * or this throws `quotes-history`.
 * @param {import("./index.js").Likeness} likeness
 * @param {AbortSignal} [signal]
 */
export async function aboutPerson(likeness, signal) {
  const [told] = await likeness.personalize([], { signal });
  return told?.content ?? "";
}
