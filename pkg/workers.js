// Starts the package's data worker, under Trusted Types too.
//
// The worker's files lie beside each other in `dist`: it finds its wasm, the engine's worker and a model by its own
// address, so they must be served as they are, from the page's own origin.

import { LikenessError } from "./failure.js";

// In two steps, or bundlers would take the worker's script for an asset of theirs and move it away from its neighbours.
const HERE = import.meta.url;
const beside = () => new URL("./dist/data_worker_loader.js", HERE);
let policy;

/** The address as a page with Trusted Types wants it: a policy of ours lets this one script pass and no other. */
function trusted(script) {
  if (typeof trustedTypes === "undefined") return script;
  policy ??= trustedTypes.createPolicy("likeness", {
    createScriptURL(url) {
      const found = new URL(url);
      if (found.origin === location.origin && /\/data_worker_loader\.js$/.test(found.pathname)) return url;
      throw new TypeError("the policy `likeness` lets only the package's own worker pass");
    },
  });
  return policy.createScriptURL(script);
}

/**
 * A function that starts the data worker.
 * @param {string | URL} [script] where its script is, if not beside this file
 */
export function dataWorker(script = beside()) {
  const found = new URL(script, document.baseURI);
  if (found.origin !== location.origin) {
    throw new LikenessError(
      `the worker's script would be ${found}, which is not of this page's origin`,
      "invalid",
      "serve the package's dist as it is from the page's origin, and say in storage.workerUrl where its data_worker_loader.js is",
    );
  }
  return () => new Worker(trusted(String(found)), { type: "module", name: "likeness-data" });
}
