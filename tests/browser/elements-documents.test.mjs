// What is written of the elements is what their code has: parts, events, attributes and custom properties, in the manifest
// that editors read, in the types and in the README.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { PACKAGE } from "./package-project.mjs";

/** Each element, with the files that draw it. */
const ELEMENTS = {
  "likeness-badge": { name: "LikenessBadge", files: ["badge", "ledger"] },
  "likeness-choice": { name: "LikenessChoice", files: ["choice", "answer"] },
  "likeness-move": { name: "LikenessMove", files: ["move"] },
  "likeness-panel": { name: "LikenessPanel", files: ["panel", "claim"] },
};

const read = (path) => readFile(join(PACKAGE, path), "utf8");
const all = (text, pattern) => [...new Set([...text.matchAll(pattern)].map(([, found]) => found))].sort();
const types = await read("elements.d.ts");
const manifest = JSON.parse(await read("custom-elements.json"));
const sheet = await read("elements/sheet.js");
const { version, exports, customElements, files } = JSON.parse(await read("package.json"));

for (const [tag, element] of Object.entries(ELEMENTS)) {
  test(`${tag}: manifest, types and code agree`, async () => {
    const code = (await Promise.all(element.files.map((file) => read(`elements/${file}.js`)))).join("\n");
    const declared = manifest.modules[0].declarations.find(({ tagName }) => tagName === tag);
    const names = (list = []) => list.map(({ name }) => name).sort();
    assert.equal(declared.name, element.name);
    assert.ok(code.includes(`export class ${element.name} extends LikenessElement`));

    const parts = all(code, /\bpart: "([a-z-]+)"/g);
    assert.ok(parts.length > 4, parts.join());
    assert.deepEqual(names(declared.cssParts), parts);
    const comment = types.split(`export declare class ${element.name} `)[0].split("/**").at(-1);
    const list = comment.replaceAll(/\n \* ?/g, " ").match(/Parts: ([^.]+)\./)[1];
    assert.deepEqual(all(list, /`([a-z-]+)`/g), parts, "the types name them");

    const events = all(code, /\.tell\("(likeness-[a-z]+)"/g);
    assert.deepEqual(names(declared.events), events);
    const jsx = types.split("export interface LikenessJsx")[1].split(`"${tag}": `)[1].split(">;")[0];
    assert.deepEqual(all(jsx, /"(likeness-[a-z]+)"/g), events, "JSX knows them");
    for (const event of events) assert.match(types, new RegExp(`"${event}": CustomEvent<`));

    const attributes = all(code, /this\.(?:get|has|set|toggle)Attribute\("([a-z-]+)"/g);
    assert.deepEqual(names(declared.attributes), attributes);

    const [, body] = types.split(`export declare class ${element.name} extends HTMLElement {`);
    const members = all(body.split("\n}")[0], /^ {2}(?:readonly )?([a-z]\w*)[:(]/gim);
    for (const { name, kind } of declared.members) {
      if (name !== "strings") assert.ok(members.includes(name), `the types have ${name}`);
      if (kind === "method") assert.match(code, new RegExp(`^  (?:async )?${name}\\(`, "m"));
    }
    const settable = declared.members.filter(({ kind, readonly }) => kind === "field" && !readonly).map(({ name }) => name).sort();
    const given = code.match(/static properties = \[\.\.\.super\.properties, (.+)\];/)?.[1] ?? "";
    assert.deepEqual(settable, [...all(given, /"(\w+)"/g), "likeness", "strings"].sort(), "what a page sets");
  });
}

test("the custom properties are those of the sheet, in the manifest and in the README", async () => {
  const used = all(sheet, /var\((--likeness-[a-z-]+)/g);
  const declared = manifest.modules[0].declarations;
  assert.deepEqual([...new Set(declared.flatMap(({ cssProperties }) => cssProperties.map(({ name }) => name)))].sort(), used);
  const readme = (await read("README.md")).replaceAll("\n", " ");
  const said = readme.match(/Theme them with (.+?), and with `::part`/)[1];
  assert.deepEqual(all(said, /`(?:--likeness)?(-[a-z-]+)`/g).map((name) => `--likeness${name}`), used);
});

test("the package names its manifest, and the changelog has a section for its version", async () => {
  assert.deepEqual(exports["./custom-elements.json"], `./${customElements}`);
  assert.ok(files.includes(customElements));
  const path = manifest.modules.map(({ path }) => path);
  assert.deepEqual(path, ["elements.js"]);
  const defined = all(await read("elements.js"), /"(likeness-[a-z]+)": Likeness/g);
  assert.deepEqual(manifest.modules[0].exports.filter(({ kind }) => kind !== "js").map(({ name }) => name).sort(), defined);

  const changelog = await readFile(join(PACKAGE, "../CHANGELOG.md"), "utf8");
  const [, ...sections] = changelog.split(/^## /m);
  assert.match(sections[0], /^\[Unreleased\]\n/);
  const ours = sections.find((section) => section.startsWith(`[${version}] - `));
  assert.match(ours, /^\[[\d.]+\] - \d{4}-\d{2}-\d{2}\n[^]*^- /m);
  const crate = await readFile(join(PACKAGE, "../Cargo.toml"), "utf8");
  assert.equal(crate.match(/^version = "(.+)"$/m)[1], version);
});
