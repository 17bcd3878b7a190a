// The memory of a page with all its workers, as the system counts it: WebAssembly's memory is in it, and files on disk
// are not. Linux only, since it is read from /proc.

import { readFile, readdir } from "node:fs/promises";

/**
 * The megabytes that the largest renderer process holds for itself.
 * @param {string} marker a part of the browser's command line that tells it from others on this machine
 */
export async function rendererMegabytes(marker) {
  let most = 0;
  for (const pid of (await readdir("/proc")).filter((name) => /^\d+$/.test(name))) {
    const command = await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "");
    if (!command.includes("--type=renderer") || !command.includes(marker)) continue;
    const status = await readFile(`/proc/${pid}/status`, "utf8").catch(() => "");
    most = Math.max(most, Number(/RssAnon:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024);
  }
  return most;
}

/** Runs `body` and gives the most megabytes seen meanwhile. */
export async function mostMegabytes(marker, body) {
  let most = 0;
  const watch = setInterval(async () => (most = Math.max(most, await rendererMegabytes(marker))), 100);
  try {
    await body();
  } finally {
    clearInterval(watch);
  }
  return most;
}
