// assistant-ui's feedback as evidence: a thumb alone says little, two thumbs on two answers to one question are a choice.
//
// A person who asks for another answer and rates both has compared them: one up and one down is a preference, two of
// the same say that neither won. An answer without a thumb counts for nothing, whichever branch the chat goes on from. A
// thumb that is changed changes the choices that it made: what they said before is taken back.

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
      for (const { choice, supersedes } of choicesOf(message, type, thread().messages)) {
        likeness.recordChoice({ ...choice, origin: "assistant-ui" }, { supersedes }).catch(reportError);
      }
    },
  };
}

/**
 * The choices that a thumb on this message makes with those on its siblings, each with what it said before: the message
 * still has its former thumb. The answers keep their order, whichever of them is rated last.
 */
function choicesOf(message, type, messages) {
  const byId = new Map(messages.map((entry) => [entry.message.id, entry]));
  const parent = byId.get(message.id).parentId;
  const context = [];
  for (let at = byId.get(parent); at; at = byId.get(at.parentId)) context.unshift(turn(at.message));
  const former = message.metadata.submittedFeedback?.type;
  if (former === type) return [];
  const siblings = messages.filter((entry) => entry.parentId === parent).map((entry) => entry.message);
  const rated = siblings.filter((one) => one.id !== message.id && one.metadata.submittedFeedback && text(one) !== text(message));
  return rated.map((other) => {
    const options = siblings.filter((one) => one === other || one.id === message.id).map((one) => ({ id: one.id, content: text(one) }));
    const outcome = (thumb) => {
      if (thumb === other.metadata.submittedFeedback.type) return OUTCOMES[thumb];
      return { chosen: thumb === "positive" ? message.id : other.id };
    };
    return { choice: { context, options, ...outcome(type) }, supersedes: former && outcome(former) };
  });
}

const turn = (message) => ({ role: message.role, content: text(message) });
export const text = ({ content }) => content.filter((part) => part.type === "text").map((part) => part.text).join("");
