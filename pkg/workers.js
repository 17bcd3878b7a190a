// Starts the package's data worker, under Trusted Types too.
//
// The worker's files lie beside each other in `dist`: it finds its wasm, the engine's worker and a model by its own
// address, so they must be served as they are, from the page's own origin.

import { LikenessError } from "./failure.js";

// In two steps, or bundlers would take the worker's script for an asset of theirs and move it away from its neighbours.
const HERE = import.meta.url;
const beside = () => new URL("./dist/data_worker_loader.js", HERE);
const POLICY = "likeness";

/** What a relative address is read from: a page's base, or the script that a worker was started with. */
export const baseAddress = () => globalThis.document?.baseURI ?? location.href;

/** Nothing of ours runs without a worker: not on a server, nor in a service worker. */
export function needWorkers() {
  if (typeof Worker === "function" && typeof location === "object") return;
  const advice = "make it in a page, or in a worker that a page started";
  throw new LikenessError("workers can't be started here, so this is no place for a likeness", "no-page", advice);
}

/** The address as a page with Trusted Types wants it: a policy of ours lets this one script pass and no other. */
function trusted(script) {
  if (typeof trustedTypes === "undefined") return script;
  // A policy's name can be taken once in a page, and the page may have loaded two copies of this file. What they share lets
  // a script of ours pass, and whoever else finds it gets no further with it.
  const shared = Symbol.for("likeness.trusted-types-policy");
  try {
    if (!globalThis[shared]) Object.defineProperty(globalThis, shared, { value: newPolicy() });
    return globalThis[shared].createScriptURL(script);
  } catch (error) {
    const advice = `list \`${POLICY}\` in the \`trusted-types\` of the page's policy, and let no other script take that name`;
    throw new LikenessError(`Trusted Types keep the data worker from being started: ${error.message}`, "invalid", advice, error);
  }
}

const newPolicy = () =>
  trustedTypes.createPolicy(POLICY, {
    createScriptURL(url) {
      const found = new URL(url);
      if (found.origin === location.origin && /\/data_worker_loader\.js$/.test(found.pathname)) return url;
      throw new TypeError(`the policy \`${POLICY}\` lets only the package's own worker pass`);
    },
  });

/**
 * A function that starts the data worker. What keeps it from being started is thrown before that.
 * @param {string | URL} [script] where its script is, if not beside this file
 */
export function dataWorker(script = beside()) {
  const found = address(script);
  if (found.origin !== location.origin) {
    throw new LikenessError(
      `the worker's script would be ${found}, which is not of this page's origin`,
      "invalid",
      "serve the package's dist as it is from the page's origin, and say in storage.workerUrl where its data_worker_loader.js is",
    );
  }
  const url = trusted(String(found));
  return () => new Worker(url, { type: "module", name: "likeness-data" });
}

function address(script) {
  try {
    return new URL(script, baseAddress());
  } catch (error) {
    throw new LikenessError("storage.workerUrl is no address", "invalid", "say where data_worker_loader.js is served", error);
  }
}
