// A model that runs on this device, as a page says where its file is, in the words of the package's workers.

import { invalid } from "./failure.js";
import { isBlob, told } from "./given.js";
import { baseAddress } from "./workers.js";

const DEVICES = ["auto", "cpu", "gpu"];

/**
 * What the workers are told of it, and the file where it was handed over. Nothing is read here.
 * @param {import("./index.js").LocalModel["local"]} local
 * @returns {[object, Blob | undefined]}
 */
export function localModel(local) {
  const isSource = typeof local === "string" || local instanceof URL || isBlob(local);
  const { source, kept, name, sha256, device = "auto" } = isSource ? { source: local } : told(local, "source", "kept", "name", "sha256", "device");
  if (!DEVICES.includes(device)) throw invalid(`model.local.device must be ${DEVICES.join(", ")}, not ${JSON.stringify(device)}`);
  if (sha256 !== undefined && !/^[0-9a-f]{64}$/i.test(sha256)) throw invalid("model.local.sha256 must be 64 hexadecimal digits");
  if (name !== undefined && (typeof name !== "string" || name === "")) throw invalid("model.local.name must be a file's name");
  const rest = { sha256: sha256?.toLowerCase(), device };
  if (kept !== undefined) {
    if (source !== undefined || name !== undefined || typeof kept !== "string") {
      throw invalid("model.local.kept is the name of a kept file, and stands alone");
    }
    return [{ kept, device }, undefined];
  }
  if (isBlob(source)) return [{ name: name ?? source.name ?? "model.gguf", ...rest }, source];
  if (typeof source === "string" || source instanceof URL) {
    const url = address(source);
    return [{ url, name: name ?? decodedName(url), ...rest }, undefined];
  }
  throw invalid("model.local must be a File, a Blob, an address, or an object with a `source` or a `kept`");
}

/** The whole address: a worker would read a relative one from where its own script lies. */
function address(source) {
  let found;
  try {
    found = new URL(source, baseAddress());
  } catch (error) {
    throw invalid(`model.local: ${JSON.stringify(String(source))} is no address`);
  }
  if (!["https:", "http:", "blob:"].includes(found.protocol)) {
    throw invalid(`model.local: a model is fetched over https:, http: or blob:, not ${found.protocol}`);
  }
  return found.href;
}

/** The name that an address spells with escapes; nothing where the workers read it from the address as it is. */
function decodedName(url) {
  const last = new URL(url).pathname.split("/").at(-1);
  try {
    const decoded = decodeURIComponent(last);
    return decoded === last || /[/\\]/.test(decoded) ? undefined : decoded;
  } catch {
    return undefined;
  }
}
