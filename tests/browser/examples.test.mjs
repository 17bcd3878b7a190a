// What is said of the package's examples: the versions that their READMEs name and their manifests ask for are those that
// the tests start, and none of them is in the tarball. Each is installed, and built or started, as its README says.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { cp, mkdtemp, readFile, readdir, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { test } from "node:test";
import { REPOSITORY, launchShared, watchErrors } from "./harness.mjs";
import { MODULES, PACKAGE, freePort, linkPackages, run } from "./package-project.mjs";

const EXAMPLES = join(PACKAGE, "examples");
/** Hosts whose tests are among the long ones. */
const LONG = ["ai-sdk", "assistant-ui", "sillytavern", "open-webui"];
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

/** Starts a folder's dev server; gives its address and how to stop it. */
async function devServer(folder) {
  const port = await freePort();
  const options = ["--host", "127.0.0.1", "--port", `${port}`, "--strictPort"];
  const server = spawn(process.execPath, [join(MODULES, "vite/bin/vite.js"), ...options], { cwd: folder });
  const ended = once(server, "exit");
  for await (const line of createInterface(server.stdout)) if (line.includes("Local")) break;
  return { url: `http://127.0.0.1:${port}/`, stop: () => (server.kill(), ended) };
}

/** A checkout's package with its examples, for as long as `body` runs. */
async function withExamples(body) {
  const folder = await mkdtemp(join(tmpdir(), "likeness-examples-"));
  try {
    const made = /\/(node_modules|public\/likeness|static|examples\/[^/]+\/likeness)$|package-lock\.json$/;
    await cp(PACKAGE, join(folder, "pkg"), { recursive: true, filter: (path) => !made.test(path) });
    await body(join(folder, "pkg/examples"));
  } finally {
    await rm(folder, { recursive: true, maxRetries: 5 });
  }
}

/** Installs the package where an example asks for it; the others that it asks for are here already, and are linked. */
async function install(folder) {
  const manifest = await json(join(folder, "package.json"));
  const { "@likeness/browser": own, ...others } = { ...manifest.dependencies, ...manifest.devDependencies };
  const alone = { ...manifest, dependencies: { "@likeness/browser": own }, devDependencies: {} };
  await writeFile(join(folder, "package.json"), JSON.stringify(alone));
  await run("npm", ["install", "--offline", "--no-audit", "--no-fund"], { cwd: folder });
  await linkPackages(Object.keys(others), folder);
}

test("an example that goes into a host is built as its README says", { timeout: 180_000 }, () =>
  withExamples(async (examples) => {
    for (const [name, into] of [["extension", "likeness"], ["sillytavern", "likeness"], ["open-webui", "static/likeness/package"]]) {
      const its = join(examples, name);
      assert.match(await readFile(join(its, "README.md"), "utf8"), /```sh\nnpm install\nnpm run build\n/);
      await install(its);
      await run("npm", ["run", "build"], { cwd: its });
      await run(process.execPath, ["--input-type=module", "-e", `await import(${JSON.stringify(join(its, into, "index.js"))})`]);
      await stat(join(its, into, "dist/data_worker_bg.wasm"));
    }
  }));

test("an example with a page of its own starts in its dev server as its README says", { timeout: 180_000 }, () =>
  withExamples(async (examples) => {
    for (const name of ["ai-sdk", "assistant-ui"]) {
      const its = join(examples, name);
      assert.match(await readFile(join(its, "README.md"), "utf8"), /```sh\nnpm install\nnpm run dev\n/);
      await install(its);
      await run("npm", ["run", "likeness"], { cwd: its });
      const server = await devServer(its);
      const { browser, close } = await launchShared();
      try {
        const page = await browser.newPage();
        const watched = watchErrors(page);
        await page.goto(`${server.url}?model=${encodeURIComponent("http://127.0.0.1:9/v1")}`);
        await page.waitForFunction(() => window.likeness);
        assert.equal((await page.evaluate(() => likeness.portrait())).pairs, 0);
        watched.assertNone([/favicon\.ico/]);
      } finally {
        await close();
        await server.stop();
      }
    }
  }));
