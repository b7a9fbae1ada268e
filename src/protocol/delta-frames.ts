// The frames of delta compression. Their `data` is an object: that is what Sockudo's clients read.
import type { Algorithm } from "./delta-request.ts";
import type { Dialect } from "./dialect.ts";

/** The text with the markers that make it a base: they are no part of it. `key` must need no escape. */
export function markedFrame(text: string, seq: number, key: string): string {
  return `${text.slice(0, -1)},"__delta_seq":${seq},"__conflation_key":"${key}"}`;
}

/** What a delta frame says besides the delta. */
export interface DeltaHead {
  /** The suffix of the channel's frames. */
  readonly suffix: string;
  /** The event's name as JSON. */
  readonly event: string;
  readonly seq: number;
  readonly baseSeq: number;
  /** Left out when empty: clients take none for the empty one. */
  readonly key: string;
  /** Left out when null. */
  readonly algorithm: Algorithm | null;
}

/** The frame of a delta in base64. */
export function deltaFrame({ prefix }: Dialect, head: DeltaHead, delta: string): string {
  const algorithm = head.algorithm === null ? "" : `,"algorithm":"${head.algorithm}"`;
  const key = head.key === "" ? "" : `,"conflation_key":"${head.key}"`;
  return `{"event":"${prefix}delta"${head.suffix},"data":{"event":${head.event},"delta":"${delta}","seq":${head.seq}${algorithm}${key},"base_index":${head.baseSeq}}}`;
}

/** One base of the state that puts a newcomer in step. */
export interface SyncBase {
  readonly key: string;
  readonly text: string;
  readonly seq: number;
}

/** The state of all chains. Clients keep another kind of state unless `conflation_key` is not empty. */
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

/** A compact frame: type, channel, number, distance to the base, and the delta. A new array: the delta's memory may be used again. */
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

/** The head of a compact frame, at most. */
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
