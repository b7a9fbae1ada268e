// Frames of delta compression as docs/delta.md describes them, made with the stock Fossil encoder
// and with none of the server's code.
import { createDelta } from "fossil-delta";

/** The prefix of the protocol's events, of its first and its second version. */
export type Prefix = "pusher:" | "sockudo:";

/** A text that deltas may build on, with its number on the channel. */
export interface Text {
  readonly seq: number;
  readonly key: string;
  readonly text: string;
}

/** An event's frame as a server without deltas sends it. */
export function plain(channel: string, event: string, data: unknown): string {
  return JSON.stringify({ event, data, channel });
}

/** A whole message that deltas may build on. */
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

/** A compact frame of any parts. */
export function compact(
  number: number,
  seq: number,
  distance: number,
  delta: Uint8Array,
): Uint8Array {
  return Uint8Array.from([1, ...varint(number), ...varint(seq), ...varint(distance), ...delta]);
}

/** A number, seven bits a byte, the lowest first. */
export function varint(value: number): readonly number[] {
  return value < 0x80 ? [value] : [(value % 0x80) | 0x80, ...varint(Math.floor(value / 0x80))];
}

/** Tells the channel's number. */
export function compactChannel(prefix: Prefix, channel: string, number: number): string {
  const event = `${internal(prefix)}compact_channel`;
  return JSON.stringify({ event, data: JSON.stringify({ number }), channel });
}

/** Agrees to a subscription. */
export function succeeded(prefix: Prefix, channel: string): string {
  return JSON.stringify({
    event: `${internal(prefix)}subscription_succeeded`,
    data: "{}",
    channel,
  });
}

/** The state that puts a client in step. */
export function cacheSync(prefix: Prefix, channel: string, texts: readonly Text[]): string {
  const states: Record<string, { content: string; seq: number }[]> = {};
  for (const { key, text, seq } of texts) (states[key] ??= []).push({ content: text, seq });
  return JSON.stringify({
    event: `${prefix}delta_cache_sync`,
    channel,
    data: { conflation_key: "symbol", max_messages_per_key: 30, states },
  });
}

/** What a client says that cannot apply a delta. */
export function syncError(prefix: Prefix, channel: string): string {
  return JSON.stringify({ event: `${prefix}delta_sync_error`, data: { channel } });
}

/** A page's request for a subscription. */
export function subscribe(prefix: Prefix, channel: string, members: object = {}): string {
  return JSON.stringify({ event: `${prefix}subscribe`, data: { auth: "", channel, ...members } });
}

/** A page's leaving. */
export function unsubscribe(prefix: Prefix, channel: string): string {
  return JSON.stringify({ event: `${prefix}unsubscribe`, data: { channel } });
}

function internal(prefix: Prefix): string {
  return prefix.replace(":", "_internal:");
}
