// A history full of texts that single a person out, and the search for them. The search is the tests' own: it shares
// nothing with the app's guard, nor with the app's own canaries.

const PAIRS = 24;

/** One text of each kind for each pair; none is a word that a request would hold anyway. */
const KINDS = {
  name: (n) => `Ottilie Brandvold-Nakagawa ${roman(n)}`,
  rare: (n) => `quixotry${letters(n)}zyzx`,
  short: (n) => `zq${letters(n * 7 + 3)}xj`,
  code: (n) => `fn ferret_${n}(barn: &Barn) -> usize { barn.len() ^ 0x5f3a${n} }`,
  chinese: (n) => `外婆在老屋后院种了石榴树${n}号`,
  arabic: (n) => `مفتاح الخزانة تحت الزيتونة رقم ${n}`,
  emoji: (n) => `🦔🍞🌊${String.fromCodePoint(0x1f400 + n)}🏮⛵🦑`,
  zeroWidth: (n) => `Zan\u200bzi${letters(n)}bar\u2060\ufeffkey`,
  phone: (n) => `+47 481 16 ${231 + n}`,
  address: (n) => `${42 + n} Løvenskiold gate, 1${300 + n} Fjære`,
  mail: (n) => `ottilie.${letters(n)}@hedgehog.example`,
  long: (n) =>
    `In the year ${1900 + n} my great-aunt rowed ${n + 3} crates of contraband marzipan across the frozen fjord, which ` +
    "the customs officer never forgave, and the family has kept the oars above the kitchen door ever since",
};

const roman = (n) => ["", "X", "XX"][Math.floor(n / 10)] + ["", "I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX"][n % 10];
const letters = (n) => [...(n + 260).toString(26)].map((digit) => String.fromCharCode(97 + parseInt(digit, 26))).join("");

const PLACES = ["context", "chosen", "rejected", "note"];

/** The history as a Likeness file: each kind of canary is in each place, of a person who likes short answers. */
export function plantedHistory() {
  const canaries = [];
  const lines = [JSON.stringify({ likeness: "history", version: 1, about: "canaries" })];
  for (let n = 0; n < PAIRS; n += 1) {
    const planted = { context: [], chosen: [], rejected: [], note: [] };
    Object.values(KINDS).forEach((make, kind) => {
      const canary = make(n);
      canaries.push(canary);
      planted[PLACES[(kind + n) % PLACES.length]].push(canary);
    });
    const filler = "There are perhaps many ways to look at this, and I would like to go through all of them. ".repeat(4);
    const pair = {
      context: [{ role: "user", content: `What do I do with ${planted.context.join(" and ")}?` }],
      chosen: `Keep it: ${planted.chosen.join("; ")}.`,
      rejected: `What a lovely question! ${filler}Consider ${planted.rejected.join(", and then ")}. I hope that this helps!`,
      note: `because of ${planted.note.join(", ")}`,
    };
    // A person is not always of one mind.
    if (n % 8 === 7) [pair.chosen, pair.rejected] = [pair.rejected, pair.chosen];
    lines.push(JSON.stringify({ pair }));
  }
  return { text: lines.join("\n"), canaries, pairs: PAIRS };
}

const INVISIBLE = /[\u200b\u2060\ufeff]/g;

/** The forms in which a text could stand in a request whose letters are all lower case. */
function forms(canary) {
  const found = [];
  for (const text of new Set([canary, canary.replace(INVISIBLE, ""), canary.toLowerCase()])) {
    const bytes = [...Buffer.from(text)];
    const points = [...text];
    const quoted = JSON.stringify(text).slice(1, -1);
    const escaped = points.map((c) => (c < "\x7f" ? JSON.stringify(c).slice(1, -1) : units(c))).join("");
    found.push(
      text,
      points.toReversed().join(""),
      quoted,
      JSON.stringify(quoted).slice(1, -1),
      escaped,
      JSON.stringify(escaped).slice(1, -1),
      units(text),
      hex(bytes, ""),
      hex(bytes, " "),
      hex(bytes, "\\x"),
      hex(bytes, "%"),
      encodeURIComponent(text),
      encodeURIComponent(text).replaceAll("%20", "+"),
      points.map((c) => `&#${c.codePointAt(0)};`).join(""),
      points.map((c) => `&#x${c.codePointAt(0).toString(16)};`).join(""),
      points.map((c) => (/[\w\s]/.test(c) ? c : `&#${c.codePointAt(0)};`)).join(""),
      text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;"),
      Buffer.from(text).toString("latin1"),
    );
  }
  return found.map((form) => form.toLowerCase());
}

const units = (text) =>
  Array.from({ length: text.length }, (_, at) => `\\u${text.charCodeAt(at).toString(16).padStart(4, "0")}`).join("");
const hex = (bytes, mark) => bytes.map((byte) => mark + byte.toString(16).padStart(2, "0")).join("");

/** Base64 of a text at each of the three places in a group, without the signs that its neighbours decide on. */
function base64(canary) {
  return [canary, canary.toLowerCase(), [...canary].toReversed().join("")].flatMap((text) =>
    [0, 1, 2].map((before) => {
      const bytes = Buffer.concat([Buffer.alloc(before), Buffer.from(text)]);
      const whole = Math.floor((bytes.length * 8) / 6);
      return bytes.toString("base64").slice([0, 2, 3][before], whole);
    }),
  );
}

/** A search for canaries, made once for all of them. */
export function searchFor(canaries) {
  const wanted = canaries.map((canary) => ({ canary, forms: [...new Set(forms(canary))], base64: base64(canary) }));
  /** Those that are in the text, in any form. */
  return (text) => {
    const lower = text.toLowerCase();
    const invisible = lower.replace(INVISIBLE, "");
    const standard = text.replaceAll("-", "+").replaceAll("_", "/");
    return wanted
      .filter(
        (one) =>
          one.forms.some((form) => lower.includes(form) || invisible.includes(form)) ||
          one.base64.some((code) => text.includes(code) || standard.includes(code)),
      )
      .map((one) => one.canary);
  };
}
