// The frames of delta compression. Their `data` is an object, because that is what Sockudo's
// clients read.
import type { Algorithm } from "./delta-request.ts";
import type { Dialect } from "./dialect.ts";

/**
 * Adds the markers that make clients keep the text as a base. The markers are not part of the base. `key` must not
 * need escaping.
 */
export function markedFrame(text: string, seq: number, key: string): string {
  return `${text.slice(0, -1)},"__delta_seq":${seq},"__conflation_key":"${key}"}`;
}

/** The members of a delta frame other than the delta. */
export interface DeltaHead {
  /** The suffix of the channel's frames. */
  readonly suffix: string;
  /** The event's name as JSON text. */
  readonly event: string;
  readonly seq: number;
  readonly baseSeq: number;
  /** Omitted if empty: clients take a missing key for the empty one. */
  readonly key: string;
  /** Omitted if null. */
  readonly algorithm: Algorithm | null;
}

/** The frame of a delta that is given in base64. */
export function deltaFrame({ prefix }: Dialect, head: DeltaHead, delta: string): string {
  const algorithm = head.algorithm === null ? "" : `,"algorithm":"${head.algorithm}"`;
  const key = head.key === "" ? "" : `,"conflation_key":"${head.key}"`;
  return `{"event":"${prefix}delta"${head.suffix},"data":{"event":${head.event},"delta":"${delta}","seq":${head.seq}${algorithm}${key},"base_index":${head.baseSeq}}}`;
}

/** One base in the state that syncs a subscriber. */
export interface SyncBase {
  readonly key: string;
  readonly text: string;
  readonly seq: number;
}

/**
 * The frame with the state of all chains. `conflation_key` must not be empty, because clients would then keep a
 * different kind of state.
 */
export function cacheSync(
  { prefix }: Dialect,
  suffix: string,
  keyName: string,
  bases: readonly SyncBase[],
): string {
  const states = bases.map(
    ({ key, text, seq }) => `"${key}":[{"content":${JSON.stringify(text)},"seq":${seq}}]`,
  );
  const name = JSON.stringify(keyName === "" ? "key" : keyName);
  return `{"event":"${prefix}delta_cache_sync"${suffix},"data":{"conflation_key":${name},"max_messages_per_key":30,"states":{${states.join(",")}}}}`;
}

const COMPACT_DELTA = 1;

/**
 * A compact frame: type, channel number, sequence number, distance to the base, and the delta. Copied into a new
 * array, because the delta's memory may be reused.
 */
export function compactFrame(
  channel: number,
  seq: number,
  baseSeq: number,
  delta: Uint8Array,
): Uint8Array<ArrayBuffer> {
  const frame = new Uint8Array(COMPACT_HEAD_BYTES + delta.length);
  frame[0] = COMPACT_DELTA;
  let at = writeVarint(frame, 1, channel);
  at = writeVarint(frame, at, seq);
  at = writeVarint(frame, at, seq - baseSeq);
  frame.set(delta, at);
  return frame.subarray(0, at + delta.length);
}

/** The maximum size of a compact frame's head. */
export const COMPACT_HEAD_BYTES = 16;

function writeVarint(bytes: Uint8Array, from: number, value: number): number {
  let at = from;
  let rest = value;
  while (rest >= 0x80) {
    bytes[at++] = (rest % 0x80) | 0x80;
    rest = Math.floor(rest / 0x80);
  }
  bytes[at++] = rest;
  return at;
}
