// <likeness-choice> on a host's plain page: keyboard and mouse, what is recorded, its part in a form.

import assert from "node:assert/strict";
import { test } from "node:test";
import { screenshots } from "./harness.mjs";
import { withHost } from "./package-host.mjs";

const MINUTE = 60_000;

/** A page with the elements, a likeness, `told` for what events said, and `make` for a choice in `parent`. */
async function withChoices(body) {
  await withHost(async (host) => {
    await host.page.evaluate(async () => {
      await import("/package/elements.js");
      const sheet = new CSSStyleSheet();
      sheet.replaceSync(":root { color-scheme: light dark; }");
      document.adoptedStyleSheets = [sheet];
      window.told = [];
      for (const name of ["likeness-choice", "likeness-recorded", "likeness-error"]) {
        document.addEventListener(name, ({ type, detail, target }) => told.push([target.id, type, detail.chosen ?? detail.none]));
      }
      window.likeness = await api.createLikeness();
      window.question = () => ({
        context: [{ role: "user", content: "canary question" }],
        options: [{ id: "b", content: "canary one" }, { id: "a", content: "canary two" }],
      });
      window.make = (id, rest = {}, parent = document.body) => {
        const choice = document.createElement("likeness-choice");
        choice.id = id;
        parent.append(Object.assign(choice, question(), rest));
        return choice;
      };
      window.outcomes = async (of = likeness) =>
        (await (await of.export()).text()).split("\n").filter(Boolean).map((line) => JSON.parse(line).choice?.outcome).filter(Boolean);
    });
    await body(host);
  });
}

const radio = (page, id, name) => page.locator(`#${id}`).getByRole("radio", { name });

test("two choices on a page: mouse and keyboard, winner by id, recorded, in no request", { timeout: 2 * MINUTE }, async () => {
  await withChoices(async ({ page, requests }) => {
    await page.evaluate(() => (make("bound", { likeness }), make("free")));
    await radio(page, "bound", "The second").click();
    await page.waitForFunction(() => told.length === 2);
    await radio(page, "free", "The first").focus();
    for (const key of ["ArrowRight", "ArrowRight", "Enter", "4"]) await page.keyboard.press(key);
    const seen = await page.evaluate(async () => ({ told, file: await (await likeness.export()).text() }));
    assert.deepEqual(seen.told, [
      ["bound", "likeness-choice", "a"],
      ["bound", "likeness-recorded", "a"],
      ["free", "likeness-choice", "all-good"],
      ["free", "likeness-choice", "all-bad"],
    ]);
    const rows = seen.file.trim().split("\n").map((line) => JSON.parse(line));
    const choices = rows.filter(({ choice }) => choice).map(({ choice }) => choice.outcome);
    assert.deepEqual(choices, [{ kind: "preferred", winner: "a" }], "only the bound one was recorded");
    assert.equal(rows.find(({ pair }) => pair).pair.chosen, "canary two");
    for (const request of requests) assert.ok(!JSON.stringify(request).includes("canary"), request.url);
  });
});

test("what was recorded is locked, also for a key and a form's reset, until another question is put", { timeout: 2 * MINUTE }, async () => {
  await withChoices(async ({ page }) => {
    await page.evaluate(() => {
      const form = document.createElement("form");
      document.body.append(form);
      make("one", { likeness }, form);
    });
    const choice = page.locator("#one");
    await radio(page, "one", "Both good").click();
    await choice.getByText("Recorded.").waitFor();
    // No click can be waited for here: Playwright takes what says that it is disabled at its word.
    assert.ok(await radio(page, "one", "The first").isDisabled());
    await radio(page, "one", "The first").dispatchEvent("click");
    await page.keyboard.press("1");
    await page.evaluate(() => {
      document.querySelector("form").reset();
      // The same question, as a framework sets it again at each redraw.
      Object.assign(document.querySelector("#one"), question());
    });
    const locked = await page.evaluate(() => {
      const choice = document.querySelector("#one");
      return [choice.value, choice.recorded, choice.shadowRoot.activeElement.getAttribute("aria-checked")];
    });
    assert.deepEqual(locked, ["none:all-good", true, "true"], "it is shown which was taken, and focus is still there");
    assert.equal(await page.evaluate(async () => (await outcomes()).length), 1);

    await page.evaluate(() => (document.querySelector("#one").options = [{ id: "c", content: "three" }, { id: "d", content: "four" }]));
    assert.deepEqual(await page.evaluate(() => [one.value, one.recorded]), ["", false]);
    await radio(page, "one", "The first").click();
    await choice.getByText("Recorded.").waitFor();
    await page.evaluate(() => (one.context = [{ role: "user", content: "another" }]));
    assert.deepEqual(await page.evaluate(() => [one.value, one.recorded]), ["", false]);
    assert.equal(await page.evaluate(async () => (await outcomes()).length), 2);
  });
});

test("the next question may be put up while the choice is told, and what is late changes nothing there", { timeout: 2 * MINUTE }, async () => {
  await withChoices(async ({ page }) => {
    await page.evaluate(() => {
      make("one", { likeness });
      const next = [{ id: "c", content: "three" }, { id: "d", content: "four" }];
      one.addEventListener("likeness-choice", () => (one.options = next), { once: true });
    });
    await radio(page, "one", "The first").click();
    await page.waitForFunction(() => told.some(([, type]) => type === "likeness-recorded"));
    assert.deepEqual(await page.evaluate(async () => [await outcomes(), one.value, one.recorded]), [
      [{ kind: "preferred", winner: "b" }], "", false,
    ]);
  });
});

test("a listener can hold a choice back, and a failure opens it again and says why", { timeout: 2 * MINUTE }, async () => {
  await withChoices(async ({ page }) => {
    await page.evaluate(async () => {
      make("held", { likeness }).addEventListener("likeness-choice", (event) => event.preventDefault());
      const ended = await api.createLikeness({ storage: { person: "Ada" } });
      ended.destroy();
      make("ended", { likeness: ended });
    });
    await radio(page, "held", "The first").click();
    assert.deepEqual(await page.evaluate(async () => [held.value, await outcomes()]), ["", []]);
    await radio(page, "ended", "The first").click();
    await page.locator("#ended").getByRole("status").filter({ hasText: "Not kept: this likeness was destroyed: make a new one" }).waitFor();
    assert.deepEqual(await page.evaluate(() => [ended.value, ended.recorded, told.at(-1).slice(0, 2)]), ["", false, ["ended", "likeness-error"]]);
  });
});

test("in a form it has a value, is required, is reset and is disabled with its fieldset", { timeout: 2 * MINUTE }, async () => {
  await withChoices(async ({ page }) => {
    await page.evaluate(() => {
      const form = document.createElement("form");
      const label = Object.assign(document.createElement("label"), { textContent: "Better?", htmlFor: "one" });
      const fieldset = document.createElement("fieldset");
      form.append(label, fieldset);
      document.body.append(form);
      window.changes = [];
      form.addEventListener("change", ({ target }) => changes.push(target.value));
      form.addEventListener("submit", (event) => (event.preventDefault(), changes.push("submitted")));
      make("one", { name: "taste", required: true }, fieldset);
      Object.assign(window, { form, fieldset, sent: () => [...new FormData(form)] });
    });
    assert.deepEqual(await page.evaluate(() => [sent(), one.validity.valueMissing, one.form === form]), [[], true, true]);
    await page.evaluate(() => form.requestSubmit());
    assert.equal(await page.evaluate(() => one.shadowRoot.activeElement?.getAttribute("aria-keyshortcuts")), "1", "what is missing gets the focus");
    await page.evaluate(() => one.shadowRoot.activeElement.blur());
    await page.getByText("Better?").click();
    assert.equal(await page.evaluate(() => one.shadowRoot.activeElement?.getAttribute("role")), "radio", "its label leads to it");
    assert.equal(await page.locator("#one").getByRole("radiogroup", { name: "Better?" }).count(), 1);
    await page.keyboard.press("2");
    assert.deepEqual(await page.evaluate(() => [sent(), one.checkValidity()]), [[["taste", "a"]], true]);
    await page.keyboard.press("3");
    await page.evaluate(() => form.requestSubmit());
    assert.deepEqual(await page.evaluate(() => [sent(), changes]), [[["taste", "none:all-good"]], ["a", "none:all-good", "submitted"]]);
    await page.evaluate(() => form.reset());
    assert.deepEqual(await page.evaluate(() => [sent(), one.value, one.checkValidity()]), [[], "", false]);
    await page.evaluate(() => (fieldset.disabled = true));
    assert.ok(await radio(page, "one", "The first").isDisabled());
    assert.deepEqual(await page.evaluate(() => [one.willValidate, one.matches(":disabled")]), [false, true]);
    await page.evaluate(() => (fieldset.disabled = false));
    await radio(page, "one", "The first").click();
    assert.deepEqual(await page.evaluate(() => sent()), [["taste", "b"]]);
  });
});

test("arrows follow the direction of the text, Tab goes past, and keys in a slot stay the host's", { timeout: 2 * MINUTE }, async () => {
  await withChoices(async ({ page }) => {
    await page.evaluate(() => {
      make("one", { strings: { first: "الأولى", second: "الثانية" } });
      const input = Object.assign(document.createElement("input"), { id: "inside" });
      input.slot = "b";
      one.append(input);
    });
    const at = () => page.evaluate(() => one.shadowRoot.activeElement?.getAttribute("aria-keyshortcuts") ?? null);
    await page.evaluate(() => one.focus());
    await page.keyboard.press("ArrowRight");
    assert.equal(await at(), "2");
    await page.keyboard.press("Shift+Tab");
    assert.equal(await at(), null, "one stop for the four");
    await page.evaluate(() => ((document.dir = "rtl"), one.focus()));
    await page.keyboard.press("ArrowRight");
    assert.equal(await at(), "1");
    await page.keyboard.press("ArrowLeft");
    await page.keyboard.press("ArrowDown");
    assert.equal(await at(), "3");
    assert.equal(await page.evaluate(() => one.value), "", "arrows choose nothing");
    await page.locator("#inside").focus();
    await page.keyboard.type("2 ");
    assert.deepEqual(await page.evaluate(() => [inside.value, one.value]), ["2 ", ""]);
    assert.equal(await radio(page, "one", "الثانية").count(), 1, "the host's own words");
  });
});

test("long answers scroll, code keeps its lines, text can be selected, and it fits a phone", { timeout: 2 * MINUTE }, async () => {
  await withChoices(async ({ page }) => {
    await page.evaluate(() => {
      const code = "for (const one of all) console.log(one); // " + "and so on ".repeat(20);
      const content = `First line.\n\n\`\`\`js\n${code}\n\`\`\`\nAfter it.\n`;
      make("one", { options: [{ id: "a", content }, { id: "b", content: `${"word ".repeat(2000)}${"x".repeat(400)}` }] });
    });
    for (const width of [1280, 390]) {
      await page.setViewportSize({ width, height: 800 });
      const seen = await page.evaluate(() => {
        const [code, long] = [one.shadowRoot.querySelector("pre"), one.shadowRoot.querySelectorAll(".answer")[1]];
        return {
          wide: document.documentElement.scrollWidth > innerWidth,
          code: code.scrollWidth > code.clientWidth && !code.textContent.includes("```"),
          long: long.scrollHeight > long.clientHeight && long.scrollWidth === long.clientWidth,
          after: one.shadowRoot.querySelector(".text").lastChild.data,
        };
      });
      assert.deepEqual(seen, { wide: false, code: true, long: true, after: "After it.\n" }, String(width));
    }
    await page.locator("#one").getByText("First line.").dblclick({ position: { x: 5, y: 5 } });
    assert.equal((await page.evaluate(() => getSelection().toString())).trim(), "First");
    await page.evaluate(() => one.shadowRoot.querySelectorAll(".answer")[1].focus());
    await page.keyboard.press("End");
    await page.waitForFunction(() => one.shadowRoot.querySelectorAll(".answer")[1].scrollTop > 0);
    await page.evaluate(() => make("two", { likeness }));
    await radio(page, "two", "The second").click();
    await page.locator("#two").getByText("Recorded.").waitFor();
    await radio(page, "one", "The first").focus();
    await page.keyboard.press("ArrowRight");
    await screenshots(page, "elements-choice");
  });
});

test("several likenesses on a page, in a shadow root of the host's, each get their own", { timeout: 2 * MINUTE }, async () => {
  await withChoices(async ({ page }) => {
    await page.evaluate(async () => {
      window.grace = await api.createLikeness({ storage: { person: "Grace" } });
      const host = document.body.appendChild(document.createElement("div"));
      host.id = "host";
      make("inner", { likeness: grace }, host.attachShadow({ mode: "open" }));
      make("outer", { likeness });
    });
    await page.locator("#inner").getByRole("radio", { name: "The first" }).click();
    await page.waitForFunction(() => told.length === 2);
    await radio(page, "outer", "Both bad").click();
    await page.waitForFunction(() => told.length === 4);
    assert.deepEqual(await page.evaluate(async () => ({ told, grace: await outcomes(grace), me: await outcomes() })), {
      told: [
        ["host", "likeness-choice", "b"], ["host", "likeness-recorded", "b"],
        ["outer", "likeness-choice", "all-bad"], ["outer", "likeness-recorded", "all-bad"],
      ],
      grace: [{ kind: "preferred", winner: "b" }],
      me: [{ kind: "all_bad" }],
    });
  });
});

test("what was recorded is changed for a while: the new choice takes the old one's place", { timeout: 2 * MINUTE }, async () => {
  await withChoices(async ({ page }) => {
    await page.evaluate(() => {
      make("one", { likeness });
      one.addEventListener("likeness-recorded", ({ detail }) => (one.last = detail));
      make("never", { likeness, changeSeconds: 0, context: [{ role: "user", content: "another" }] });
      // A frame's likeness can't take a choice's place.
      make("framed", { likeness: { recordChoice: async () => ["id"] } });
    });
    const choice = page.locator("#one");
    const change = choice.getByRole("button", { name: "Change" });
    assert.equal(await change.count(), 0, "there is nothing to change yet");
    await radio(page, "one", "The second").click();
    await change.waitFor();
    await screenshots(page, "choice-change");
    await change.press("Enter");
    await choice.getByText("Choose again, or leave it.").waitFor();
    assert.equal(await page.evaluate(() => one.shadowRoot.activeElement.textContent), "2The second", "focus is on what was taken");
    await choice.getByRole("button", { name: "Leave it" }).click();
    await choice.getByText("Recorded.").waitFor();
    assert.deepEqual(await page.evaluate(async () => [one.value, await outcomes()]), ["a", [{ kind: "preferred", winner: "a" }]]);

    for (const [key, value, stored, supersedes] of [
      ["1", "b", { kind: "preferred", winner: "b" }, { chosen: "a" }],
      ["4", "none:all-bad", { kind: "all_bad" }, { chosen: "b" }],
      ["2", "a", { kind: "preferred", winner: "a" }, { none: "all-bad" }],
    ]) {
      await change.press("Enter");
      await page.keyboard.press(key);
      await choice.getByText("Recorded.").waitFor();
      const seen = await page.evaluate(async () => [one.value, await outcomes(), one.last.supersedes]);
      assert.deepEqual(seen, [value, [stored], supersedes]);
    }
    const pairs = await page.evaluate(async () =>
      (await (await likeness.export()).text()).split("\n").filter(Boolean).map((line) => JSON.parse(line).pair?.chosen).filter(Boolean));
    assert.deepEqual(pairs, ["canary two"]);

    for (const id of ["never", "framed"]) {
      await radio(page, id, "The first").click();
      await page.locator(`#${id}`).getByText("Recorded.").waitFor();
      assert.equal(await page.locator(`#${id}`).getByRole("button", { name: "Change" }).count(), 0, id);
    }
    await page.evaluate(() => (one.changeSeconds = 0.5));
    await change.press("Enter");
    await page.keyboard.press("1");
    await choice.getByText("Recorded.").waitFor();
    await change.waitFor({ state: "hidden" });
  });
});

test("a form that a browser restores gives the choice back, where it is the same question", { timeout: 2 * MINUTE }, async () => {
  await withChoices(async ({ page }) => {
    const seen = await page.evaluate(async () => {
      // What a browser would keep of an element, and gives back by its callback.
      const kept = new Map();
      const { setFormValue } = ElementInternals.prototype;
      ElementInternals.prototype.setFormValue = function (value, state) {
        kept.set(this, { value, state });
        return setFormValue.call(this, value, state);
      };
      const take = () => [...kept.values()].at(-1);
      const pick = (choice, at) => choice.shadowRoot.querySelectorAll("[role=radio]")[at].click();
      const shown = (choice) => [choice.value, choice.recorded, choice.shadowRoot.querySelector("[aria-checked=true]")?.textContent ?? ""];
      pick(make("free"), 1);
      const free = take();
      kept.clear();
      const bound = make("bound", { likeness });
      pick(bound, 2);
      while (!bound.recorded) await new Promise((resolve) => setTimeout(resolve, 20));
      const recorded = take();

      // As after a load: the element is restored before the page's script has put the question.
      const early = document.body.appendChild(document.createElement("likeness-choice"));
      early.formStateRestoreCallback(free.state, "restore");
      Object.assign(early, question());
      const late = make("late", { likeness });
      late.formStateRestoreCallback(recorded.state, "restore");
      const other = make("other", { options: question().options.map((option) => ({ ...option, content: "another" })) });
      other.formStateRestoreCallback(free.state, "restore");
      const strange = make("strange");
      for (const state of ["no state", null, "{}", "[]", '{"value":"a"}']) strange.formStateRestoreCallback(state, "autocomplete");
      const before = (await outcomes()).length;
      pick(late, 0);
      return {
        early: shown(early), late: shown(late), other: shown(other), strange: shown(strange), sent: [free.value, recorded.value],
        quotes: /canary|answer/.test(free.state + recorded.state), recorded: (await outcomes()).length - before,
      };
    });
    assert.deepEqual(seen.sent, ["a", "none:all-good"]);
    assert.deepEqual(seen.early, ["a", false, "2The second"]);
    assert.deepEqual(seen.late, ["none:all-good", true, "3Both good"], "what was recorded is locked");
    assert.deepEqual([seen.other, seen.strange], [["", false, ""], ["", false, ""]]);
    assert.equal(seen.quotes, false, "no word of the answers is kept");
    assert.equal(seen.recorded, 0);
  });
});

test("a page styles it by parts and by custom properties", { timeout: MINUTE }, async () => {
  await withChoices(async ({ page }) => {
    const seen = await page.evaluate(() => {
      const sheet = new CSSStyleSheet();
      sheet.replaceSync(`
        likeness-choice { --likeness-accent: rgb(1, 2, 3); --likeness-answer-size: 77px; }
        likeness-choice::part(answer) { border-top-width: 7px; }
        likeness-choice::part(outcome) { letter-spacing: 3px; }
        likeness-choice::part(box) { background-color: rgb(4, 5, 6); }
      `);
      document.adoptedStyleSheets = [sheet];
      const { shadowRoot } = make("one");
      shadowRoot.querySelector("[role=radio]").click();
      const style = (selector) => getComputedStyle(shadowRoot.querySelector(selector));
      return [
        style(".answer").borderTopWidth, style(".answer").maxBlockSize, style(".answer.taken").borderBottomColor,
        style("[role=radio]").letterSpacing, style(".box").backgroundColor,
      ];
    });
    assert.deepEqual(seen, ["7px", "77px", "rgb(1, 2, 3)", "3px", "rgb(4, 5, 6)"]);
  });
});

test("options that are no two answers are refused in words that say what is wrong", { timeout: 2 * MINUTE }, async () => {
  await withChoices(async ({ page }) => {
    const said = await page.evaluate(() => {
      const choice = make("one");
      const tried = (options) => {
        try {
          choice.options = options;
          return "taken";
        } catch (error) {
          return error.message;
        }
      };
      const answer = (id) => ({ id, content: "x" });
      return [tried([answer("a")]), tried([answer("a"), answer("a")]), tried([answer("a"), answer("none:x")]), tried([answer("a"), { id: 1 }]), tried([])];
    });
    assert.deepEqual(said, [
      "likeness-choice: a choice is between two answers, and options has 1",
      'likeness-choice: both options have the id "a"; give each its own',
      'likeness-choice: an option\'s id can\'t be "none:x": it must not be empty or begin with "none:"',
      "likeness-choice: each option needs an id and a content, both strings",
      "taken",
    ]);
    assert.equal(await page.locator("#one").getByRole("radio").count(), 0);
  });
});
