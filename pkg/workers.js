// Starts the package's data worker, under Trusted Types too.
//
// The worker's files lie beside each other in `dist`: it finds its wasm, the engine's worker and a model by its own
// address, so they must be served as they are, from the page's own origin.

const SCRIPT = new URL("./dist/data_worker_loader.js", import.meta.url);
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
export function dataWorker(script = SCRIPT) {
  return () => new Worker(trusted(String(script)), { type: "module", name: "likeness-data" });
}
