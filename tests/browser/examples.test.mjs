// What is said of the package's examples: the versions that their READMEs name and their manifests ask for are those that
// the tests start, and none of them is in the tarball.

import assert from "node:assert/strict";
import { readFile, readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { REPOSITORY } from "./harness.mjs";
import { PACKAGE, run } from "./package-project.mjs";

const EXAMPLES = join(PACKAGE, "examples");
const json = async (path) => JSON.parse(await readFile(path, "utf8"));

test("each example names the versions that were started, shows itself, and has its test", async () => {
  const tested = (await json(join(REPOSITORY, "tests/browser/package.json"))).devDependencies;
  const names = await readdir(EXAMPLES);
  assert.ok(names.length >= 3, `${names}`);
  for (const name of names) {
    const { dependencies, devDependencies = {} } = await json(join(EXAMPLES, name, "package.json"));
    for (const [other, version] of Object.entries({ ...dependencies, ...devDependencies })) {
      assert.equal(version, other === "@likeness/browser" ? "file:../.." : tested[other], `${name} asks for ${other}`);
    }
    const readme = await readFile(join(EXAMPLES, name, "README.md"), "utf8");
    for (const [, other, version] of readme.matchAll(/`(@?[a-z-]+(?:\/[a-z-]+)?)` (\d+\.\d+\.\d+)/g)) {
      assert.equal(version, tested[other], `${name}'s README names ${other}`);
    }
    assert.match(readme, /Tried (with|in)\s/);
    assert.match(readme, /!\[.+\]\(screenshot\.png\)/s);
    assert.ok((await stat(join(EXAMPLES, name, "screenshot.png"))).size < 150_000, `${name}'s picture is small`);
    assert.ok(readme.includes(`tests/browser/example-${name}.test.mjs`), `${name}'s README names its test`);
    await stat(join(REPOSITORY, `tests/browser/example-${name}.test.mjs`));
  }
  const { stdout } = await run("npm", ["pack", PACKAGE, "--dry-run", "--json"]);
  assert.doesNotMatch(stdout, /examples\//);
});
