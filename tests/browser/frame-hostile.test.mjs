// A hostile page against the frame. The history's texts are the canaries: whatever the page does, none of them reaches it.
//
// The worst case is staged: the hostile origins share the component's storage, as pages of its own site do, or as a frame
// of theirs inside a good host's page does. All that such a page is told, by whatever window or port, is kept in
// `window.seen` and searched.

import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { pathToFileURL } from "node:url";
import { connect, decide, grant, outcome, withFrames } from "./frame-host.mjs";
import { REPOSITORY, screenshots } from "./harness.mjs";
import { PAIRS } from "./package-host.mjs";

const MINUTE = 60_000;
/** So many characters in a row, as JSON spells them, are no coincidence. */
const WINDOW = 24;
const windows = (text) => Array.from({ length: Math.max(0, text.length - WINDOW + 1) }, (_, at) => text.slice(at, at + WINDOW));
const CANARIES = new Set(
  PAIRS.flatMap(({ context, chosen, rejected }) => [...context.map(({ content }) => content), chosen, rejected])
    .flatMap((text) => windows(JSON.stringify(text).slice(1, -1))),
);

/** Two answers that differ in much of what the sample's person cares for. */
const STYLES = [
  "Take 3 eggs and 200 g of flour. Bake them for 25 minutes at 180 °C, then cut the cake into 8 pieces.",
  "It could perhaps be that some eggs might do, although it usually depends. Flour tends to be somewhat different in every " +
    "kitchen, and it may well be worth watching it for a while to see what seems to suit you best in the end.",
];
const ASKED = [{ role: "user", content: "How do I bake a cake?" }];

/** Puts a claim that stands among the reasons of a judgement in other words; gives what the person then reads there. */
const editReason = (page, words) =>
  page.evaluate(async ({ words, asked, styles }) => {
    const { claims } = await likeness.portrait();
    const reasons = async () => (await likeness.judge(asked, ...styles)).why.join("\n");
    const before = await reasons();
    // Behind "You": a reason begins with another word.
    const claim = claims.find(({ text }) => before.includes(text.slice(4, -1)));
    if (!claim) throw new Error(`no claim is among the reasons: ${before}\n${JSON.stringify(claims)}`);
    await likeness.claims.edit(claim.id, words);
    return reasons();
  }, { words, asked: ASKED, styles: STYLES });

/** All the reasons that a host gets. */
const reasonsFor = (page) =>
  page.evaluate(async ({ asked, styles }) => {
    const [judged, ranked] = [await likeness.judge(asked, ...styles), await likeness.rank(asked, styles)];
    return [judged, ...ranked].flatMap(({ why }) => why).join("\n");
  }, { asked: ASKED, styles: STYLES });

function assertNoHistory(seen, what) {
  const found = windows(seen).find((window) => CANARIES.has(window));
  assert.equal(found, undefined, what);
}

/** The component's own page, with the sample in its history; a host of its site finds it there. */
async function withHistory(browser, frameUrl) {
  const top = await browser.newPage();
  await top.goto(frameUrl);
  await top.getByText("From 0 choices.").waitFor();
  await top.evaluate(async (pairs) => {
    const { createLikeness } = await import("/package/index.js");
    window.likeness = await createLikeness();
    for (const pair of pairs) await likeness.record(pair);
  }, PAIRS);
  await top.getByText(`From ${PAIRS.length} choices.`).waitFor();
  return top;
}

/** Gives a page what it needs to talk to a frame past the package, and to keep all that it hears. */
async function arm(page) {
  await page.evaluate(() => {
    window.seen = [];
    const keep = (event) => seen.push(JSON.stringify(event.data) ?? "");
    addEventListener("message", keep);
    window.pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
    window.makeFrame = (src) => {
      const frame = Object.assign(document.createElement("iframe"), { src });
      const here = new Promise((resolve) =>
        addEventListener("message", ({ source, data }) => source === frame.contentWindow && data.likeness === "here" && resolve()));
      document.body.append(frame);
      return here.then(() => frame);
    };
    window.hello = (frame, greeting = {}, transfer = []) =>
      new Promise((resolve) => {
        const answered = ({ source, data, ports }) => {
          if (source !== frame.contentWindow || !["welcome", "refused"].includes(data.likeness)) return;
          removeEventListener("message", answered);
          resolve(ports[0] ?? data.error.code);
        };
        addEventListener("message", answered);
        setTimeout(resolve, 1000);
        frame.contentWindow.postMessage({ likeness: "hello", versions: [1], nonce: "n", ...greeting }, "*", transfer);
      });
    window.say = (port, message) =>
      new Promise((resolve) => {
        port.onmessage = (event) => {
          keep(event);
          resolve(event.data.error?.code ?? event.data);
        };
        setTimeout(resolve, 3000, "no answer");
        port.postMessage(message);
      });
  });
}

const seenBy = (page) => page.evaluate(() => seen.join("\n"));

test("what is searched for is found", () => {
  assert.throws(() => assertNoHistory(JSON.stringify(["so", PAIRS[3].rejected.slice(50, 90)]), "planted"));
});

test("without a grant no call gives anything, whatever it claims to be", { timeout: 3 * MINUTE }, async () => {
  await withFrames(async ({ browser, host, frameUrl, url }) => {
    const top = await withHistory(browser, frameUrl);
    const good = await host("chat.likeness");
    await connect(good, frameUrl);
    await grant(browser, good, ["record", "portrait", "rank"]);
    assert.equal((await outcome(good, "portrait")).pairs, PAIRS.length, "a host of the component's site shares its history");

    const evil = await host("evil.likeness");
    await arm(evil);
    const codes = await evil.evaluate(async ({ frameUrl, goodOrigin }) => {
      const port = await hello(await makeFrame(frameUrl), { origin: goodOrigin, source: goodOrigin });
      const codes = {};
      const args = [{ context: [], chosen: "a", rejected: "b", options: [] }, "a", "b"];
      const names = ["record", "recordChoice", "pairs", "portrait", "about", "judge", "rank", "export", "import", "claims", "induce",
        "draftAndPick", "personalize", "likeness", "grants", "give", "decide", "revoke", "constructor", "__proto__", "toString", "then"];
      let id = 0;
      for (const call of names) {
        const given = call === "judge" || call === "rank" ? [[], call === "rank" ? ["a", "b"] : "a", "b"] : args;
        codes[call] = await say(port, { id: (id += 1), call, args: given, origin: goodOrigin, scopes: ["portrait"], granted: true });
      }
      return codes;
    }, { frameUrl, goodOrigin: new URL(url("chat.likeness")).origin });
    const granted = ["portrait", "pairs", "about", "judge", "rank", "record"];
    for (const [call, code] of Object.entries(codes)) {
      assert.equal(code, granted.includes(call) ? "not-granted" : call === "recordChoice" ? "not-granted" : "invalid", call);
    }
    assertNoHistory(await seenBy(evil), "a page without a grant");
    // What is granted to the good host serves nobody else, and nothing was recorded.
    assert.equal(await top.evaluate(async () => (await likeness.portrait()).pairs), PAIRS.length);
  });
});

test("with every grant there is, a hostile page sees the portrait and its own pairs, and no other text", { timeout: 3 * MINUTE }, async () => {
  await withFrames(async ({ browser, host, frameUrl }) => {
    const top = await withHistory(browser, frameUrl);
    const evil = await host("evil.likeness");
    await connect(evil, frameUrl);
    await grant(browser, evil, ["record", "portrait", "rank"]);
    const known = PAIRS[0];
    const seen = await evil.evaluate(async (context) => {
      const heard = [];
      likeness.on("portrait", (value) => heard.push(value));
      const own = { context: [{ role: "user", content: "What do you know of me?" }], chosen: "All of it.", rejected: "Nothing." };
      const id = await likeness.record(own);
      const polluted = JSON.parse('{"context":[],"chosen":"mine","rejected":"yours","__proto__":{"id":"x","polluted":1},"constructor":{"prototype":{"polluted":1}}}');
      await likeness.record(polluted);
      const all = [await likeness.portrait(), await likeness.personalize([]), await likeness.pairs(),
        await likeness.rank(context, ["a", "b b b"]), await likeness.judge(context, "x", "y y y"), await likeness.recordChoice({ context: [], options: [{ id: "__proto__", content: "p" }, { id: "b", content: "q" }], chosen: "b" })];
      await new Promise((resolve) => setTimeout(resolve, 1500));
      return { id, pairs: all[2], heard, all: JSON.stringify(all), changes: heard.length };
    }, [{ role: "user", content: "Anything." }]);
    assert.deepEqual(seen.pairs.map(({ chosen }) => chosen).sort(), ["All of it.", "mine"]);
    assert.ok(seen.changes >= 1 && seen.changes <= 3, `told ${seen.changes} times of many changes`);
    assert.ok(seen.heard.every((value) => value === undefined), "an event says only that something changed");
    assertNoHistory(seen.all, "a page with every grant");

    // A claim in the person's own words that quotes their history does not reach a host either.
    const quoting = known.chosen.slice(0, 120);
    const own = await editReason(top, quoting);
    assert.throws(() => assertNoHistory(JSON.stringify(own), "what has to be found"), "the person may say it to themselves");
    const answers = await evil.evaluate(() => {
      const whole = ({ name, message, code, advice, cause, stack }) => ({ name, message, code, advice, cause: String(cause), stack });
      return Promise.all([likeness.portrait().catch(whole), likeness.personalize([]).catch(whole)]);
    });
    assert.deepEqual(answers.map(({ code }) => code), ["quotes-history", "quotes-history"]);
    assertNoHistory(JSON.stringify(answers), "a claim that quotes");
    const reasons = await reasonsFor(evil);
    assert.match(reasons, /The (first|second) answer/, "there are reasons without it");
    assertNoHistory(JSON.stringify(reasons), "reasons beside a claim that quotes");

    // Nor does one whose beginning, which is all that a prompt has of it, quotes nothing.
    await top.evaluate(async () => {
      for (const { id, state } of await likeness.claims.list()) if (state === "edited") await likeness.claims.edit(id, "You like it plain.");
    });
    assert.equal((await outcome(evil, "portrait")).pairs, PAIRS.length + 3);
    await editReason(top, `You like it said once. ${"And then again. ".repeat(20)}${quoting}`);
    assert.equal(await outcome(evil, "portrait"), "quotes-history");
    assertNoHistory(JSON.stringify(await reasonsFor(evil)), "reasons beside a long claim");
  });
});

test("whoever may rank and no more reads the words of no claim", { timeout: 3 * MINUTE }, async () => {
  await withFrames(async ({ browser, host, frameUrl }) => {
    const top = await withHistory(browser, frameUrl);
    const page = await host("chat.likeness");
    await connect(page, frameUrl);
    await grant(browser, page, ["rank"]);
    assert.match(await editReason(top, "You cherish marmalade above all."), /cherish marmalade/);
    const claims = await top.evaluate(async () => (await likeness.portrait()).claims.map(({ text }) => text));
    const told = await reasonsFor(page);
    assert.match(told, /which(, other things being equal,| goes with| goes against| most people)/);
    for (const text of claims) assert.ok(!told.includes(text.slice(4, -1)), `${text}: ${told}`);
    // Whoever may read the portrait may read them there too, until that is taken back.
    await grant(browser, page, ["portrait"]);
    assert.match(await reasonsFor(page), /cherish marmalade/);
  });
});

test("only the embedding window is heard: not its other frames, not an opener, no page without an origin", { timeout: 3 * MINUTE }, async () => {
  await withFrames(async ({ browser, host, frameUrl, url }) => {
    await withHistory(browser, frameUrl);
    const good = await host("chat.likeness");
    await connect(good, frameUrl);
    await grant(browser, good, ["record", "portrait", "rank"]);

    // A frame of the hostile page's inside the good host's page: the component's frame is its sibling.
    await good.evaluate(
      (src) => new Promise((onload) => document.body.append(Object.assign(document.createElement("iframe"), { src, onload }))),
      url("evil.likeness"),
    );
    const evil = good.frames().find((frame) => frame.url() === url("evil.likeness"));
    await evil.waitForFunction(() => window.ready);
    await arm(evil);
    const inside = await evil.evaluate(async (frameUrl) => {
      const sibling = { contentWindow: parent.frames[0] };
      const byWindow = await hello(sibling);
      const { port1, port2 } = new MessageChannel();
      const withPort = await hello(sibling, {}, [port2]);
      const forged = await say(port1, { id: 1, call: "portrait", args: [] });
      parent.frames[0].postMessage({ id: 1, call: "portrait", args: [] }, "*");
      let reached = "nothing";
      try {
        reached = String(parent.frames[0].likenessHeld);
      } catch (error) {
        reached = error.name;
      }
      // A frame of its own, inside the good host's page, is asked in its own name.
      const port = await hello(await makeFrame(frameUrl));
      return { byWindow, withPort, forged, reached, own: await say(port, { id: 1, call: "portrait", args: [] }) };
    }, frameUrl);
    assert.deepEqual(inside, { byWindow: undefined, withPort: undefined, forged: "no answer", reached: "SecurityError", own: "not-granted" });
    assertNoHistory(await seenBy(evil), "a sibling frame");
    // Messages in the name of the frame do not deceive the host's end.
    const calls = good.evaluate(async () => {
      for (const end = performance.now() + 1000; performance.now() < end; ) await likeness.access();
    });
    await evil.evaluate(async () => {
      for (let at = 0; at < 50; at += 1) {
        const { port2 } = new MessageChannel();
        parent.postMessage({ likeness: "here" }, "*");
        parent.postMessage({ likeness: "welcome", nonce: "n", version: 1 }, "*", [port2]);
        await pause(10);
      }
    });
    await calls;
    assert.equal((await outcome(good, "portrait")).pairs, PAIRS.length);
    // Nor does another page in the frame's place that answers as the frame would.
    await good.evaluate(async ({ frameUrl, elsewhere }) => {
      const frame = Object.assign(document.createElement("iframe"), { src: frameUrl });
      const loaded = () => new Promise((onload) => Object.assign(frame, { onload }));
      document.body.append(frame);
      await loaded();
      frame.contentWindow.location = elsewhere;
      await loaded();
      window.replaced = frame;
    }, { frameUrl, elsewhere: `${url("evil.likeness")}?in-its-place` });
    const place = good.frames().find((frame) => frame.url().endsWith("in-its-place"));
    await place.evaluate(() => {
      window.asked = [];
      addEventListener("message", ({ data, source }) => {
        const { port1, port2 } = new MessageChannel();
        port1.onmessage = (event) => asked.push(event.data);
        source.postMessage({ likeness: "welcome", nonce: data.nonce, version: 1 }, "*", [port2]);
      });
    });
    const answered = good.evaluate(() => api.connectLikeness({ frame: replaced, timeoutMs: 1500 }).then(() => "connected", ({ code }) => code));
    assert.equal(await answered, "no-frame");
    assert.deepEqual(await place.evaluate(() => asked), []);

    const opener = await host("evil.likeness");
    await arm(opener);
    const [popup] = await Promise.all([
      browser.waitForEvent("page"),
      opener.evaluate((frameUrl) => (window.opened = window.open(frameUrl)) && undefined, frameUrl),
    ]);
    await popup.getByText(`From ${PAIRS.length} choices.`).waitFor();
    assert.equal(await opener.evaluate(() => hello({ contentWindow: opened })), undefined, "a window answers no opener");
    assertNoHistory(await seenBy(opener), "an opener");

    // A page without an origin: sent away by `frame-ancestors`, and by the frame itself where that was forgotten.
    for (const [address, expected] of [[frameUrl, "silent"], [`${url("careless")}package/frame/likeness.html`, "invalid"]]) {
      const nowhere = await browser.newPage();
      await nowhere.goto(pathToFileURL(join(REPOSITORY, "www/icons")).href);
      assert.equal(await nowhere.evaluate(() => location.protocol), "file:");
      await arm(nowhere);
      const answer = (address) => Promise.race([makeFrame(address).then((frame) => hello(frame)), pause(2000).then(() => "silent")]);
      assert.equal(await nowhere.evaluate(answer, address), expected);
    }
  }, [/frame-ancestors/, /likeness\.html net::ERR_BLOCKED_BY_RESPONSE/]);
});

test("malformed, oversized and replayed messages are answered, and the frame goes on", { timeout: 3 * MINUTE }, async () => {
  await withFrames(async ({ browser, host, frameUrl }) => {
    const evil = await host("evil");
    await connect(evil, frameUrl);
    await grant(browser, evil, ["record", "rank"]);
    await arm(evil);
    const seen = await evil.evaluate(async () => {
      const { frame } = likeness;
      const refused = [await hello(frame, { versions: [2] }), await hello(frame, { versions: "1" }), await hello(frame, { versions: undefined })];
      const silent = [await hello(frame, { nonce: 7 }), await hello(frame, { nonce: "n".repeat(65) })];
      const port = await hello(frame);
      const cyclic = {};
      cyclic.self = cyclic;
      const malformed = {};
      const messages = { null: null, text: "x", number: 7, list: [], empty: {}, id: { id: "1", call: "rank" }, fraction: { id: 0.5 },
        cyclic, map: new Map([["id", 1]]), buffer: new ArrayBuffer(8), noArgs: { id: 1, call: "rank" },
        args: { id: 2, call: "rank", args: { length: 2 } }, call: { id: 3, call: ["rank"], args: [] }, object: { id: 4, call: { toString: 1 }, args: [] } };
      for (const [name, message] of Object.entries(messages)) malformed[name] = await say(port, message);
      const context = [{ role: "user", content: "q" }];
      const calls = {
        many: ["rank", context, Array(65).fill("a")], large: ["rank", context, ["x".repeat(400_001)]],
        together: ["rank", [{ role: "user", content: "x".repeat(200_000) }], ["y".repeat(200_000), "z"]],
        role: ["rank", [{ role: "tool", content: "q" }], ["a"]], holes: ["rank", Array(300), ["a"]], sparse: ["rank", [,], ["a"]],
        numbers: ["rank", context, [1, 2]], boxed: ["judge", context, new String("a"), "b"], none: ["judge"],
        pair: ["record", { context, chosen: "a" }], same: ["record", { context, chosen: "a", rejected: "a" }],
        outcome: ["recordChoice", { context, options: [{ id: "a", content: "1" }, { id: "b", content: "2" }] }],
        scope: ["requestAccess", ["everything"]], scopes: ["requestAccess", []], proto: ["requestAccess", ["__proto__"]],
      };
      let id = 10;
      for (const [name, [call, ...args]] of Object.entries(calls)) malformed[name] = await say(port, { id: (id += 1), call, args });
      // What was destroyed does not answer any more, and a port from before is of no use.
      port.postMessage({ bye: true });
      const replayed = await say(port, { id: 99, call: "access", args: [] });
      return { refused, silent, malformed, replayed, after: await likeness.rank(context, ["a", "b"]) };
    });
    assert.deepEqual(seen.refused, ["outdated", "outdated", "outdated"]);
    assert.deepEqual(seen.silent, [null, null].map(() => undefined));
    for (const [name, code] of Object.entries(seen.malformed)) assert.equal(code, "invalid", name);
    assert.equal(seen.replayed, "no answer");
    assert.equal(seen.after.length, 2);
    assert.equal(await evil.evaluate(() => ({}).polluted), undefined);
  });
});

test("a flood is slowed, and neither a reload nor more frames make it faster", { timeout: 3 * MINUTE }, async () => {
  await withFrames(async ({ browser, host, frameUrl }) => {
    const evil = await host("evil");
    await connect(evil, frameUrl);
    await grant(browser, evil, ["record", "rank", "portrait"]);
    await arm(evil);
    const flood = (source) =>
      evil.evaluate(async ({ frameUrl, source }) => {
        const frames = source === "four frames" ? await Promise.all(Array.from({ length: 4 }, () => makeFrame(frameUrl))) : [likeness.frame];
        const counts = {};
        let retry;
        await Promise.all(frames.map(async (frame) => {
          const port = await hello(frame);
          await new Promise((resolve) => {
            let left = 500;
            port.onmessage = ({ data }) => {
              if (data.id === undefined) return;
              const code = data.error?.code ?? "answered";
              counts[code] = (counts[code] ?? 0) + 1;
              retry = Math.max(retry ?? 0, data.error?.retrySeconds ?? 0);
              if (data.id < 500 && data.id % 8 === 0) post(data.id);
              if ((left -= 1) === 0) resolve();
            };
            // Eight at a time, so that most are refused for their rate and not for their number at once.
            const post = (from) => {
              for (let id = from + 1; id <= Math.min(500, from + 8); id += 1) port.postMessage({ id, call: "rank", args: [[], ["a", "b b", "c c c", "d"]] });
            };
            post(0);
          });
        }));
        return { counts, retry };
      }, { frameUrl, source });
    const first = await flood("one");
    // 256 answers and four in a call; what flows back meanwhile is one a second.
    assert.ok(first.counts.answered >= 64 && first.counts.answered < 80, JSON.stringify(first));
    assert.ok(first.counts["rate-limited"] > 400);
    assert.ok(first.retry >= 1 && first.retry <= 5, `try again in ${first.retry} s`);
    const more = await flood("four frames");
    assert.ok((more.counts.answered ?? 0) < 16, JSON.stringify(more));
    await evil.evaluate(async () => {
      const again = new Promise((resolve) => addEventListener("message", ({ data }) => data.likeness === "here" && resolve()));
      likeness.frame.src = likeness.frame.src;
      await again;
    });
    const code = await outcome(evil, "rank", [], Array(64).fill("a"));
    assert.equal(code, "rate-limited", "the bucket is kept when the frame is loaded again");
    // Far too many at once are refused without a look at the database, and the page is there afterwards.
    const burst = await evil.evaluate(async () => {
      const port = await hello(likeness.frame);
      let answers = 0;
      const all = new Promise((resolve) => (port.onmessage = () => (answers += 1) === 20_000 && resolve()));
      for (let id = 1; id <= 20_000; id += 1) port.postMessage({ id, call: "portrait", args: [] });
      await all;
      return answers;
    });
    assert.equal(burst, 20_000);
    assert.deepEqual(await outcome(evil, "access"), ["record", "portrait", "rank"]);
  });
});

test("a grant that is taken back ends at once, in other windows too, and while a call is under way", { timeout: 3 * MINUTE }, async () => {
  await withFrames(async ({ browser, host, frameUrl, url }) => {
    const top = await withHistory(browser, frameUrl);
    const chat = await host("chat.likeness");
    await connect(chat, frameUrl);
    await grant(browser, chat, ["portrait", "rank"]);
    const other = await host("other.likeness");
    await connect(other, frameUrl);
    await grant(browser, other, ["portrait"]);
    await outcome(chat, "portrait");
    await chat.evaluate(() => {
      window.heard = [];
      likeness.on("access", (scopes) => heard.push(scopes));
      window.outcomes = [];
      window.going = true;
      window.loop = (async () => {
        while (going) outcomes.push(await likeness.rank([], ["a", "b b"]).then(() => "answered", ({ code }) => code));
      })();
    });
    await chat.waitForFunction(() => outcomes.length > 2);
    const origin = new URL(url("chat.likeness")).origin;
    await top.reload();
    await top.getByText("Last used").first().waitFor();
    await top.getByRole("button", { name: `Take back: ${origin}` }).click();
    await chat.waitForFunction(() => heard.length === 1 && outcomes.at(-1) === "not-granted");
    const seen = await chat.evaluate(async () => {
      going = false;
      await loop;
      return { heard, outcomes };
    });
    assert.deepEqual(seen.heard, [[]]);
    const ended = seen.outcomes.indexOf("not-granted");
    assert.ok(seen.outcomes.slice(ended).every((code) => code === "not-granted"));
    assert.equal(await outcome(chat, "portrait"), "not-granted");
    assert.equal((await outcome(other, "portrait")).pairs, PAIRS.length, "another origin keeps what it has");
    await outcome(other, "portrait");
    await top.reload();
    await top.getByText("What was found").waitFor();
    await screenshots(top, "grants");
    await screenshots(other, "strip");
    // The strip in the frame takes back too.
    await other.frameLocator("iframe").getByRole("button", { name: "Stop sharing" }).click();
    await other.waitForFunction(() => likeness.access().then((scopes) => scopes.length === 0));
    assert.equal(await outcome(other, "portrait"), "not-granted");
    const asked = outcome(chat, "requestAccess", ["rank"]);
    await decide(browser, chat, "Don't allow");
    assert.equal(await asked, "not-granted");
  });
});
