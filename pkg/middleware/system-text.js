// How the text about the person joins a system message that a host has already, for the middleware.

/**
 * A message's content with a text at its end. Content may be a list of parts, which stay as they are.
 * @param {string | object[]} content
 * @param {string} text
 */
export function withText(content, text) {
  if (Array.isArray(content)) return [...content, { type: "text", text }];
  return content ? `${content}\n\n${text}` : text;
}
