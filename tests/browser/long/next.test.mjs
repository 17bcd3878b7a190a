// A Next.js project that follows the package's README, installed from its lock file, built, started and opened. It takes
// 340 MB of packages, which is why it is here.

import { spawn } from "node:child_process";
import { cp, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { test } from "node:test";
import { REPOSITORY, launch, watchErrors } from "../harness.mjs";
import { readmeBlock, run, withInstalled } from "../package-project.mjs";

const LAYOUT = "export default ({ children }) => <html lang=\"en\"><body>{children}</body></html>;\n";
const env = { ...process.env, NEXT_TELEMETRY_DISABLED: "1" };

/** Starts what was built; gives its address and a function that stops it. */
async function start(next, folder) {
  const server = spawn(process.execPath, [next, "start", "--port", "0", "--hostname", "127.0.0.1"], { cwd: folder, env });
  const ended = new Promise((resolve) => server.once("exit", resolve));
  const url = await new Promise((resolve, reject) => {
    createInterface(server.stdout).on("line", (line) => {
      const found = line.match(/http:\/\/127\.0\.0\.1:\d+/);
      if (found) resolve(found[0]);
    });
    ended.then((code) => reject(new Error(`next start ended with ${code}`)));
  });
  return { url, stop: () => (server.kill(), ended) };
}

test("a Next.js project that follows the README is built and works", { timeout: 900_000 }, async () => {
  await withInstalled(async (folder) => {
    const tarball = join(folder, "likeness-browser-0.1.0.tgz");
    await cp(join(REPOSITORY, "tests/browser/long/next"), folder, { recursive: true });
    await run("npm", ["ci", "--no-audit", "--no-fund"], { cwd: folder });
    await run("npm", ["install", "--no-save", "--no-audit", "--no-fund", tarball], { cwd: folder });
    await run("bash", ["-euc", await readmeBlock("With Next.js", "sh")], { cwd: folder });
    await mkdir(join(folder, "app"));
    await writeFile(join(folder, "app/layout.jsx"), LAYOUT);
    await writeFile(join(folder, "app/portrait.jsx"), await readmeBlock("With Next.js", "jsx"));
    await writeFile(join(folder, "app/page.jsx"), 'import Portrait from "./portrait.jsx";\nexport default () => <Portrait />;\n');
    const next = join(folder, "node_modules/next/dist/bin/next");
    await run(process.execPath, [next, "build"], { cwd: folder, env });
    const server = await start(next, folder);
    const { browser, close } = await launch();
    try {
      const page = await browser.newPage();
      const watched = watchErrors(page);
      await page.goto(server.url);
      await page.getByText("Nothing is known yet.").waitFor();
      watched.assertNone([/favicon\.ico/]);
    } finally {
      await close();
      await server.stop();
    }
  });
});
