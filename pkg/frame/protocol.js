// What a host page and the frame say to each other: version 1 of the wire, used by both ends.
//
// By window, only the handshake: the frame says `here`, the host `hello`, the frame `welcome` with a port. All the rest
// goes over that port, which nobody else holds:
//
//   host to frame   { id, call, args }     frame to host   { id, value } or { id, error }
//                   { id, stop: true }                      { event, value }
//                   { bye: true }
//
// Both ends read named own fields only and treat whatever else is in a message as not there.

/** The versions that this file speaks. A change that an older end would misread makes another number. */
export const VERSIONS = [1];

/** What a host may be granted, the least first. */
export const SCOPES = ["record", "portrait", "rank"];

/** An object's own field; of what is no object, nothing. */
export function own(object, name) {
  if (typeof object !== "object" || object === null || !Object.hasOwn(object, name)) return undefined;
  return object[name];
}

/** A message of the handshake, of this kind. */
export const greeting = (kind, rest = {}) => ({ likeness: kind, ...rest });

/** Which kind of greeting this is; nothing for any other message. */
export function greetingKind(data) {
  const kind = own(data, "likeness");
  return typeof kind === "string" ? kind : undefined;
}

/** An error as it goes over the port: words and numbers, no stack and no cause. */
export function errorOnWire({ message, code, advice, retrySeconds }) {
  return retrySeconds === undefined ? { message, code, advice } : { message, code, advice, retrySeconds };
}
