// What the middleware shares: the text about the person, and how it joins a system message that a host has already.

/**
 * What held about the person, as `personalize` would tell it; empty where nothing is to be told.
 * @param {import("../index.js").Likeness} likeness
 * @param {AbortSignal} [signal]
 */
export async function aboutPerson(likeness, signal) {
  const [told] = await likeness.personalize([], { signal });
  return told?.content ?? "";
}

/**
 * A message's content with a text at its end. Content may be a list of parts, which stay as they are.
 * @param {string | object[]} content
 * @param {string} text
 */
export function withText(content, text) {
  if (Array.isArray(content)) return [...content, { type: "text", text }];
  return content ? `${content}\n\n${text}` : text;
}
