// What a host may call, what must be granted for it, what it costs, and what comes back.
//
// No call gives a pair, but for those that came from the origin that asks; none imports, exports, deletes, or changes a
// claim. A call that is not in this table does not exist for a host.

import { aboutPerson } from "../about.js";
import { invalid } from "../failure.js";

/** Two decimals: enough to order answers by, and the reward is the slower to be learnt from them. */
const rounded = (share) => Math.round(share * 100) / 100;

async function portrait(likeness, signal) {
  // The portrait is written for the person, and may hold words of theirs. Where the guard finds their history in what
  // is told of them, a host gets no portrait either; where nothing may be told, so there was nothing to guard, it is empty.
  const told = await aboutPerson(likeness, signal);
  const { prose, claims, unmeasured, pairs, changedSince, model, madeMs } = await likeness.portrait({ signal });
  const counts = { pairs, changedSince, model, madeMs };
  if (!told) return { prose: "", claims: [], unmeasured: "", ...counts };
  return { prose, claims: claims.filter(({ state }) => state !== "refused"), unmeasured, ...counts };
}

/** The pairs with these ids, with nothing but the texts that their origin gave. */
async function pairsWith(ids, likeness, signal) {
  const pairs = await likeness.pairs(ids, { signal });
  return pairs.map(({ id, context, chosen, rejected }) => ({ id, context, chosen, rejected }));
}

/**
 * In whose words an origin may read why: in those of claims, past the guard, where it may read the portrait, and otherwise
 * in fixed ones for traits. A grant is taken back whole, which the door looks for before it answers.
 */
async function wordsFor({ origin, grants }) {
  return (await grants.scopes(origin)).includes("portrait") ? "guarded" : "traits";
}

async function keep(likeness, choice, { origin, grants }) {
  // Where a choice was made is what the browser says, whatever the host says. It isn't left half way: what was written has
  // to be known as the origin's.
  const ids = await likeness.recordChoice({ ...choice, origin });
  await grants.recorded(origin, ids);
  return ids;
}

/**
 * @typedef {object} Call
 * @property {string} scope what must have been granted
 * @property {string} kind whose bucket pays
 * @property {(given: import("./given.js").Given) => unknown} read throws `invalid`
 * @property {(read: any) => number} [cost] one unless told
 * @property {(likeness: object, read: any, at: { origin: string, grants: object, signal: AbortSignal }) => unknown} run
 */

/** @type {Map<string, Call>} */
export const CALLS = new Map([
  ["record", {
    scope: "record",
    kind: "record",
    read: (given) => given.pair(),
    run: async (likeness, pair, at) => (await keep(likeness, pair, at))[0],
  }],
  ["recordChoice", {
    scope: "record",
    kind: "record",
    read: (given) => given.choice(),
    run: keep,
  }],
  ["pairs", {
    scope: "record",
    // It gives all that the origin ever recorded, so it is dear.
    kind: "portrait",
    cost: () => 5,
    read: () => undefined,
    run: async (likeness, _, { origin, grants, signal }) => pairsWith(await grants.idsFrom(origin), likeness, signal),
  }],
  ["portrait", {
    scope: "portrait",
    kind: "portrait",
    read: () => undefined,
    run: (likeness, _, { signal }) => portrait(likeness, signal),
  }],
  ["about", {
    scope: "portrait",
    kind: "portrait",
    read: () => undefined,
    run: (likeness, _, { signal }) => aboutPerson(likeness, signal),
  }],
  ["judge", {
    scope: "rank",
    kind: "rank",
    cost: () => 2,
    read: (given) => ({ context: given.context(0), a: given.answer(1, "a"), b: given.answer(2, "b") }),
    run: async (likeness, { context, a, b }, at) => {
      const { first, why } = await likeness.judge(context, a, b, { why: await wordsFor(at), signal: at.signal });
      return { first: rounded(first), why };
    },
  }],
  ["rank", {
    scope: "rank",
    kind: "rank",
    cost: ({ answers }) => Math.max(1, answers.length),
    read: (given) => ({ context: given.context(0), answers: given.answers(1) }),
    run: async (likeness, { context, answers }, at) => {
      const ranked = await likeness.rank(context, answers, { why: await wordsFor(at), signal: at.signal });
      return ranked.map(({ index, content, liked, why }) => ({ index, content, liked: rounded(liked), why }));
    },
  }],
]);

/** The call of that name; throws `invalid` where there is none. */
export function callNamed(name) {
  const call = typeof name === "string" ? CALLS.get(name) : undefined;
  if (!call) throw invalid("there is no such call in a frame");
  return call;
}

/** What a scope lets a host do, as the person is told it. */
export const SCOPE_WORDS = new Map([
  ["record", "add the choices that you make there to your history, and read those again, no others"],
  ["portrait", "read your portrait: sentences on which answers you prefer, some in your own words"],
  ["rank", "ask which answers you would prefer; by asking often, it can learn your taste"],
]);
