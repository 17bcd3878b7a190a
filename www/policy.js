// The page's side of the service worker: registers it, and is what the app calls to allow origins.
//
// The app (Rust) finds it as `window.likenessPolicy`:
//   state       "starting", "ready", or "missing" (no service worker can run here, so remote models are off)
//   why         for "missing": the reason, in words for a person
//   applied     the configured origins that this page's own policy allows; a change shows after a reload
//   configured  the configured origins that a page loaded now would get
//   ready       a promise of this object, kept once `state` is no longer "starting"
//   allow(origins)  replaces the list: {ok: true, origins} or {ok: false, error}. The caller then reloads the page
//   report()    {ok: true, origins, counts: [{origin, count, refused}], since, complete} or {ok: false, error}
//   forget()    drops the list and the counts: {ok: true} or {ok: false, error}
// None of them throws. The window gets a "likeness-policy" event when `state` or `configured` changes, also when another
// tab changed it; a page whose `applied` is no longer `configured` should reload when the person is ready for it.
//
// Nothing waits for this file: the app starts beside it, under the server's own policy.

const ADDRESS = new URL("./service_worker.js", import.meta.url).href;
/** How long the worker may take to answer, and a new one to start, on a slow machine. */
const ANSWER_MS = 10_000;
const START_MS = 30_000;
/** After how long a worker that only waits is told once more to start. */
const WAITS_MS = 500;

const container = serviceWorkers();
let registration;

const policy = {
  state: "starting",
  why: "",
  applied: originsIn(document.querySelector('meta[name="likeness-origins"]')?.content),
  configured: [],
  allow: (origins) => answered(() => changing(() => allow(origins))),
  report: () => answered(() => ask({ type: "report" })),
  forget: () => answered(() => changing(forget)),
};
window.likenessPolicy = policy;
policy.ready = start().then(
  () => told("ready"),
  (error) => told("missing", error.message),
);
container?.addEventListener("controllerchange", () => told(policy.state, policy.why));

function serviceWorkers() {
  try {
    return navigator.serviceWorker;
  } catch {
    return undefined; // A sandboxed frame may not even look.
  }
}

async function start() {
  if (!container) {
    const needs = "it needs https or this very machine, and often no private window";
    throw new Error(`this browser runs no service worker here: ${needs}`);
  }
  await changing(async () => {
    registration = await container.getRegistration(ADDRESS);
    // Only a worker that is active can have been given a list; registering the plain address would drop it.
    if (!registration?.active) return register(ADDRESS);
    // A newer version of the worker is looked for without waiting; without a server there is none.
    const update = registration.update().then(({ installing, waiting }) => activated(installing ?? waiting));
    update.catch(() => {});
  });
}

async function allow(origins) {
  const reply = await ask({ type: "allow", origins });
  if (!reply.ok) return reply;
  await register(reply.script);
  return { ok: true, origins: reply.origins };
}

async function forget() {
  const reply = await ask({ type: "forget" });
  // Without a server there is no other worker to be had: then none.
  await register(ADDRESS).catch(() => registration.unregister());
  return reply;
}

/** Has the worker at `script`, and no other, answer for the server from now on. */
async function register(script) {
  registration = await container.register(script, { updateViaCache: "none" });
  const workers = [registration.installing, registration.waiting, registration.active];
  await activated(workers.find((worker) => worker?.scriptURL === script));
  told(policy.state, policy.why);
}

/**
 * A new worker does not wait for the pages of the one before it, and says so as it is installed. In Chromium one in forty
 * waits all the same, for good, where the one before it was just then busy; told again, it starts.
 */
async function activated(worker) {
  const telling = setInterval(() => {
    if (worker?.state === "installed") worker.postMessage({ type: "start" }, [new MessageChannel().port2]);
  }, WAITS_MS);
  try {
    await seenActivated(worker);
  } finally {
    clearInterval(telling);
  }
}

function seenActivated(worker) {
  return inTime(START_MS, "the service worker did not start in time", (resolve, reject) => {
    const look = () => {
      if (worker?.state === "activated") resolve();
      if (!worker || worker.state === "redundant") reject(new Error("the service worker could not be installed"));
    };
    worker?.addEventListener("statechange", look);
    look();
  });
}

function ask(message) {
  return inTime(ANSWER_MS, "the service worker did not answer in time", (resolve, reject) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = ({ data }) => {
      port1.close();
      resolve(data);
    };
    registration.active.postMessage(message, [port2]);
  });
}

/** Two tabs that change the list at once do it one after the other. */
function changing(task) {
  return navigator.locks.request("likeness-policy", task);
}

async function answered(task) {
  try {
    await policy.ready;
    if (policy.state === "missing") throw new Error(policy.why);
    return await task();
  } catch (error) {
    return { ok: false, error: error.message };
  }
}

function inTime(milliseconds, complaint, begin) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(complaint)), milliseconds);
    const ends = (settle) => (value) => (clearTimeout(timer), settle(value));
    begin(ends(resolve), ends(reject));
  });
}

function told(state, why = "") {
  const active = registration?.active?.scriptURL;
  const configured = active ? new URL(active).searchParams.getAll("allow") : [];
  Object.assign(policy, { state, why, configured });
  window.dispatchEvent(new Event("likeness-policy"));
  return policy;
}

function originsIn(text) {
  return (text ?? "").split(" ").filter(Boolean);
}
