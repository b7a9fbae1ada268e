// The upgrade request: `/app/KEY?protocol=N&client=C&version=V`. What is wrong with it is told
// after the upgrade, by a close frame: a failing HTTP status would make clients retry for ever.
import { type ClientTraits, clientTraits } from "./client-traits.ts";
import { SOCKUDO_PROTOCOL } from "./codecs.ts";
import { CLOSE, type Fault, isFault } from "./faults.ts";
import { type QueryParameter, queryValue, readQuery } from "./query.ts";

/** What a client says of itself when it connects. */
export interface Handshake {
  /** 4 to 7, or 2. Below 6 an error event comes before a close frame. */
  readonly protocol: number;
  readonly traits: ClientTraits;
}

const OLDEST_PROTOCOL = 4;
const NEWEST_PROTOCOL = 7;
/** The first protocol whose clients read the close frame's code. */
const CLOSE_FRAME_PROTOCOL = 6;
/** pusher-js has had this version since 2017, and Sockudo's client, which bears its name, has not. */
const OLDEST_PUSHER_JS = 4;

/**
 * Reads the query of the upgrade. Unknown parameters are ignored (WebSocket protocol reference, "Connection"),
 * as are those of Sockudo that only tell how mutable messages are to come: there are none. What asks for
 * something that this server does not do is refused.
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

/** A form of frames that would be taken for JSON, or a token that would restrict nothing. */
function findUnsupported(parameters: readonly QueryParameter[]): Fault | null {
  const format = queryValue(parameters, "format") ?? "";
  if (!["", "json"].includes(format.trim().toLowerCase())) return CLOSE.unsupportedFormat(format);
  return queryValue(parameters, "token") === null ? null : CLOSE.unsupportedToken();
}

/** Whether the client is to hear itself: of Sockudo's dialect unless it says no, of Pusher's never. */
function readEcho(parameters: readonly QueryParameter[], protocol: number): boolean | Fault {
  const asked = queryValue(parameters, "echo_messages") ?? "true";
  if (asked !== "true" && asked !== "false") return CLOSE.invalidEcho(asked);
  return asked === "true" && protocol === SOCKUDO_PROTOCOL;
}

/**
 * Sockudo's clients for JavaScript and Python. The former calls itself as pusher-js does, which has no deltas of its own
 * and does not speak Sockudo's dialect.
 */
function mustEnableDelta(parameters: readonly QueryParameter[], protocol: number): boolean {
  const client = queryValue(parameters, "client");
  if (client === "python") return true;
  if (client !== "js") return false;
  const major = Number.parseInt(queryValue(parameters, "version") ?? "", 10);
  return protocol === SOCKUDO_PROTOCOL || major < OLDEST_PUSHER_JS;
}

/** Whether a client of this protocol learns of a closing error from an event before the close frame. */
export function wantsErrorEvent(protocol: number): boolean {
  return protocol < CLOSE_FRAME_PROTOCOL;
}

/** The protocol that a refused client speaks, as far as it can be told; by default the newest. */
export function claimedProtocol(query: string): number {
  // Not parsed: what is refused may be anything.
  const [, protocol] = /(?:^|&)protocol=(\d{1,3})(?:&|$)/.exec(query) ?? [];
  return protocol === undefined ? NEWEST_PROTOCOL : Number(protocol);
}
