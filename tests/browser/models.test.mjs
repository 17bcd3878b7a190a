// The models page as a person uses it: a download from another origin, which the page may reach from the click until the
// file is whole; stopped, paused over a reload, resumed; what is kept, its digest, the room; the list, by its real
// addresses, with their hosts played by a server of ours.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { cp, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";
import { REPOSITORY, screenshots, withApp } from "./harness.mjs";
import { folderWithSmallModel, writeInParts } from "./layers.mjs";
import { arrival, openModelHost } from "./model-host.mjs";
import { download } from "./models-page.mjs";
import { open, takeSample } from "./remote-person.mjs";

const MINUTE = 60_000;
const SMALL = "two-layers.gguf";
const folder = await folderWithSmallModel(SMALL);
const small = join(folder, SMALL);

const button = (page, name) => page.getByRole("button", { name, exact: true });
const part = (page) => page.locator(".kept .part");
const nothingKept = (page) => page.getByRole("heading", { name: "Kept in this browser" }).waitFor({ state: "detached" });
const reach = (page) =>
  page.evaluate(async () => {
    const { applied, configured } = await window.likenessPolicy.ready;
    return { applied, configured };
  });

async function openModels(page) {
  await button(page, "Start with my own choices").click();
  await open(page, "Models");
  await button(page, "Load it").waitFor();
}

/** Types an address and clicks; the page loads itself anew, and has all that the server gave when it holds it. */
async function downloadUpTo(page, host, mark) {
  host.holdAt = mark;
  await page.getByLabel("Address of a GGUF file").fill(`${host.origin}/org/${SMALL}?download=true`);
  await page.getByText("This page loads itself anew once, so that it may reach that address.").waitFor();
  await button(page, "Download").click();
  await page.getByText(/^Downloading$/).waitFor({ timeout: MINUTE });
  await arrival(page, SMALL, mark);
}

test("a download from an address is paused, resumed and kept; its origin may be reached for as long and no longer", {
  timeout: 4 * MINUTE,
}, async () => {
  const host = await openModelHost(small);
  try {
    await withApp(async ({ page }) => {
      await openModels(page);
      assert.deepEqual(await reach(page), { applied: [], configured: [] });
      await downloadUpTo(page, host, Math.floor(0.425 * host.size));
      assert.deepEqual(await reach(page), { applied: [host.origin], configured: [host.origin] });
      await screenshots(page, "models-downloading");

      await button(page, "Cancel").click();
      await part(page).getByText(/^paused at 42% of 36 MB$/).waitFor();
      await screenshots(page, "models-paused");
      const asked = host.requests.length;
      await page.reload();
      await part(page).getByText(/^paused at 42%/).waitFor();
      assert.equal(host.requests.length, asked, "nothing is fetched without a click");

      host.holdAt = host.size;
      await button(page, "Resume").click();
      await page.getByRole("heading", { name: "two-layers" }).waitFor({ timeout: 2 * MINUTE });
      assert.match(host.requests.at(-1).range, /^bytes=[1-9]\d*-$/);
      assert.equal(await part(page).count(), 0);
      await page.getByText("SHA-256", { exact: true }).click();
      await page.getByText(await host.digest()).waitFor();
      assert.match(await page.locator(".room").innerText(), /^Models take 36 MB here\. The browser has room for .+ more/);
      await screenshots(page, "models-kept");
      await assertInLedger(page, host, [/^answered with 200, then: /i, /^answered with 206, \d{8} bytes/i]);
      await open(page, "Models");
      // From now on pages that are loaded can't reach it any more.
      await page.waitForFunction(() => window.likenessPolicy.configured.length === 0);

      await button(page, "Take out of memory").click();
      await button(page, "Remove").click();
      await button(page, "Delete").click();
      await nothingKept(page);
    }, { allowedErrors: [/engine_helper\.js/] });
  } finally {
    await host.close();
  }
});

/** The ledger's lines of files, oldest first: where they came from, and what came of each. */
async function assertInLedger(page, host, outcomes) {
  await open(page, "Privacy");
  const lines = page.locator(".ledger li");
  await lines.nth(outcomes.length - 1).waitFor();
  for (const summary of await lines.locator("summary").all()) await summary.click();
  const facts = (name) => lines.locator(`dt:text-is("${name}") + dd`).allTextContents();
  assert.deepEqual(await facts("Where"), outcomes.map(() => `${host.origin}/org/${SMALL}?download=true`));
  const told = (await facts("Outcome")).reverse();
  assert.equal(told.length, outcomes.length);
  for (const [at, outcome] of outcomes.entries()) assert.match(told[at], outcome);
  assert.equal(await lines.getByText("there was no body").count(), outcomes.length);
  await screenshots(page, "privacy-model-files");
}

test("an address that quotes the history is not asked, and the ledger says so", { timeout: 2 * MINUTE }, async () => {
  const host = await openModelHost(small);
  try {
    await withApp(async ({ page }) => {
      await takeSample(page);
      const lines = (await readFile(join(REPOSITORY, "www", "sample.jsonl"), "utf8")).trim().split("\n");
      const chosen = JSON.parse(lines[0]).chosen.content;
      await open(page, "Models");
      const address = `${host.origin}/${encodeURIComponent(chosen.slice(0, 80))}.gguf`;
      await page.getByLabel("Address of a GGUF file").fill(address);
      await button(page, "Download").click();
      await page.getByText(/the address of that file shares text with your history, so it was not asked/i).waitFor({ timeout: MINUTE });
      assert.deepEqual(host.requests, []);
      await screenshots(page, "models-address-quotes");
      await open(page, "Privacy");
      await page.getByText("1 request was stopped at the door.").waitFor();
    }, { allowedErrors: [/engine_helper\.js/] });
  } finally {
    await host.close();
  }
});

test("what has come is deleted on a click, and a digest that was typed is held to", { timeout: 3 * MINUTE }, async () => {
  const host = await openModelHost(small);
  try {
    await withApp(async ({ page }) => {
      await openModels(page);
      await downloadUpTo(page, host, Math.floor(0.5 * host.size));
      await button(page, "Cancel").click();
      await part(page).getByRole("button", { name: "Delete" }).click();
      await part(page).getByText("Delete what has come?").waitFor();
      await part(page).getByRole("button", { name: "Delete" }).click();
      await part(page).waitFor({ state: "detached" });
      await page.waitForFunction(() => window.likenessPolicy.configured.length === 0);

      host.holdAt = host.size;
      await page.getByLabel("Address of a GGUF file").fill(`${host.origin}/org/${SMALL}`);
      await page.getByLabel("Its SHA-256").fill("12ab");
      await button(page, "Download").click();
      await page.getByText("A SHA-256 is 64 digits").waitFor();
      await page.getByLabel("Its SHA-256").fill("0".repeat(64));
      await button(page, "Download").click();
      await page.getByText(/SHA-256 is [0-9a-f]{64}, expected 0{64}/).waitFor({ timeout: MINUTE });
      await nothingKept(page);
    }, { allowedErrors: [/engine_helper\.js/] });
  } finally {
    await host.close();
  }
});

test("all files of a model are chosen at once, and kept and deleted as one", { timeout: 3 * MINUTE }, async () => {
  const names = await writeInParts(small, "m", 3);
  await withApp(async ({ page }) => {
    await openModels(page);
    const choose = (names) => page.getByLabel("Choose a file").setInputFiles(names.map((name) => join(folder, name)));
    await choose([names[2], names[0]]);
    await page.getByText(`${names[1]} is missing: choose all 3 files of the model`).waitFor();
    await choose([names[2], names[0], names[1]]);
    await page.getByRole("heading", { name: "m", exact: true }).waitFor({ timeout: MINUTE });
    assert.deepEqual(await page.locator(".kept .file").allInnerTexts(), [names[0]]);
    // What was asked of a row stands while the model above it goes.
    await button(page, "Remove").click();
    await button(page, "Take out of memory").click();
    await page.getByText("No model is loaded.").waitFor();
    await button(page, "Delete").click();
    await nothingKept(page);
  }, { allowedErrors: [/engine_helper\.js/] });
});

test("a file that is none is refused by its name, in sight, and is not kept", { timeout: 3 * MINUTE }, async () => {
  const bytes = await readFile(small);
  await withApp(async ({ page, url }) => {
    await openModels(page);
    const told = page.locator(".load-failure");
    const refused = async (words) => {
      await told.getByText(words).waitFor({ timeout: MINUTE });
      await page.waitForFunction(() => {
        const { top, bottom } = document.querySelector(".load-failure").getBoundingClientRect();
        return top >= 0 && bottom <= innerHeight;
      });
      assert.doesNotMatch(await told.innerText(), /Models page/);
      assert.equal(await page.locator(".kept .file").count(), 0);
    };
    const choose = (name, buffer) => page.getByLabel("Choose a file").setInputFiles({ name, mimeType: "", buffer });
    const whole = page.viewportSize();
    for (const width of [1280, 390]) {
      await page.setViewportSize({ width, height: 800 });
      await choose("empty.gguf", Buffer.alloc(0));
      await refused(/^The file empty\.gguf can't be used: it is cut off or damaged \(magic at byte 0/);
      await choose("first.gguf", bytes.subarray(0, 20_000));
      await refused(/^The file first\.gguf can't be used: it is cut off or damaged \(.+ but the file ends at 20000\)\.$/);
      await choose("text.gguf", Buffer.from("Not at all."));
      await refused(/^The file text\.gguf can't be used: not a GGUF file/);
    }
    await page.setViewportSize(whole);
    await page.getByLabel("Address of a GGUF file").fill(`${url}models/absent.gguf`);
    await button(page, "Download").click();
    await refused(/absent\.gguf answered 404/);
    assert.doesNotMatch(await told.innerText(), /CORS|where it ended/);
  }, { allowedErrors: [/engine_helper\.js/, /absent\.gguf/] });
});

test("after a reload the model that was loaded last is a click away, while its file is kept", { timeout: 3 * MINUTE }, async () => {
  await withApp(async ({ page, url }) => {
    const [again, comesAlong] = [`Load ${SMALL} again`, "Load the model that comes along"].map((name) => button(page, name));
    await takeSample(page);
    await open(page, "Portrait");
    await comesAlong.waitFor();
    assert.equal(await again.count(), 0);
    await download(page, url, SMALL);
    await page.reload();
    await open(page, "Portrait");
    await again.waitFor();
    await screenshots(page, "portrait-model-again");
    await again.click();
    await page.getByText(/^With two-layers/i).waitFor({ timeout: MINUTE });
    await open(page, "Models");
    await button(page, "Take out of memory").click();
    await button(page, "Remove").click();
    await button(page, "Delete").click();
    await nothingKept(page);
    await open(page, "Portrait");
    await comesAlong.waitFor();
    assert.equal(await again.count(), 0);
  }, { serving: { models: folder }, allowedErrors: [/engine_helper\.js/] });
});

/** A certificate that nobody vouches for, for a Chromium that is told not to mind. */
async function certificate() {
  const [key, cert] = ["key.pem", "cert.pem"].map((name) => join(folder, name));
  const options = ["-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", "/CN=huggingface.co", "-keyout", key, "-out", cert];
  await promisify(execFile)("openssl", ["req", ...options]);
  return { key: await readFile(key), cert: await readFile(cert) };
}

/** A copy of the app that expects one SHA-256 where its list of models has another. */
async function appExpecting(digest, listed) {
  const dist = join(folder, "dist");
  await cp(join(REPOSITORY, "dist"), dist, { recursive: true });
  const path = join(dist, "app_bg.wasm");
  const bytes = await readFile(path);
  const at = bytes.indexOf(listed);
  assert.ok(at > 0 && bytes.indexOf(listed, at + 1) < 0, "the list has that digest, once");
  bytes.write(digest, at);
  await writeFile(path, bytes);
  return dist;
}

test("a model of the list is fetched from where its page hands it on to, by a click", { timeout: 4 * MINUTE }, async () => {
  const secure = await certificate();
  const [page, files] = [await openModelHost(small, secure), await openModelHost(small, secure)];
  page.handsOnTo = "https://cas-bridge.xethub.hf.co";
  const map = [`MAP huggingface.co 127.0.0.1:${page.port}`, `MAP cas-bridge.xethub.hf.co 127.0.0.1:${files.port}`];
  const flags = [`--host-resolver-rules=${map.join(",")}`, "--ignore-certificate-errors"];
  // The file that stands in for the listed one is let pass as that one.
  const dist = await appExpecting(await files.digest(), "decd2598bc2c8ed08c19adc3c8fdd461ee19ed5708679d1c54ef54a5a30d4f33");
  const address = "HuggingFaceTB/SmolLM2-1.7B-Instruct-GGUF/resolve/2d4a76a30b4af41ecd395c35725ac11688d4cfe4/smollm2-1.7b-instruct-q4_k_m.gguf";
  try {
    await withApp(async ({ page: tab }) => {
      await openModels(tab);
      const rows = await tab.locator(".offers li").allInnerTexts();
      assert.ok(rows.length >= 5 && rows.length <= 7, `${rows.length} models`);
      for (const row of rows) assert.match(row, /a file of [\d.]+ [MG]B, about [\d.]+ GB of memory\. .+\.\s/);
      assert.deepEqual([page.requests, files.requests], [[], []]);

      await button(tab, "Download SmolLM2 1.7B Instruct").click();
      await tab.getByRole("heading", { name: "smollm2-1.7b-instruct-q4_k_m" }).waitFor({ timeout: 2 * MINUTE });
      assert.deepEqual(
        [...page.requests, ...files.requests].map(({ host, url }) => host + url),
        ["huggingface.co", "cas-bridge.xethub.hf.co"].map((host) => `${host}/${address}`),
      );
      await button(tab, "In use SmolLM2 1.7B Instruct").waitFor();
      await tab.waitForFunction(() => window.likenessPolicy.configured.length === 0);

      // What comes for this one is another file than the list says.
      await button(tab, "Download Llama 3.2 1B Instruct").click();
      await tab.getByText(/SHA-256 is [0-9a-f]{64}, expected 6f85a640a97c/).waitFor({ timeout: 2 * MINUTE });
    }, { serving: { dist }, launching: { flags }, allowedErrors: [/engine_helper\.js/] });
  } finally {
    await Promise.all([page.close(), files.close()]);
  }
});
