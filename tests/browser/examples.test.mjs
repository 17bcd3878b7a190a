// What is said of the package's examples: the versions that their READMEs name and their manifests ask for are those that
// the tests start, and none of them is in the tarball.

import assert from "node:assert/strict";
import { readFile, readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { REPOSITORY } from "./harness.mjs";
import { PACKAGE, run } from "./package-project.mjs";

const EXAMPLES = join(PACKAGE, "examples");
/** Hosts so large that their tests are among the long ones, each with its own lock file. */
const LONG = ["sillytavern", "open-webui"];
/** A plain page: no host, nothing installed. It has a test of its own. */
const PAGE = "quick-start";
const json = async (path) => JSON.parse(await readFile(path, "utf8"));

/** What the tests start, by name: npm's packages and PyPI's. */
async function versions() {
  const browser = join(REPOSITORY, "tests/browser");
  const { devDependencies } = await json(join(browser, "package.json"));
  const { dependencies } = await json(join(browser, "long/sillytavern/package.json"));
  const python = await readFile(join(browser, "long/open-webui/requirements.txt"), "utf8");
  const pinned = Object.fromEntries([...python.matchAll(/^([^#=\n]+)==(.+)$/gm)].map(([, name, version]) => [name, version]));
  return { ...pinned, ...devDependencies, ...dependencies };
}

test("each example names the versions that were started, shows itself, and has its test", async () => {
  const tested = await versions();
  const names = (await readdir(EXAMPLES)).filter((name) => name !== PAGE);
  assert.deepEqual(names.sort(), ["ai-sdk", "assistant-ui", "extension", "open-webui", "sillytavern"]);
  const listed = await readFile(join(PACKAGE, "README.md"), "utf8");
  for (const name of names) {
    const { dependencies, devDependencies = {} } = await json(join(EXAMPLES, name, "package.json"));
    for (const [other, version] of Object.entries({ ...dependencies, ...devDependencies })) {
      assert.equal(version, other === "@likeness/browser" ? "file:../.." : tested[other], `${name} asks for ${other}`);
    }
    const readme = await readFile(join(EXAMPLES, name, "README.md"), "utf8");
    const named = [...readme.matchAll(/`(@?[a-z-]+(?:\/[a-z-]+)?)` (\d+\.\d+\.\d+)/g)];
    assert.ok(named.length > 0, `${name}'s README names what it was tried with`);
    for (const [, other, version] of named) assert.equal(version, tested[other], `${name}'s README names ${other}`);
    // A version without a name in code is one that nothing compares.
    const versions = readme.match(/(?<![\d.])\d+\.\d+\.\d+(?!\.\d)/g);
    assert.equal(versions.length, named.length, `${name}'s README names what each version is of: ${versions}`);
    assert.match(readme, /Tried (with|in)\s/);
    assert.match(readme, /!\[.+\]\(screenshot\.png\)/s);
    assert.ok((await stat(join(EXAMPLES, name, "screenshot.png"))).size < 150_000, `${name}'s picture is small`);
    const its = LONG.includes(name) ? `tests/browser/long/example-${name}.test.mjs` : `tests/browser/example-${name}.test.mjs`;
    assert.ok(readme.includes(its), `${name}'s README names its test`);
    await stat(join(REPOSITORY, its));
    assert.ok(listed.includes(`- \`${name}\`: `), `${name} is among the package's hosts`);
  }
  const { stdout } = await run("npm", ["pack", PACKAGE, "--dry-run", "--json"]);
  assert.doesNotMatch(stdout, /examples\//);
});
