// What a bundler and a page with its own way of serving files expect of the package.

import assert from "node:assert/strict";
import { readFile, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { withHost } from "./package-host.mjs";
import { readmeBlock, viteBuild, withBuilt, withInstalled } from "./package-project.mjs";

const MINUTE = 60_000;

/** The bytes of scripts that Vite makes of a page's only module. */
async function bundled(folder, module) {
  await writeFile(join(folder, "main.js"), module);
  const assets = join(await viteBuild(folder), "assets");
  const scripts = (await readdir(assets)).filter((name) => name.endsWith(".js"));
  const texts = await Promise.all(scripts.map((name) => readFile(join(assets, name), "utf8")));
  return texts.reduce((sum, text) => sum + text.length, 0);
}

test("what a page does not use of it is no part of the page's bundle", { timeout: 3 * MINUTE }, async () => {
  await withInstalled(async (folder) => {
    await writeFile(join(folder, "index.html"), '<!doctype html><title>host</title><script type="module" src="/main.js"></script>');
    const from = 'from "@likeness/browser"';
    const whole = await bundled(folder, `import { createLikeness } ${from};\nwindow.likeness = await createLikeness();`);
    const error = await bundled(folder, `import { LikenessError } ${from};\nwindow.failed = new LikenessError("a", "invalid", "b");`);
    const nothing = await bundled(folder, `import ${from.slice(5)};\nwindow.loaded = true;`);
    assert.ok(whole > 20_000, `${whole} bytes of all`);
    assert.ok(error < 4_000, `${error} bytes of an error`);
    assert.ok(nothing < 2_000, `${nothing} bytes of nothing`);
  });
});

test("the wasm comes from where init is told", { timeout: 2 * MINUTE }, async () => {
  await withHost(async ({ page, requests }) => {
    await page.evaluate(async () => {
      await api.init({ wasmUrl: new URL("/package/dist/core_bg.wasm?another", location.href) });
      await (await api.createLikeness()).portrait();
    });
    const cores = requests.map(({ url }) => url).filter((url) => url.includes("core_bg.wasm"));
    assert.deepEqual(cores, ["/package/dist/core_bg.wasm?another"]);
  });
});

test("a bundler finds the wasm in the package's dist, and what else lies there", { timeout: 3 * MINUTE }, async () => {
  await withInstalled(async (folder) => {
    const readme = await readmeBlock("With Vite", "js", undefined, 1);
    assert.match(readme, /core_bg\.wasm\?url/);
    const where = 'const workerUrl = new URL("/likeness/data_worker_loader.js", location.href);';
    const last = "window.told = { wasmUrl, pairs: (await (await createLikeness({ storage: { workerUrl } })).portrait()).pairs };";
    await writeFile(join(folder, "main.js"), `import { createLikeness } from "@likeness/browser";\n${readme}\n${where}\n${last}`);
    await writeFile(join(folder, "index.html"), '<!doctype html><title>host</title><script type="module" src="/main.js"></script>');
    await withBuilt(await viteBuild(folder), async ({ page, requests }) => {
      await page.waitForFunction(() => window.told);
      const { wasmUrl, pairs } = await page.evaluate(() => window.told);
      assert.equal(pairs, 0);
      const wasm = requests.map(({ url }) => url).filter((url) => /core_bg.*\.wasm/.test(url));
      assert.deepEqual(wasm, [wasmUrl]);
    });
  });
});

test("a wasm that is not there is told, and another address can be tried", { timeout: 2 * MINUTE }, async () => {
  await withHost(
    async ({ page }) => {
      const told = await page.evaluate(async () => {
        const failed = await api.init({ wasmUrl: "/no.wasm" }).catch(({ code, name }) => ({ code, name }));
        await api.init({ wasmUrl: "/package/dist/core_bg.wasm" });
        return { failed, pairs: (await (await api.createLikeness()).portrait()).pairs };
      });
      assert.deepEqual(told, { failed: { code: "internal", name: "LikenessError" }, pairs: 0 });
    },
    { allowedErrors: [/404/, /MIME type/] },
  );
});
