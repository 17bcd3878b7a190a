// Projects that use the npm package as a developer would: its tarball installed in a folder of their own, the other
// packages beside it, built by a bundler, opened in a real Chromium, with a model's server on another origin.

import { execFile } from "node:child_process";
import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { dirname, extname, join, normalize } from "node:path";
import { promisify } from "node:util";
import { REPOSITORY, launch, launchShared, watchErrors } from "./harness.mjs";
import { openModel } from "./remote-server.mjs";

export const run = promisify(execFile);
export const PACKAGE = join(REPOSITORY, "pkg");
export const MODULES = join(REPOSITORY, "tests/browser/node_modules");
const TYPES = { ".js": "text/javascript", ".wasm": "application/wasm", ".html": "text/html", ".css": "text/css" };

/** The tarball, unpacked where a host would have it. */
export async function withInstalled(body) {
  const folder = await mkdtemp(join(tmpdir(), "likeness-installed-"));
  try {
    await run("npm", ["pack", PACKAGE, "--pack-destination", folder, "--silent"]);
    await writeFile(join(folder, "package.json"), '{ "type": "module", "private": true }');
    await run("npm", ["install", "--offline", "--no-audit", "--no-fund", join(folder, "likeness-browser-0.1.0.tgz")], { cwd: folder });
    await body(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}

/**
 * A folder with the package installed, and `packages` as this folder's lock file has them.
 * @param {string[]} packages
 * @param {(folder: string) => Promise<void>} body
 */
export function withProject(packages, body) {
  return withInstalled(async (folder) => {
    await linkPackages(packages, folder);
    await body(folder);
  });
}

/** Puts packages into a folder's node_modules, as the tests' lock file has them. */
export async function linkPackages(packages, folder) {
  for (const name of packages) {
    await mkdir(dirname(join(folder, "node_modules", name)), { recursive: true });
    await symlink(join(MODULES, name), join(folder, "node_modules", name));
  }
}

/** What is in one of the README's code blocks, the first of that language unless told. */
export async function readmeBlock(heading, language, readme = join(PACKAGE, "README.md"), at = 0) {
  const section = (await readFile(readme, "utf8")).split(`## ${heading}\n`)[1].split("\n## ")[0];
  return section.split(`\`\`\`${language}\n`)[at + 1].split("```")[0];
}

/** Builds a project with Vite, the workers copied as the README says; gives the folder that is to be served. */
export async function viteBuild(folder) {
  await run("bash", ["-euc", await readmeBlock("With Vite", "sh")], { cwd: folder });
  await run(process.execPath, [join(MODULES, "vite/bin/vite.js"), "build"], { cwd: folder });
  return join(folder, "dist");
}

/** Copies an example of the package's into a project's folder. */
export function copyExample(name, folder) {
  const isSource = (path) => !path.includes("node_modules") && !path.endsWith("dist");
  return cp(join(PACKAGE, "examples", name), folder, { recursive: true, filter: isSource });
}

/** An example that goes into a host, beside the package that is installed in this folder: built with it, at `to`. */
export async function buildExample(name, folder, to) {
  await copyExample(name, to);
  const place = join(to, "node_modules/@likeness/browser");
  await cp(join(folder, "node_modules/@likeness/browser"), place, { recursive: true });
  await run(join(to, "build.sh"));
}

/** Serves a folder plainly, keeping every request with what it carries. */
export async function serveFolder(folder) {
  const requests = [];
  const server = createServer(async (request, response) => {
    const pieces = [];
    for await (const piece of request) pieces.push(piece);
    requests.push({ method: request.method, url: request.url, headers: request.headers, body: Buffer.concat(pieces).toString() });
    const path = normalize(new URL(request.url, "http://host").pathname);
    try {
      const file = await readFile(join(folder, path.endsWith("/") ? `${path}index.html` : path));
      response.writeHead(200, { "content-type": TYPES[extname(path)] ?? (path.endsWith("/") ? TYPES[".html"] : "") }).end(file);
    } catch {
      response.writeHead(path === "/favicon.ico" ? 204 : 404).end();
    }
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${server.address().port}/`,
    requests,
    stop: () => new Promise((resolve) => (server.close(resolve), server.closeAllConnections())),
  };
}

/** A port that nobody listens on, for a server that has to be told one. */
export async function freePort() {
  const server = createServer();
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/**
 * A built project in a real browser, with a model's server beside it. The page fails the test when it reports an error.
 * @param {string} folder what is to be served
 * @param {(host: {page: import("playwright-core").Page, model: Awaited<ReturnType<typeof openModel>>, requests: object[],
 *   sent: object[], url: string, browser: import("playwright-core").BrowserContext}) => Promise<void>} body
 *   `requests` are those to the page's own server, `model.all` those to the model, `sent` all that the browser tells of
 * @param {{choose?: Parameters<typeof openModel>[0], path?: (endpoint: string) => string, launching?: object,
 *   allowedErrors?: RegExp[]}} [settings] `path` is what is opened, and may hold the model's endpoint
 */
export async function withBuilt(folder, body, { choose, path = () => "", launching, allowedErrors = [] } = {}) {
  const model = await openModel(choose);
  const server = await serveFolder(folder);
  try {
    const { browser, close } = await (launching ? launch(launching) : launchShared());
    try {
      const sent = [];
      // Wherever they go: a third origin has no server of ours to see them.
      browser.on("request", (request) => sent.push({ url: request.url(), headers: request.headers(), body: request.postData() ?? "" }));
      const page = await browser.newPage();
      const watched = watchErrors(page);
      await page.goto(server.url + path(model.endpoint));
      await body({ page, browser, model, requests: server.requests, sent, url: server.url });
      watched.assertNone(allowedErrors);
    } finally {
      await close();
    }
  } finally {
    await Promise.all([server.stop(), model.stop()]);
  }
}
