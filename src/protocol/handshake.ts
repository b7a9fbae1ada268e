// The upgrade request: `/app/KEY?protocol=N&client=C&version=V`. What is wrong with it is told
// after the upgrade, by a close frame: a failing HTTP status would make clients retry for ever.
import { type Dialect, V1, V2 } from "./dialect.ts";
import { CLOSE, type Fault } from "./faults.ts";
import { queryValue, readQuery } from "./query.ts";

/** What a client says of itself when it connects. */
export interface Handshake {
  /** 4 to 7, or 2. Below 6 an error event comes before a close frame. */
  readonly protocol: number;
}

/** The protocol number that asks for Sockudo's dialect. */
const SOCKUDO_PROTOCOL = 2;

/** The dialect of a protocol. */
export function dialectOf(protocol: number): Dialect {
  return protocol === SOCKUDO_PROTOCOL ? V2 : V1;
}

const OLDEST_PROTOCOL = 4;
const NEWEST_PROTOCOL = 7;
/** The first protocol whose clients read the close frame's code. */
const CLOSE_FRAME_PROTOCOL = 6;

/** Reads the query of the upgrade. Unknown parameters are ignored (WebSocket protocol reference, "Connection"). */
export function readHandshake(query: string): Handshake | Fault {
  const parameters = readQuery(query);
  const version = queryValue(parameters, "version") ?? "";
  if (version !== "" && !/^\d/.test(version)) return CLOSE.badVersion();
  const protocol = queryValue(parameters, "protocol") ?? "";
  if (protocol === "") return CLOSE.missingProtocol();
  const number = /^\d{1,3}$/.test(protocol) ? Number(protocol) : 0;
  if (number === SOCKUDO_PROTOCOL) return { protocol: number };
  if (number < OLDEST_PROTOCOL || number > NEWEST_PROTOCOL)
    return CLOSE.unsupportedProtocol(protocol);
  return { protocol: number };
}

/** Whether a client of this protocol learns of a closing error from an event before the close frame. */
export function wantsErrorEvent(protocol: number): boolean {
  return protocol < CLOSE_FRAME_PROTOCOL;
}

/** The protocol that a refused client speaks, as far as it can be told; by default the newest. */
export function claimedProtocol(query: string): number {
  const protocol = queryValue(readQuery(query), "protocol") ?? "";
  return /^\d{1,3}$/.test(protocol) ? Number(protocol) : NEWEST_PROTOCOL;
}
