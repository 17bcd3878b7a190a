// An answer's text: as it is, line breaks kept, but code between fences in boxes that scroll sideways.

import { node } from "./base.js";

const FENCED = /^```[^\n]*\n([\s\S]*?)^```[ \t]*(?:\n|$)/m;

/** The text as nodes; markdown other than fences is left as written. */
export function answerText(content) {
  const parts = content.split(FENCED).map((part, at) => {
    const isCode = at % 2 === 1;
    return isCode ? node("pre", { dir: "ltr", tabindex: "0", part: "code" }, node("code", {}, part)) : part;
  });
  return node("div", { class: "text", dir: "auto" }, ...parts);
}
