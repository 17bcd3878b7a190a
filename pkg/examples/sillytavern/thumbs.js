// SillyTavern's swipes as evidence: thumbs on two answers to one message are a choice, a swipe alone is none.
//
// A thumb is kept in the answer's own `extra`, where SillyTavern keeps what an extension knows of it, so that it outlives
// the page. A new swipe starts with a copy of the `extra` of the one before, and an answer may be edited: a thumb therefore
// holds the text that it is about, and counts for no other.

const OUTCOMES = { up: { none: "all-good" }, down: { none: "all-bad" } };

/** Whether this is an answer of the model's that is whole: a greeting answers nobody, and one that is being made has no place yet. */
export function canBeRated(chat, at) {
  const message = chat[at];
  if (!message || message.is_user || message.is_system || !message.mes) return false;
  if (message.swipes && message.swipes[message.swipe_id] === undefined) return false;
  return chat.slice(0, at).some(({ is_user, is_system }) => is_user && !is_system);
}

/** The thumb on the answer that is shown, if it has one. */
export function thumbOn({ mes, extra }) {
  return extra?.likeness?.text === mes ? extra.likeness : undefined;
}

/** Puts a thumb on the answer that is shown; one that a recorded choice rests on stays. */
export function rate(message, thumb) {
  if (thumbOn(message)?.recorded) return false;
  message.extra ??= {};
  message.extra.likeness = { thumb, text: message.mes };
  return true;
}

/**
 * The choices that the thumb on the answer shown makes with those on its other swipes.
 * @returns {(import("@likeness/browser").Options & import("@likeness/browser").Outcome)[]}
 */
export function choicesOf(chat, at) {
  const message = chat[at];
  const { thumb, text } = thumbOn(message);
  const context = chat.slice(0, at).filter(({ is_system }) => !is_system)
    .map(({ is_user, mes }) => ({ role: is_user ? "user" : "assistant", content: mes }));
  return others(message).filter((other) => other.text !== text).map((other) => ({
    context,
    options: [{ id: "other", content: other.text }, { id: "shown", content: text }],
    ...(other.thumb === thumb ? OUTCOMES[thumb] : { chosen: thumb === "up" ? "shown" : "other" }),
  }));
}

/** Marks the thumbs that the choices of this answer rest on: what was recorded can't be taken back. Gives what unmarks them. */
export function markRecorded(message) {
  const marked = [thumbOn(message), ...others(message)].filter(({ recorded }) => !recorded);
  for (const thumb of marked) thumb.recorded = true;
  return () => marked.forEach((thumb) => delete thumb.recorded);
}

/** The thumbs on the swipes that are not shown. */
function others({ swipes = [], swipe_id, swipe_info = [] }) {
  return swipes.flatMap((text, index) => {
    const thumb = index === swipe_id ? undefined : swipe_info[index]?.extra?.likeness;
    return thumb?.text === text ? [thumb] : [];
  });
}
