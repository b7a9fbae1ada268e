// The codecs that clients can ask for.
import type { Codec } from "./codec.ts";
import { JSON_V1, JSON_V2 } from "./json-codec.ts";

/** The protocol number that selects Sockudo's dialect. */
export const SOCKUDO_PROTOCOL = 2;

/** Every codec. */
export const CODECS: readonly Codec[] = [JSON_V1, JSON_V2];

/** The codec for a connection's protocol number. */
export function codecOf(protocol: number): Codec {
  return protocol === SOCKUDO_PROTOCOL ? JSON_V2 : JSON_V1;
}
