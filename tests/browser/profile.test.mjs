// A profile moves from one place to another by one sealed file: app, package, frame, and an independent age tool.
//
// Each host's page here has an origin of its own, and so a storage of its own, as the app has.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { Decrypter, Encrypter } from "age-encryption";
import { plantedHistory, searchFor } from "./canaries.mjs";
import { connect, decide, withFrames } from "./frame-host.mjs";
import { screenshots, withApp } from "./harness.mjs";
import { withHost } from "./package-host.mjs";

const MINUTE = 60_000;
const PASSPHRASE = "quiet otter lamp meadow";
const PLANTED = plantedHistory();
/** Choices of someone with three plain tastes, one of which tells two answers apart each time. */
const TASTES = Array.from({ length: 60 }, (_, n) => {
  const thing = `thing ${n} of the house`;
  const [chosen, rejected] = [
    [`Open the ${thing}.`, `Open the ${thing}, then look at each of its sides in turn, then close it again and wait for a while.`],
    [`Take the ${thing}. Clean it. Dry it.`, `- Take the ${thing}.\n- Clean it.\n- Dry it.`],
    [`Mend the ${thing} with glue.`, `Mend the ${thing} with glue! Enjoy!`],
  ][n % 3];
  return JSON.stringify({ context: [{ role: "user", content: `What do I do with ${thing}?` }], chosen, rejected });
}).join("\n");
const PAIRS = PLANTED.pairs + 60;
const search = searchFor(PLANTED.canaries);

/** Two hosts' pages, each with a likeness and `seal`, `take` and `failure` to call with bytes. */
async function withTwo(body) {
  await withHost(async (one) => withHost(async (other) => {
    for (const { page } of [one, other]) {
      await page.evaluate(async () => {
        window.likeness = await api.createLikeness();
        window.seal = async (passphrase) => [...new Uint8Array(await (await likeness.exportProfile({ passphrase })).arrayBuffer())];
        window.take = (bytes, passphrase) => likeness.importProfile(new Blob([new Uint8Array(bytes)]), { passphrase });
        window.failure = (call) => call().then(
          () => "nothing was thrown",
          (error) => (error instanceof api.LikenessError && error.advice ? [error.code, error.message] : String(error)));
        window.history_ = async () => (await (await likeness.export()).text()).trim().split("\n").sort();
      });
    }
    await body(one.page, other.page, [one.requests, other.requests]);
  }));
}

const seal = async (page, passphrase = PASSPHRASE) => Buffer.from(await page.evaluate((text) => seal(text), passphrase));
const take = (page, file, passphrase = PASSPHRASE) => page.evaluate(([bytes, text]) => take(bytes, text), [[...file], passphrase]);
const failure = (page, file, passphrase = PASSPHRASE) =>
  page.evaluate(([bytes, text]) => failure(() => take(bytes, text)), [[...file], passphrase]);
const history = (page) => page.evaluate(() => history_());

/** Opens a file as another tool does. */
async function opened(file, passphrase = PASSPHRASE) {
  const decrypter = new Decrypter();
  decrypter.addPassphrase(passphrase);
  return decrypter.decrypt(file, "text");
}

/** Seals a text as another tool does. */
function sealed(text, logN = 10) {
  const encrypter = new Encrypter();
  encrypter.setPassphrase(PASSPHRASE);
  encrypter.setScryptWorkFactor(logN);
  return encrypter.encrypt(text);
}

test("there and back: the same pairs, no duplicates, what was said of claims; another tool opens it and is opened", { timeout: 5 * MINUTE }, async () => {
  await withTwo(async (here, there, requests) => {
    const said = await here.evaluate(async ([tastes, planted]) => {
      await likeness.import(tastes);
      const context = [{ role: "user", content: "Tea?" }];
      const options = [{ id: "a", content: "Yes, black." }, { id: "b", content: "Certainly! Which tea would you like?" }];
      await likeness.recordChoice({ context, options, none: "all-good" });
      const { claims } = await likeness.portrait();
      if (claims.length < 3) throw new Error(`three claims are needed: ${JSON.stringify(claims)}`);
      await likeness.claims.refuse(claims[0].id);
      await likeness.claims.pin(claims[1].id);
      await likeness.claims.edit(claims[2].id, "You like it when an answer names its source.");
      await likeness.import(planted);
      const states = ({ claims }) => claims.map(({ id, text, state }) => [id, text, state]).sort();
      return states(await likeness.portrait());
    }, [TASTES, PLANTED.text]);
    const began = Date.now();
    const file = await seal(here);
    console.log(`sealed ${file.length} bytes in ${Date.now() - began} ms`);

    assert.deepEqual(search(file.toString("latin1")), [], "nothing of the history is to be seen in the file");
    assert.deepEqual(search(file.toString("utf8")), []);
    const plain = await opened(file);
    assert.equal(search(plain).length, PLANTED.canaries.length, "the search would have found all");
    const [head, ...lines] = plain.trim().split("\n");
    assert.equal(JSON.parse(head).likeness, "profile");
    assert.deepEqual([...lines].sort(), await history(here), "behind the first line is the export as it is");
    await assert.rejects(opened(file, "another"), /passphrase|identity|identities/i);

    const first = await take(there, file);
    assert.deepEqual(first, { read: PAIRS + 1, imported: PAIRS, known: 0, ties: 1, skipped: 0, replaced: 0, claims: 3, portrait: true });
    assert.deepEqual(await history(there), await history(here));
    const states = await there.evaluate(async () => (await likeness.portrait()).claims.map(({ id, text, state }) => [id, text, state]).sort());
    assert.deepEqual(states, said);

    // Another tool seals it again, as it does unless told otherwise, and here something is said later.
    const theirs = await sealed(plain, 18);
    const later = await there.evaluate(async (id) => (await likeness.claims.restore(id)).claims.find((claim) => claim.id === id)?.state, said.find(([, , state]) => state === "refused")[0]);
    assert.notEqual(later, "refused");
    const again = await take(there, theirs);
    assert.deepEqual([again.imported, again.known, again.ties, again.claims, again.portrait], [0, PAIRS, 0, 0, false]);
    const back = await take(here, await seal(there));
    assert.deepEqual([back.imported, back.claims, back.portrait], [0, 1, false], "the later word came along");
    assert.deepEqual(await history(here), await history(there));
    assert.ok(!(await here.evaluate(async () => (await likeness.portrait()).claims)).some(({ state }) => state === "refused"));
    for (const request of requests.flat()) assert.deepEqual(search(JSON.stringify(request)), [], request.url);
  });
});

test("a changed choice stays changed, a choice taken back in one place only comes back from the other", { timeout: 3 * MINUTE }, async () => {
  await withTwo(async (here, there) => {
    const choice = (rest) => ({
      context: [{ role: "user", content: "q" }],
      options: [{ id: "a", content: "one" }, { id: "b", content: "two" }],
      ...rest,
    });
    const chosen = async (page) => (await history(page)).map((line) => JSON.parse(line).pair?.chosen).filter(Boolean);
    await here.evaluate((choice) => likeness.recordChoice(choice), choice({ chosen: "a" }));
    const old = await seal(here);
    await take(there, old);
    await here.evaluate((choice) => likeness.recordChoice(choice, { supersedes: { chosen: "a" } }), choice({ chosen: "b" }));
    assert.deepEqual(await chosen(here), ["two"]);
    const moved = await take(there, await seal(here));
    assert.deepEqual([moved.imported, moved.replaced], [1, 0], "the pair that came took the other's place");
    assert.deepEqual(await chosen(there), ["two"]);
    assert.equal((await take(there, old)).imported, 0, "what it took the place of does not come back");
    assert.deepEqual(await chosen(there), ["two"]);

    // Back again, and to a tie, and back from it.
    await here.evaluate((choice) => likeness.recordChoice(choice, { supersedes: { chosen: "b" } }), choice({ chosen: "a" }));
    assert.deepEqual(await chosen(here), ["one"]);
    await here.evaluate((choice) => likeness.recordChoice(choice, { supersedes: { chosen: "a" } }), choice({ none: "all-bad" }));
    assert.deepEqual(await chosen(here), []);
    await here.evaluate((choice) => likeness.recordChoice(choice, { supersedes: { none: "all-bad" } }), choice({ chosen: "a" }));
    const outcomes = (await history(here)).map((line) => JSON.parse(line).choice?.outcome).filter(Boolean);
    assert.deepEqual([await chosen(here), outcomes], [["one"], [{ kind: "preferred", winner: "a" }]]);

    await there.evaluate((choice) => likeness.takeBack(choice), choice({ chosen: "b" }));
    assert.deepEqual(await history(there), (await history(there)).filter((line) => line.includes('"likeness"')));
    const gone = await there.evaluate((choice) => failure(() => likeness.takeBack(choice)), choice({ chosen: "b" }));
    assert.equal(gone[0], "not-found");
    assert.equal((await take(there, await seal(here))).imported, 1, "nothing remembers what was taken back");
    assert.deepEqual(await chosen(there), ["one"]);
  });
});

test("what can't be opened is told by its fault, and leaves everything as it was", { timeout: 4 * MINUTE }, async () => {
  await withTwo(async (here, there) => {
    await here.evaluate((text) => likeness.import(text), PLANTED.text);
    await there.evaluate(() => likeness.record({ context: [], chosen: "mine", rejected: "theirs" }));
    const before = await history(there);
    const file = await seal(here);
    const plain = await opened(file);
    const text = file.toString("latin1");
    const changed = (from, to) => Buffer.from(text.replace(from, to), "latin1");
    const flipped = Buffer.from(file);
    flipped[file.length - 5] ^= 1;
    const early = Buffer.from(file);
    early[400] ^= 1;
    const armor = "-----BEGIN AGE ENCRYPTED FILE-----\nYWdl\n-----END AGE ENCRYPTED FILE-----\n";
    const faults = [
      [file, "wrong passphrase", "wrong-passphrase", /does not open/],
      [file, "", "wrong-passphrase", /does not open/],
      [file.subarray(0, 60), PASSPHRASE, "bad-file", /cut off/],
      [file.subarray(0, 1000), PASSPHRASE, "bad-file", /cut off/],
      [file.subarray(0, file.length - 1), PASSPHRASE, "bad-file", /cut off/],
      [flipped, PASSPHRASE, "bad-file", /cut off, or damaged/],
      [Buffer.from("%PDF-1.7\n"), PASSPHRASE, "bad-file", /no age file/],
      [Buffer.alloc(0), PASSPHRASE, "bad-file", /no age file/],
      [Buffer.from(armor), PASSPHRASE, "bad-file", /armor/],
      [changed(/ 16\n/, " 19\n"), PASSPHRASE, "bad-file", /work factor is 19/],
      [changed(/ 16\n/, " 63\n"), PASSPHRASE, "bad-file", /work factor is 63/],
      [changed("-> scrypt", "-> X25519"), PASSPHRASE, "bad-file", /not for a passphrase/],
      [await sealed(plain.replace('"version":1', '"version":2')), PASSPHRASE, "bad-file", /version 2/],
      [await sealed("a diary\n"), PASSPHRASE, "bad-file", /no Likeness profile/],
    ];
    if (early.length > 70_000) faults.push([early, PASSPHRASE, "bad-file", /damaged in its block 0/]);
    for (const [bytes, passphrase, code, words] of faults) {
      const told = await failure(there, bytes, passphrase);
      assert.equal(told[0], code, `${words}: ${told}`);
      assert.match(told[1], words);
      assert.deepEqual(search(told[1]), []);
      assert.deepEqual(await history(there), before, `${words}`);
    }
    const others = await there.evaluate(async (bytes) => [
      await failure(() => likeness.import(new Blob([new Uint8Array(bytes)]))),
      await failure(() => likeness.exportProfile({ passphrase: "" })),
      await failure(() => likeness.exportProfile()),
      (await failure(async () => {
        for await (const step of likeness.importProfile(new Blob([new Uint8Array(bytes)]), { passphrase: "x" })) void step;
      }))[0],
    ], [...file]);
    assert.deepEqual(others.map((told) => (Array.isArray(told) ? told[0] : told)), ["sealed", "invalid", "invalid", "wrong-passphrase"]);
    assert.equal((await take(there, file)).imported, PLANTED.pairs, "the same file, whole, is taken in");
  });
});

test("a profile whose portrait is damaged is refused whole, and both portraits stay as they are", { timeout: 2 * MINUTE }, async () => {
  await withTwo(async (here, there) => {
    await there.evaluate(async (tastes) => {
      await likeness.import(tastes.split("\n").slice(0, 40).join("\n"));
      const [claim] = (await likeness.portrait()).claims;
      await likeness.claims.edit(claim.id, "You like it when an answer names its source.");
    }, TASTES);
    // The newer of the two.
    await here.evaluate(async (tastes) => {
      await likeness.import(tastes);
      await likeness.claims.pin((await likeness.portrait()).claims[0].id);
    }, TASTES);
    const kept = async () => [await history(there), await there.evaluate(async () => JSON.stringify((await likeness.portrait()).claims))];
    const before = await kept();
    const plain = await opened(await seal(here));
    const at = plain.indexOf("\n");
    const damaged = (damage) => {
      const head = JSON.parse(plain.slice(0, at));
      damage(head.portrait);
      return sealed(JSON.stringify(head) + plain.slice(at));
    };
    const cut = plain.slice(0, plain.indexOf('"portrait"') + 400);
    const faults = [
      [await damaged(({ likeness }) => (likeness.stack.reward_weight = 1e300)), /its portrait is damaged/],
      [await damaged(({ likeness }) => (likeness.stack.reward_weight = null)), /first line can't be read/],
      [await damaged(({ likeness }) => delete likeness.stack), /first line can't be read/],
      [await damaged(({ likeness }) => (likeness.claims = "all of them")), /first line can't be read/],
      [await damaged(({ likeness }) => (likeness.version = 99)), /version 99/],
      [await sealed(cut + plain.slice(at)), /first line can't be read/],
      [await sealed(cut), /no Likeness profile/],
    ];
    for (const [bytes, words] of faults) {
      const told = await failure(there, bytes);
      assert.equal(told[0], "bad-file", `${words}: ${told}`);
      assert.match(told[1], words);
      assert.deepEqual(await kept(), before, `${words}`);
    }
    const whole = await take(there, await damaged(() => {}));
    assert.deepEqual([whole.imported, whole.known, whole.portrait], [20, 40, true], "the same file, undamaged, is taken in");
  });
});

test("from the app's own page to a package's storage and back", { timeout: 5 * MINUTE }, async () => {
  await withApp(async ({ page }) => {
    await page.getByRole("button", { name: "Try it on a sample" }).click();
    await page.getByRole("heading", { name: "Robin (sample)" }).waitFor();
    await page.getByRole("link", { name: "History" }).click();
    await page.getByText("24 choices, newest first").waitFor();
    await page.getByRole("button", { name: "Your data …" }).click();
    const data = page.getByRole("dialog", { name: "Your data" });
    const [first, second] = [data.getByLabel("Passphrase", { exact: true }), data.getByLabel("The passphrase again")];
    await data.getByRole("button", { name: "Save the sealed profile" }).click();
    await data.getByText("Choose a passphrase.").waitFor();
    await first.fill("short");
    await data.getByText(/It is short/).waitFor();
    await first.fill(PASSPHRASE);
    await second.fill("another");
    await second.press("Enter");
    await data.getByText("The two are not the same.").waitFor();
    await screenshots(page, "profile-save");
    await second.fill(PASSPHRASE);
    const downloading = page.waitForEvent("download");
    await second.press("Enter");
    const download = await downloading;
    assert.match(download.suggestedFilename(), /^likeness-profile-\d{4}-\d\d-\d\d\.age$/);
    const file = await readFile(await download.path());
    assert.equal(await first.inputValue(), "", "the passphrase does not stay");
    await page.keyboard.press("Escape");

    let back;
    await withHost(async ({ page: host }) => {
      back = Buffer.from(await host.evaluate(async ([bytes, passphrase]) => {
        window.likeness = await api.createLikeness();
        const moved = await likeness.importProfile(new Blob([new Uint8Array(bytes)]), { passphrase });
        if (moved.imported !== 24) throw new Error(JSON.stringify(moved));
        const { claims } = await likeness.portrait();
        await likeness.claims.refuse(claims[0].id);
        await likeness.record({ context: [{ role: "user", content: "Made on the host" }], chosen: "Short.", rejected: "Long, long." });
        return [...new Uint8Array(await (await likeness.exportProfile({ passphrase })).arrayBuffer())];
      }, [[...file], PASSPHRASE]));
    });

    await page.getByRole("button", { name: "Import" }).click();
    const dialog = page.getByRole("dialog", { name: "Import choices" });
    await dialog.getByLabel(/Drop files here/).setInputFiles({ name: "me.age", mimeType: "application/octet-stream", buffer: back });
    const asked = dialog.getByLabel("Its passphrase");
    await asked.fill("another");
    await asked.press("Enter");
    await dialog.getByText(/does not open the file/).waitFor();
    await screenshots(page, "profile-open");
    await asked.fill(PASSPHRASE);
    await asked.press("Enter");
    await dialog.getByText("1 choice added, 24 here already").waitFor();
    await dialog.getByText("What you said there of 1 claim counts now.").waitFor();
    await dialog.getByRole("button", { name: "Done" }).click();
    await page.getByText("25 choices, newest first").waitFor();
  });
});

test("in a frame, the person moves it in the frame's own window; a host has no call for it", { timeout: 3 * MINUTE }, async () => {
  await withFrames(async ({ browser, frameUrl, host }) => {
    const page = await host("chat.likeness");
    await connect(page, frameUrl);
    const asking = page.evaluate(() => likeness.requestAccess(["record", "portrait", "rank"]));
    await decide(browser, page, "Allow");
    await asking;
    const calls = await page.evaluate(() => ["exportProfile", "importProfile", "ledger", "takeBack", "export"].filter((name) => name in likeness));
    assert.deepEqual(calls, []);
    await page.evaluate(() => likeness.record({ context: [], chosen: "a short one", rejected: "a long, long, long one" }));

    const own = await browser.newPage();
    await own.goto(frameUrl);
    const move = own.locator("likeness-move");
    await move.getByLabel("Passphrase", { exact: true }).fill(PASSPHRASE);
    await move.getByLabel("The passphrase again").fill("another");
    await own.keyboard.press("Enter");
    await move.getByText("The two are not the same.").waitFor();
    await move.getByLabel("The passphrase again").fill(PASSPHRASE);
    const downloading = own.waitForEvent("download");
    await own.keyboard.press("Enter");
    const file = await (await downloading).path();
    assert.match(await opened(await readFile(file)), /a short one/);
    await move.getByLabel("The file").setInputFiles(file);
    await move.getByLabel("Its passphrase").fill("another");
    await own.keyboard.press("Enter");
    await move.getByText("This passphrase does not open the file.").waitFor();
    await screenshots(own, "profile-frame");
    await move.getByLabel("Its passphrase").fill(PASSPHRASE);
    await own.keyboard.press("Enter");
    await move.getByText("0 added, 1 here already.").waitFor();
  });
});
