// How what is known of a person joins a conversation: in its system message, which is added where there is none.

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
