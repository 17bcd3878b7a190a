// What the package's SillyTavern extension takes for a choice, tried on messages as SillyTavern 1.19.0 keeps them. That they
// are so, and that its pages do with it what they should, is what the test of the same name in `long` shows.

import assert from "node:assert/strict";
import { test } from "node:test";
import { canBeRated, choicesOf, markRecorded, rate, thumbOn } from "../../pkg/examples/sillytavern/thumbs.js";

/** A message whose second swipe is shown, `extra` of the first on both, as a new swipe has it. */
function swiped(thumb, texts = ["long", "short"]) {
  const extra = thumb && { api: "custom", likeness: { thumb, text: texts[0] } };
  const copies = texts.map(() => ({ extra: structuredClone(extra) }));
  return { mes: texts.at(-1), swipes: texts, swipe_id: texts.length - 1, swipe_info: copies, extra: structuredClone(extra) };
}

const chatWith = (message) => [{ mes: "Welcome." }, { mes: "hidden", is_user: true, is_system: true }, { mes: "How?", is_user: true }, message];

/** The choices that a thumb on the last message makes. */
function choices(chat, thumb) {
  assert.ok(rate(chat.at(-1), thumb));
  return choicesOf(chat, chat.length - 1);
}

test("a thumb stays with the answer that it was put on", () => {
  const message = swiped("up");
  assert.equal(thumbOn(message), undefined, "the copy on the new swipe is not of it");
  rate(message, "down");
  assert.equal(thumbOn(message).thumb, "down");
  message.mes = "shorter";
  assert.equal(thumbOn(message), undefined, "nor is one of an answer that was edited");
});

test("two thumbs on two swipes are a choice, with what was visible before them", () => {
  const [choice, ...more] = choices(chatWith(swiped("down")), "up");
  assert.deepEqual(more, []);
  assert.deepEqual(choice, {
    context: [{ role: "assistant", content: "Welcome." }, { role: "user", content: "How?" }],
    options: [{ id: "other", content: "long" }, { id: "shown", content: "short" }],
    chosen: "shown",
  });
  assert.equal(choices(chatWith(swiped("up")), "down")[0].chosen, "other");
  assert.equal(choices(chatWith(swiped("up")), "up")[0].none, "all-good");
  assert.equal(choices(chatWith(swiped("down")), "down")[0].none, "all-bad");
  assert.deepEqual(choices(chatWith(swiped(undefined)), "up"), [], "a swipe alone is no evidence");
  assert.deepEqual(choices(chatWith(swiped("down", ["same", "same"])), "up"), [], "nor are two thumbs on one text");
  assert.deepEqual(choices(chatWith({ mes: "alone" }), "up"), [], "nor is one answer");
});

test("what was recorded can't be taken back, what failed can", () => {
  const message = swiped("down");
  rate(message, "up");
  const unmark = markRecorded(message);
  assert.equal(rate(message, "down"), false);
  assert.ok(message.swipe_info[0].extra.likeness.recorded, "the other swipe's too");
  unmark();
  assert.ok(rate(message, "down"));
});

test("greetings, hidden messages, the person's own and unfinished ones have no thumbs", () => {
  const offered = (message) => canBeRated(chatWith(message), 3);
  assert.ok(offered(swiped("up")));
  assert.ok(offered({ mes: "without swipes" }));
  assert.ok(!offered({ ...swiped("up"), swipe_id: 2 }), "the place of a swipe that is being made");
  assert.ok(!offered({ mes: "a note", is_system: true }));
  assert.ok(!offered({ mes: "mine", is_user: true }));
  assert.ok(!offered({ mes: "" }));
  assert.ok(!canBeRated([{ mes: "Welcome." }, { mes: "again" }], 1), "nobody asked");
  assert.ok(!canBeRated([], 0));
});
