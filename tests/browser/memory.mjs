// The memory of a page with all its workers, or of its GPU's process, as the system counts it: WebAssembly's memory is in
// the first, what a software GPU holds in the second, and files on disk are in neither. Linux only, since it is read from
// /proc.

import { readFile, readdir } from "node:fs/promises";

const read = (pid, name) => readFile(`/proc/${pid}/${name}`, "utf8").catch(() => "");

/**
 * The megabytes that the largest process of a kind holds for itself.
 * @param {string} marker a part of the browser's command line that tells it from others on this machine
 * @param {"renderer" | "gpu-process"} kind
 */
export async function megabytes(marker, kind = "renderer") {
  let most = 0;
  for (const pid of (await readdir("/proc")).filter((name) => /^\d+$/.test(name))) {
    const command = await read(pid, "cmdline");
    if (!command.includes(`--type=${kind}`)) continue;
    const status = await read(pid, "status");
    // Renderers are told what a GPU's process is not; the browser that started that one has it.
    const its = command.includes(marker) || (await read(/PPid:\s+(\d+)/.exec(status)?.[1], "cmdline")).includes(marker);
    if (its) most = Math.max(most, Number(/RssAnon:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024);
  }
  return most;
}

/** Runs `body` and gives the most megabytes seen meanwhile. */
export async function mostMegabytes(marker, body, kind) {
  let most = 0;
  const watch = setInterval(async () => (most = Math.max(most, await megabytes(marker, kind))), 100);
  try {
    await body();
  } finally {
    clearInterval(watch);
  }
  return most;
}
