// A webpack 5 project that follows the package's README, built without a configuration and opened. Who forgets to say where
// the workers are is told.

import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { REPOSITORY } from "../harness.mjs";
import { readmeBlock, run, withBuilt, withInstalled } from "../package-project.mjs";

const WEBPACK = join(REPOSITORY, "tests/browser/node_modules/webpack-cli/bin/cli.js");

test("a webpack project that follows the README is built and works", { timeout: 180_000 }, async () => {
  await withInstalled(async (folder) => {
    await run("bash", ["-euc", await readmeBlock("With webpack 5", "sh")], { cwd: folder });
    // The quick start's own lines, behind those that say where the workers are.
    const quick = (await readmeBlock("Quick start", "js")).split("\n").slice(3).join("\n");
    assert.match(quick, /likeness\.record/);
    const end = "window.told = messages;\nwindow.pairs = (await likeness.portrait()).pairs;";
    const forgot = "window.forgotten = await createLikeness().catch(({ code, advice }) => `${code}: ${advice}`);\n";
    await writeFile(join(folder, "main.js"), `${await readmeBlock("With Vite", "js")}\n${forgot}${quick}\n${end}`);
    const { stdout } = await run(process.execPath, [WEBPACK, "--mode", "production", "--entry", "./main.js"], { cwd: folder });
    // It finds the wasm large, which is fetched when it is needed.
    assert.doesNotMatch(stdout, /ERROR|WARNING in (?!asset size|webpack performance)/, stdout);
    await writeFile(join(folder, "dist/index.html"), '<!doctype html><title>host</title><script type="module" src="main.js"></script>');
    await withBuilt(join(folder, "dist"), async ({ page }) => {
      await page.waitForFunction(() => window.pairs);
      assert.equal(await page.evaluate(() => window.pairs), 1);
      assert.match(await page.evaluate(() => window.forgotten), /^invalid: .*storage\.workerUrl/);
      assert.deepEqual(await page.evaluate(() => window.told), [{ role: "user", content: "How do I bake bread?" }]);
    });
  });
});
