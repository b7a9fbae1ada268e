// The upgrade request: `/app/KEY?protocol=N&client=C&version=V`. Errors in it are reported after
// the upgrade, by a close frame, because an HTTP error status would make clients retry for ever.
import { type ClientTraits, clientTraits } from "./client-traits.ts";
import { SOCKUDO_PROTOCOL } from "./codecs.ts";
import { CLOSE, type Fault, isFault } from "./faults.ts";
import { type QueryParameter, queryValue, readQuery } from "./query.ts";

/** What a client states about itself when it connects. */
export interface Handshake {
  /** 4 to 7, or 2. Below 6, an error event precedes a close frame. */
  readonly protocol: number;
  readonly traits: ClientTraits;
}

const OLDEST_PROTOCOL = 4;
const NEWEST_PROTOCOL = 7;
/** The first protocol whose clients read the code of the close frame. */
const CLOSE_FRAME_PROTOCOL = 6;
/**
 * pusher-js has been at version 4 or later since 2017. Sockudo's client, which uses the same client name, has not
 * reached it.
 */
const OLDEST_PUSHER_JS = 4;

/**
 * Reads the query of the upgrade. Unknown parameters are ignored (WebSocket protocol reference, "Connection"), and so
 * are Sockudo's parameters that only say how mutable messages should be delivered, since there are none here.
 * Parameters that ask for something unsupported are refused.
 */
export function readHandshake(query: string): Handshake | Fault {
  const parameters = readQuery(query);
  const protocol = readProtocol(parameters);
  if (isFault(protocol)) return protocol;
  const fault = findUnsupported(parameters);
  if (fault !== null) return fault;
  const hearsItself = readEcho(parameters, protocol);
  if (typeof hearsItself !== "boolean") return hearsItself;
  return {
    protocol,
    traits: clientTraits(hearsItself, mustEnableDelta(parameters, protocol)),
  };
}

function readProtocol(parameters: readonly QueryParameter[]): number | Fault {
  const protocol = queryValue(parameters, "protocol") ?? "";
  const number = /^\d{1,3}$/.test(protocol) ? Number(protocol) : 0;
  if (number === SOCKUDO_PROTOCOL) return number;
  const version = queryValue(parameters, "version") ?? "";
  if (version !== "" && !/^\d/.test(version)) return CLOSE.badVersion();
  if (protocol === "") return CLOSE.missingProtocol();
  return number < OLDEST_PROTOCOL || number > NEWEST_PROTOCOL
    ? CLOSE.unsupportedProtocol(protocol)
    : number;
}

/**
 * Refuses a frame format other than JSON, whose frames would be misread, and a capability token, which would not
 * restrict anything.
 */
function findUnsupported(parameters: readonly QueryParameter[]): Fault | null {
  const format = queryValue(parameters, "format") ?? "";
  if (!["", "json"].includes(format.trim().toLowerCase())) return CLOSE.unsupportedFormat(format);
  return queryValue(parameters, "token") === null ? null : CLOSE.unsupportedToken();
}

/** Whether the client gets its own client events: in Sockudo's dialect unless it declines, in Pusher's never. */
function readEcho(parameters: readonly QueryParameter[], protocol: number): boolean | Fault {
  const asked = queryValue(parameters, "echo_messages") ?? "true";
  if (asked !== "true" && asked !== "false") return CLOSE.invalidEcho(asked);
  return asked === "true" && protocol === SOCKUDO_PROTOCOL;
}

/**
 * True for Sockudo's JavaScript and Python clients. The former uses the same client name as pusher-js; it differs
 * from it in its dialect or its lower version. pusher-js itself has no deltas.
 */
function mustEnableDelta(parameters: readonly QueryParameter[], protocol: number): boolean {
  const client = queryValue(parameters, "client");
  if (client === "python") return true;
  if (client !== "js") return false;
  const major = Number.parseInt(queryValue(parameters, "version") ?? "", 10);
  return protocol === SOCKUDO_PROTOCOL || major < OLDEST_PUSHER_JS;
}

/** Whether a client of this protocol learns of a fatal error from an event before the close frame. */
export function wantsErrorEvent(protocol: number): boolean {
  return protocol < CLOSE_FRAME_PROTOCOL;
}

/** The protocol of a refused client, as far as it can be determined; by default the newest. */
export function claimedProtocol(query: string): number {
  // Not parsed, because the query of a refused request may be anything.
  const [, protocol] = /(?:^|&)protocol=(\d{1,3})(?:&|$)/.exec(query) ?? [];
  return protocol === undefined ? NEWEST_PROTOCOL : Number(protocol);
}
