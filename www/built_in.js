// The browser's own language model (`LanguageModel`, the Prompt API), as the app asks it, and whether it is local.
//
// boot.js loads it before everything else, so that what a later script puts in its place is not taken for it.
//
// The app (Rust) finds it as `window.likenessBuiltIn`; there is none where the page has no `LanguageModel`:
//   local           whether it may be given texts as they are, see below
//   version         whose it is and in which version, such as "Google Chrome 150"; empty where that is not known
//   availability()  "unavailable", "downloadable", "downloading" or "available"
//   prepare(heard)  gets it ready; a click has to call it. `heard` hears the part that was downloaded, 0 to 1
//   about()         {local, version, contextTokens}, or a NotReadyError while it would have to be downloaded
//   ask(call, raw)  the answer to {messages, maxTokens, temperature, schema?, signal}; `raw` says that the call is made
//                   of texts as they are, and is refused with a NotLocalError unless `local`
//
// The API itself never says where the model runs; its draft lets a browser ask a cloud, and gives a page no way to tell.
// So `local` takes two things, in doubt it is false, and where it is true the person still chooses. `LanguageModel` and what we call of it are the platform's own:
// their source reads `function LanguageModel() { [native code] }`, with their very name, which no script can give to a
// function of its own (one that is bound or wrapped in a Proxy has no name there). And the browser is one whose maker
// says in its documentation that what this API is given stays on the device. A script that ran before this one could lie
// about both; on the app's own page that is an extension or the host, which can read the page anyway.

/**
 * Brands of navigator.userAgentData whose makers say so, as of November 2026. Edge's documentation of the API: what is
 * given to its Phi model never leaves the device. Chrome: its settings said so of Gemini Nano until version 148 left the
 * sentence out, of which its makers say that all is processed on the device as before.
 */
const SAY_LOCAL = ["Google Chrome", "Microsoft Edge"];
/** Our prompts and claims are in English; a browser wants to be told, and prepares for it. */
const EXPECTED = { expectedOutputs: [{ type: "text", languages: ["en"] }] };
/** Where a session doesn't say how much it takes. */
const FEW_TOKENS = 4096;
/** Characters that a token is at most taken for: an answer that is longer than was asked for is stopped. */
const TOKEN_CHARACTERS = 8;

const apply = Reflect.apply;
const sourceOf = Function.prototype.toString;
const model = globalThis.LanguageModel;

/** Whether a function is the platform's own, under the name that it has there. */
function isNative(value, name) {
  if (typeof value !== "function") return false;
  return apply(sourceOf, value, []).replace(/\s+/g, " ") === `function ${name}() { [native code] }`;
}

function brand() {
  const brands = globalThis.navigator?.userAgentData?.brands ?? [];
  return brands.find(({ brand }) => SAY_LOCAL.includes(brand));
}

/** What we call, held as it is now. */
function held(model) {
  const { availability, create, prototype = {} } = model;
  const { prompt, promptStreaming, destroy } = prototype;
  const all = { availability, create, prompt, promptStreaming, destroy };
  const native =
    isNative(model, "LanguageModel") && Object.entries(all).every(([name, value]) => isNative(value, name));
  // The sessions of a stand-in may be objects of any kind.
  const method = native ? (_, name) => all[name] : (session, name) => session[name];
  return {
    native,
    availability: () => apply(availability, model, [EXPECTED]),
    create: (options) => apply(create, model, [{ ...EXPECTED, ...options }]),
    call: (session, name, ...given) => apply(method(session, name), session, given),
    has: (session, name) => typeof method(session, name) === "function",
  };
}

function failure(name, message) {
  return Object.assign(new Error(message), { name });
}

/** How answers are drawn: in words where the browser takes no numbers from a page, as it does not since Chrome 148. */
function drawn(temperature) {
  if (typeof model.params === "function") return { temperature, topK: temperature > 0 ? 40 : 1 };
  if (temperature <= 0.2) return { samplingMode: "most-predictable" };
  return temperature >= 0.9 ? { samplingMode: "creative" } : {};
}

function builtIn() {
  const { native, availability, create, call, has } = held(model);
  const known = native ? brand() : undefined;
  const local = known !== undefined;
  const end = (session) => has(session, "destroy") && call(session, "destroy");

  async function prepare(heard) {
    // `create` has to come before anything is waited for, or the browser no longer sees the click.
    const monitor = (target) => target.addEventListener("downloadprogress", ({ loaded }) => heard(loaded));
    end(await create({ monitor }));
  }

  async function about() {
    if ((await availability()) !== "available") throw failure("NotReadyError", "it is not ready");
    const session = await create();
    const tokens = session.contextWindow ?? session.inputQuota;
    end(session);
    const contextTokens = Number.isFinite(tokens) && tokens > 0 ? tokens : FEW_TOKENS;
    return { local, version: version(known), contextTokens };
  }

  async function ask({ messages, maxTokens, temperature, schema, signal }, raw) {
    if (raw && !local) throw failure("NotLocalError", "it is not known to be local");
    const session = await create({ initialPrompts: messages.slice(0, -1), ...drawn(temperature), signal });
    try {
      const options = { signal, ...(schema && { responseConstraint: schema }) };
      const last = messages.at(-1).content;
      // A form is short by itself, and of no use when it is cut.
      if (schema || !has(session, "promptStreaming")) return await call(session, "prompt", last, options);
      let text = "";
      for await (const piece of call(session, "promptStreaming", last, options)) {
        text += piece;
        if (text.length > maxTokens * TOKEN_CHARACTERS) break;
      }
      return text;
    } finally {
      end(session);
    }
  }

  return { local, version: version(known), availability, prepare, about, ask };
}

function version(known) {
  return known ? `${known.brand} ${known.version}` : "";
}

// A page's own stand-in may be of any shape; one that lacks what we call is none.
if (typeof model?.create === "function" && typeof model.availability === "function") {
  Object.defineProperty(window, "likenessBuiltIn", { value: Object.freeze(builtIn()) });
}
