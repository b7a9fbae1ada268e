// Frames of delta compression as docs/delta.md describes them. They are made with the stock Fossil encoder
// and without any of the server's code.
import { createDelta } from "fossil-delta";

/** The prefix of the protocol's events, in each dialect. */
export type Prefix = "pusher:" | "sockudo:";

/** A text that can be a base, with its number on the channel. */
export interface Text {
  readonly seq: number;
  readonly key: string;
  readonly text: string;
}

/** An event's frame as a server without deltas sends it. */
export function plain(channel: string, event: string, data: unknown): string {
  return JSON.stringify({ event, data, channel });
}

/** A whole message that can be a base. */
export function marked({ text, seq, key }: Text): string {
  return `${text.slice(0, -1)},"__delta_seq":${seq},"__conflation_key":"${key}"}`;
}

/** The stock encoder's delta. */
export function fossil(base: string, next: string | Uint8Array): Uint8Array {
  const target = typeof next === "string" ? Buffer.from(next) : next;
  return createDelta(new Uint8Array(Buffer.from(base)), new Uint8Array(target));
}

/** A delta frame in JSON. */
export function jsonDelta(prefix: Prefix, channel: string, base: Text, next: Text): string {
  return JSON.stringify({
    event: `${prefix}delta`,
    channel,
    data: {
      event: "any",
      delta: Buffer.from(fossil(base.text, next.text)).toString("base64"),
      seq: next.seq,
      algorithm: "fossil",
      conflation_key: next.key,
      base_index: base.seq,
    },
  });
}

/** A compact delta frame. */
export function compactDelta(number: number, base: Text, next: Text): Uint8Array {
  return compact(number, next.seq, next.seq - base.seq, fossil(base.text, next.text));
}

/** A compact frame with the given parts. */
export function compact(
  number: number,
  seq: number,
  distance: number,
  delta: Uint8Array,
): Uint8Array {
  return Uint8Array.from([1, ...varint(number), ...varint(seq), ...varint(distance), ...delta]);
}

/** A varint: seven bits per byte, least significant first. */
export function varint(value: number): readonly number[] {
  return value < 0x80 ? [value] : [(value % 0x80) | 0x80, ...varint(Math.floor(value / 0x80))];
}

/** The frame that announces the channel's number. */
export function compactChannel(prefix: Prefix, channel: string, number: number): string {
  const event = `${internal(prefix)}compact_channel`;
  return JSON.stringify({ event, data: JSON.stringify({ number }), channel });
}

/** The frame that confirms a subscription. */
export function succeeded(prefix: Prefix, channel: string): string {
  return JSON.stringify({
    event: `${internal(prefix)}subscription_succeeded`,
    data: "{}",
    channel,
  });
}

/** The state that makes a client synced. */
export function cacheSync(prefix: Prefix, channel: string, texts: readonly Text[]): string {
  const states: Record<string, { content: string; seq: number }[]> = {};
  for (const { key, text, seq } of texts) (states[key] ??= []).push({ content: text, seq });
  return JSON.stringify({
    event: `${prefix}delta_cache_sync`,
    channel,
    data: { conflation_key: "symbol", max_messages_per_key: 30, states },
  });
}

/** The frame of a client that cannot apply a delta. */
export function syncError(prefix: Prefix, channel: string): string {
  return JSON.stringify({ event: `${prefix}delta_sync_error`, data: { channel } });
}

/** The frame with which a page subscribes. */
export function subscribe(prefix: Prefix, channel: string, members: object = {}): string {
  return JSON.stringify({ event: `${prefix}subscribe`, data: { auth: "", channel, ...members } });
}

/** The frame with which a page unsubscribes. */
export function unsubscribe(prefix: Prefix, channel: string): string {
  return JSON.stringify({ event: `${prefix}unsubscribe`, data: { channel } });
}

function internal(prefix: Prefix): string {
  return prefix.replace(":", "_internal:");
}
