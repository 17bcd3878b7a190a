// assistant-ui's feedback as evidence: a thumb alone says little, two thumbs on two answers to one question are a choice.
//
// A person who asks for another answer and rates both has compared them: one up and one down is a preference, two of
// the same say that neither won. An answer without a thumb counts for nothing, whichever branch the chat goes on from.

const OUTCOMES = { positive: { none: "all-good" }, negative: { none: "all-bad" } };

/**
 * A feedback adapter for any of assistant-ui's runtimes.
 * @param {import("@likeness/browser").Likeness} likeness
 * @param {() => import("@assistant-ui/react").ExportedMessageRepository} thread every message with its parent
 * @returns {import("@assistant-ui/react").FeedbackAdapter}
 */
export function likenessFeedback(likeness, thread) {
  return {
    submit({ message, type }) {
      for (const choice of choicesOf(message, type, thread().messages)) {
        likeness.recordChoice({ ...choice, origin: "assistant-ui" }).catch(reportError);
      }
    },
  };
}

/** The choices that a thumb on this message makes with those on its siblings. */
function choicesOf(message, type, messages) {
  const byId = new Map(messages.map((entry) => [entry.message.id, entry]));
  const parent = byId.get(message.id).parentId;
  const context = [];
  for (let at = byId.get(parent); at; at = byId.get(at.parentId)) context.unshift(turn(at.message));
  const rated = messages.filter((entry) => entry.parentId === parent && entry.message.id !== message.id
    && entry.message.metadata.submittedFeedback && text(entry.message) !== text(message));
  return rated.map(({ message: other }) => {
    const its = other.metadata.submittedFeedback.type;
    const outcome = its === type ? OUTCOMES[type] : { chosen: type === "positive" ? message.id : other.id };
    return { context, options: [other, message].map((one) => ({ id: one.id, content: text(one) })), ...outcome };
  });
}

const turn = (message) => ({ role: message.role, content: text(message) });
export const text = ({ content }) => content.filter((part) => part.type === "text").map((part) => part.text).join("");
