// Runs test files in the order in which they are named, so many at a time: `node --test` sorts them by their names, and a
// long one that begins last runs with nothing beside it.
//
//   node tests/browser/run.mjs HOW-MANY FILE...

import { run } from "node:test";
import { resolve } from "node:path";
import { spec } from "node:test/reporters";

const [most, ...files] = process.argv.slice(2);
const stream = run({ files: files.map((file) => resolve(file)), concurrency: Number(most), timeout: 1_800_000 });
stream.on("test:fail", () => (process.exitCode = 1));
stream.compose(spec).pipe(process.stdout);
