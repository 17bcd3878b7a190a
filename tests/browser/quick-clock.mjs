// The built app with a data worker whose clock runs faster, so that a wait of minutes is one of seconds. Nothing else of
// it is changed: the limits that a test meets are the app's own.

import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { REPOSITORY } from "./harness.mjs";

/** A folder to serve in place of `dist`, in which a second of the worker's takes `1 / rate` seconds. */
export async function quickened(rate) {
  const folder = await mkdtemp(join(tmpdir(), "likeness-quick-"));
  await cp(join(REPOSITORY, "dist"), folder, { recursive: true });
  const loader = join(folder, "data_worker_loader.js");
  const clock = `
    const [now, later, begun] = [Date.now.bind(Date), self.setTimeout.bind(self), Date.now()];
    Date.now = () => begun + (now() - begun) * ${rate};
    self.setTimeout = (call, ms, ...rest) => later(call, ms / ${rate}, ...rest);
  `;
  await writeFile(loader, clock + (await readFile(loader, "utf8")));
  return { dist: folder, remove: () => rm(folder, { recursive: true, force: true }) };
}
