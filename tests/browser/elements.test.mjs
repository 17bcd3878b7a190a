// The package's custom elements on a host's plain page: what they share, the panel and the badge. elements-choice.test.mjs
// has <likeness-choice>.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";
import { REPOSITORY, screenshots } from "./harness.mjs";
import { withHost } from "./package-host.mjs";

const MINUTE = 60_000;
const SAMPLE = await readFile(join(REPOSITORY, "www/sample.jsonl"), "utf8");

/** A page with the elements, `told` for what events said, and a likeness with the sample and perhaps a model. */
async function withElements(body, { model = false, names = ["likeness-badge", "likeness-panel"] } = {}) {
  await withHost(async (host) => {
    await host.page.evaluate(async ({ sample, model, names }) => {
      await import("/package/elements.js");
      const sheet = new CSSStyleSheet();
      sheet.replaceSync(":root { color-scheme: light dark; }");
      document.adoptedStyleSheets = [sheet];
      window.told = [];
      for (const name of ["likeness-claim", "likeness-portrait", "likeness-progress", "likeness-error"]) {
        document.addEventListener(name, ({ type }) => told.push(type));
      }
      // Each answer waits until the test lets it go.
      window.waiting = [];
      const answer = ({ signal }) =>
        new Promise((resolve, reject) => {
          waiting.push(() => resolve("First"));
          signal?.addEventListener("abort", () => reject(signal.reason));
        });
      window.likeness = await api.createLikeness(model ? { model: { name: "hosts", answer } } : {});
      await likeness.import(sample);
      for (const name of names) document.body.append(Object.assign(document.createElement(name), { likeness }));
      window.panel = document.querySelector("likeness-panel");
      window.focused = () => panel.shadowRoot.activeElement?.getAttribute("aria-label") ?? panel.shadowRoot.activeElement?.textContent;
    }, { sample: SAMPLE, model, names });
    await body(host);
  });
}

/** Waits until the badge shows, claim by claim and word by word, what `personalize` adds; gives the claims. */
async function badgeAgrees(page) {
  return page.evaluate(async () => {
    const { shadowRoot } = document.querySelector("likeness-badge");
    for (const end = Date.now() + 10_000; Date.now() < end; await new Promise((resolve) => setTimeout(resolve, 20))) {
      const prompt = (await likeness.personalize([]))[0]?.content ?? "";
      const lines = prompt.split("\n").filter((line) => line.startsWith("- ")).map((line) => line.slice(2).replace(/^They /, "You "));
      const shown = [...shadowRoot.querySelectorAll("li")].map((item) => item.textContent);
      const summary = lines.length ? `Likeness: ${lines.length} in use` : "Likeness: nothing in use";
      const isSame = JSON.stringify(lines.sort()) === JSON.stringify(shown.sort());
      const words = [shadowRoot.querySelector("summary").textContent, shadowRoot.querySelector("[part=prompt]").textContent];
      if (isSame && words[0] === summary && words[1] === prompt) return shown;
    }
    throw new Error(`the badge and the prompt never agreed: ${shadowRoot.querySelector("summary").textContent}`);
  });
}

test("importing them on a server defines nothing and throws nothing", async () => {
  const script = `
    import { LikenessChoice, LikenessPanel, LikenessBadge } from "@likeness/browser/elements";
    console.log(typeof LikenessChoice, typeof LikenessPanel, typeof LikenessBadge, typeof customElements);`;
  // From inside the package, its own name is found by its exports map.
  const { stdout } = await promisify(execFile)(process.execPath, ["--input-type=module", "--eval", script], { cwd: join(REPOSITORY, "pkg") });
  assert.equal(stdout.trim(), "function function function undefined");
});

test("elements that a server has put in the page take what was set before they were defined", { timeout: 2 * MINUTE }, async () => {
  await withHost(async ({ page }) => {
    await page.evaluate(async (sample) => {
      window.likeness = await api.createLikeness();
      await likeness.import(sample);
      for (const name of ["likeness-choice", "likeness-panel", "likeness-badge"]) {
        const element = document.body.appendChild(document.createElement(name));
        Object.assign(element, { id: name.split("-")[1], likeness, strings: { first: "Links", run: "Nochmal", used: (count) => `${count}!` } });
      }
      Object.assign(choice, { options: [{ id: "a", content: "one" }, { id: "b", content: "two" }], required: true });
      await import("/package/elements.js");
    }, SAMPLE);
    const hidden = await page.evaluate(() => [choice, panel, badge].flatMap((element) => Object.keys(element)));
    assert.deepEqual(hidden, [], "nothing lies before the accessors");
    assert.equal(await page.locator("#choice").getByRole("radio", { name: "Links" }).count(), 1);
    assert.equal(await page.evaluate(() => choice.validity.valueMissing), true);
    await page.locator("#panel").getByRole("button", { name: "Nochmal" }).waitFor();
    await page.locator("#badge").getByText(/^\d+!$/).waitFor();
  });
});

test("the panel edits, pins, refuses and restores; the badge shows what a prompt is told", { timeout: 3 * MINUTE }, async () => {
  await withElements(async ({ page }) => {
    const panel = page.locator("likeness-panel");
    await panel.getByRole("button", { name: "Make a new portrait" }).click();
    await page.waitForFunction(() => told.includes("likeness-portrait"));
    const edit = panel.getByRole("button", { name: /^Edit/ }).first();
    const found = (await edit.getAttribute("aria-label")).replace("Edit: ", "");
    await edit.focus();
    await page.keyboard.press("Enter");
    await page.keyboard.press("Escape");
    assert.match(await page.evaluate(() => focused()), /^Edit: /, "Escape leaves the claim as it was");
    await page.keyboard.press("Enter");
    await page.keyboard.type("You like it brief.");
    await page.keyboard.press("Enter");
    await panel.getByText("(in your words)").or(panel.getByText("(pinned)")).first().waitFor();
    assert.equal(await page.evaluate(() => focused()), "Edit: You like it brief.");

    const before = await badgeAgrees(page);
    assert.ok(before.includes("You like it brief."));
    await page.locator("likeness-badge summary").first().click();
    await page.locator("likeness-badge").getByText("What a prompt is told").click();
    await screenshots(page, "elements-panel-edited");
    await panel.getByRole("button", { name: "Refuse: You like it brief." }).click();
    await panel.getByText("(refused)").waitFor();
    assert.equal(await page.evaluate(() => focused()), "Restore: You like it brief.", "the button that is gone hands its focus on");
    assert.ok(!(await badgeAgrees(page)).includes("You like it brief."));
    await panel.getByRole("button", { name: "Restore: You like it brief." }).click();
    await panel.getByRole("button", { name: `Pin: ${found}` }).click();
    await panel.getByText("(pinned)").waitFor();
    assert.equal((await badgeAgrees(page)).length, before.length);
    assert.deepEqual(await page.evaluate(() => told), ["likeness-portrait", ...Array(4).fill("likeness-claim")]);
    await screenshots(page, "elements-panel");
  });
});

test("what can't be measured in a person's language is said, in the panel and to the page", { timeout: 2 * MINUTE }, async () => {
  await withHost(async ({ page }) => {
    const seen = await page.evaluate(async () => {
      await import("/package/elements.js");
      const likeness = await api.createLikeness();
      const before = await likeness.portrait();
      for (let at = 0; at < 12; at += 1) {
        const long = `Das ist die Antwort Nummer ${at}, und über diese Zahl kann man noch sehr viel mehr sagen. `;
        await likeness.record({ context: [{ role: "user", content: "Was ist das?" }], chosen: `Es ist ${at}.`, rejected: long.repeat(3) });
      }
      document.body.append(Object.assign(document.createElement("likeness-panel"), { likeness }));
      const [now, made] = [await likeness.portrait(), await likeness.induce()];
      return { before: before.unmeasured, now: now.unmeasured, made: made.unmeasured, claims: made.claims };
    });
    assert.equal(seen.before, "");
    assert.match(seen.now, /^All of the answers that you chose between are in another language than English\./);
    assert.equal(seen.made, seen.now);
    assert.ok(seen.claims.length > 0 && seen.claims.every(({ along, shared }) => [along, shared].every((is) => typeof is === "boolean")), JSON.stringify(seen.claims));
    await page.locator("likeness-panel").getByText(seen.now).waitFor();
  });
});

test("the badge says that nothing is in use where the page has switched it off, or nothing is known", { timeout: 2 * MINUTE }, async () => {
  await withElements(async ({ page }) => {
    await page.evaluate(async () => {
      const badge = document.querySelector("likeness-badge");
      badge.likeness = await api.createLikeness({ policy: { personalize: false } });
      window.empty = await api.createLikeness({ storage: { person: "Nobody" } });
      document.body.append(Object.assign(document.createElement("likeness-badge"), { likeness: empty }));
    });
    assert.ok(await page.evaluate(async () => (await document.querySelector("likeness-badge").likeness.portrait()).claims.length > 0));
    // What it says before it has been told is the same: the portrait's claims have come by now, if they were to come.
    for (const badge of await page.locator("likeness-badge").all()) {
      await badge.getByText("Likeness: nothing in use").waitFor();
      await badge.locator("summary").first().click();
      await badge.getByText("Nothing about you is added to a prompt.").waitFor();
    }
    assert.equal(await page.evaluate(async () => (await empty.portrait()).prose), "", "before a portrait was made, where nothing holds");
    const made = await page.evaluate(async () => (await empty.induce()).prose);
    assert.match(made, /^Nothing is known yet\./, "a portrait that was made says so");
  }, { names: ["likeness-badge"] });
});

test("an element whose likeness was destroyed says so, and throws nothing", { timeout: 2 * MINUTE }, async () => {
  await withElements(async ({ page }) => {
    const seen = await page.evaluate(async () => {
      const ended = await api.createLikeness({ storage: { person: "Gone" } });
      const panel = document.body.appendChild(document.createElement("likeness-panel"));
      panel.likeness = ended;
      ended.destroy();
      panel.remove();
      const [badge, errors] = [document.createElement("likeness-badge"), new Set()];
      for (const element of [panel, badge]) {
        element.addEventListener("likeness-error", ({ detail }) => errors.add(`${element.localName}: ${detail.error.code}`));
      }
      document.body.append(panel, badge);
      badge.likeness = ended;
      for (let waits = 0; waits < 100 && errors.size < 2; waits++) await new Promise((resolve) => setTimeout(resolve, 50));
      return { errors: [...errors].sort(), said: panel.shadowRoot.querySelector("[role=status]").textContent };
    });
    assert.deepEqual(seen.errors, ["likeness-badge: destroyed", "likeness-panel: destroyed"]);
    assert.match(seen.said, /destroyed/);
  }, { names: [] });
});

test("a run goes on while its panel is moved, and says what a stop leaves behind", { timeout: 3 * MINUTE }, async () => {
  await withElements(async ({ page }) => {
    const status = page.locator("likeness-panel").getByRole("status");
    const start = async () => {
      await page.locator("likeness-panel").getByRole("button", { name: "Make a new portrait" }).click();
      await page.waitForFunction(() => waiting.length > 0);
    };
    await start();
    assert.equal(await page.evaluate(() => focused()), "Cancel");
    await page.locator("likeness-panel").getByRole("button", { name: "Cancel" }).click();
    await status.filter({ hasText: /^Stopped\.$/ }).waitFor();
    assert.equal(await page.evaluate(() => focused()), "Make a new portrait");

    await page.evaluate(() => (waiting.length = 0));
    await start();
    // Twice the old way, once as browsers do it now.
    await page.evaluate(async () => {
      const shelf = document.body.appendChild(document.createElement("div"));
      shelf.append(panel);
      panel.remove();
      await null;
      document.body.append(panel);
      shelf.moveBefore?.(panel, null);
    });
    // A run that was stopped would get no further.
    await page.evaluate(() => {
      told.length = 0;
      waiting.shift()();
    });
    await page.waitForFunction(() => told.includes("likeness-progress") && panel.shadowRoot.querySelector("progress").value > 0);
    await page.locator("likeness-panel").getByRole("button", { name: "Cancel" }).click();
    await status.filter({ hasText: "Stopped. The next run goes on from here." }).waitFor();

    await page.evaluate(() => (waiting.length = 0));
    await start();
    await page.evaluate(() => panel.remove());
    await page.waitForFunction(() => panel.shadowRoot.querySelector("[part=cancel]").hidden, undefined, { timeout: MINUTE });
    // A run that ends of itself is not said to be stopped.
    const failed = await page.evaluate(async () => {
      const answer = () => Promise.reject(new Error("out of paper"));
      panel.likeness = await api.createLikeness({ model: { name: "broken", answer } });
      document.body.append(panel);
      await panel.run();
      return panel.shadowRoot.querySelector("[role=status]").textContent;
    });
    assert.match(failed, /out of paper/);
    assert.doesNotMatch(failed, /Stopped/);
  }, { model: true, names: ["likeness-panel"] });
});

test("a change elsewhere takes neither the focus nor what is being typed", { timeout: 2 * MINUTE }, async () => {
  await withElements(async ({ page }) => {
    const panel = page.locator("likeness-panel");
    await panel.getByRole("button", { name: /^Refuse/ }).first().focus();
    const before = await page.evaluate(() => {
      window.held = panel.shadowRoot.activeElement;
      window.counted = panel.shadowRoot.querySelector(".soft").textContent;
      return focused();
    });
    const record = (answer) => page.evaluate(async (answer) => {
      const counted = panel.shadowRoot.querySelector(".soft").textContent;
      await likeness.record({ context: [{ role: "user", content: answer }], chosen: answer, rejected: `${answer} Or else not.` });
      while (panel.shadowRoot.querySelector(".soft").textContent === counted) await new Promise((resolve) => setTimeout(resolve, 20));
    }, answer);
    await record("Short.");
    assert.equal(await page.evaluate(() => focused()), before);
    assert.ok(await page.evaluate(() => held === panel.shadowRoot.activeElement), "it is the same button");
    await panel.getByRole("button", { name: /^Edit/ }).first().click();
    await page.keyboard.type("Half a sen");
    await record("Shorter.");
    await page.keyboard.type("tence");
    assert.equal(await page.evaluate(() => panel.shadowRoot.activeElement.value), "Half a sentence");
    await page.keyboard.press("Escape");
    assert.match(await page.evaluate(() => focused()), /^Edit: /);
  });
});

test("they are readable on any ground: light where the page is, dark where the page says so", { timeout: 2 * MINUTE }, async () => {
  await withElements(async ({ page }) => {
    const look = (scheme) => page.evaluate((scheme) => {
      const sheet = new CSSStyleSheet();
      // A page that says nothing of schemes is light, whatever the browser's setting is.
      sheet.replaceSync(`:root { ${scheme ? `color-scheme: ${scheme};` : ""} }`);
      document.adoptedStyleSheets = [sheet];
      const lightness = (colour) => {
        const [red, green, blue] = colour.match(/[\d.]+/g).map(Number).map((part) => (part / 255 <= 0.04045 ? part / 255 / 12.92 : ((part / 255 + 0.055) / 1.055) ** 2.4));
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
      };
      return ["likeness-badge", "likeness-panel"].map((name) => {
        const box = document.querySelector(name).shadowRoot.querySelector(".box");
        const [ink, ground] = [getComputedStyle(box).color, getComputedStyle(box).backgroundColor].map(lightness);
        const [light, dark] = [Math.max(ink, ground), Math.min(ink, ground)];
        return { contrast: (light + 0.05) / (dark + 0.05), isDark: ground < ink };
      });
    }, scheme);
    for (const browser of ["light", "dark"]) {
      await page.emulateMedia({ colorScheme: browser });
      for (const [scheme, isDark] of [["", false], ["light dark", browser === "dark"], ["dark", true], ["light", false]]) {
        for (const seen of await look(scheme)) {
          assert.equal(seen.isDark, isDark, `${browser} browser, color-scheme ${JSON.stringify(scheme)}`);
          assert.ok(seen.contrast > 10, String(seen.contrast));
        }
      }
    }
    await page.evaluate(() => (document.adoptedStyleSheets[0].replaceSync("likeness-badge { --likeness-ground: rgb(1, 2, 3); } [hidden] { color: red; }"), (panel.hidden = true)));
    assert.deepEqual(await page.evaluate(() => [
      getComputedStyle(document.querySelector("likeness-badge").shadowRoot.querySelector(".box")).backgroundColor,
      getComputedStyle(panel).display,
    ]), ["rgb(1, 2, 3)", "none"]);
  });
});
