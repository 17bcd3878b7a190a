// The built app with script of a test's ahead of one of its own, for what a browser does seldom: a clock that runs faster, a
// slow disk, storage that fails. Nothing else of it is changed.

import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { REPOSITORY } from "./harness.mjs";

/** The script that the data worker begins with. */
export const DATA_WORKER = "data_worker_loader.js";
/** The script that the engine's worker begins with. */
export const ENGINE_WORKER = "engine_worker.js";

/**
 * A folder to serve in place of `dist`.
 * @param {Record<string, string>} ahead what runs ahead of each of these scripts
 */
export async function changedApp(ahead) {
  const folder = await mkdtemp(join(tmpdir(), "likeness-changed-"));
  await cp(join(REPOSITORY, "dist"), folder, { recursive: true });
  for (const [name, code] of Object.entries(ahead)) {
    const script = join(folder, name);
    // In a block, since the script may have the same names.
    await writeFile(script, `{\n${code}\n}\n${await readFile(script, "utf8")}`);
  }
  return { dist: folder, remove: () => rm(folder, { recursive: true, force: true }) };
}
