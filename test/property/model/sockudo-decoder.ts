// Decodes JSON frames exactly as Sockudo's JavaScript client does, including its oddities. Markers
// are cut out by patterns, wherever they occur. A channel has a single base until a conflation key
// was seen, and a list of bases per key afterwards. A lost base is reported, a wrong one is not.
import { decode } from "@ably/vcdiff-decoder";
import { applyDelta } from "fossil-delta";
import type { Dialect } from "../../../src/protocol/dialect.ts";
import type { Delivery } from "./delivery.ts";

/** The minimum number of texts per key that the client keeps, whatever the server says. */
const MAX_TEXTS_PER_KEY = 30;

interface Kept {
  readonly text: string;
  readonly seq: number;
}

interface ChannelCache {
  keyed: boolean;
  maxTextsPerKey: number;
  single: string | null;
  readonly lists: Map<string, Kept[]>;
}

/** A frame as the client's JSON parser returns it. */
interface FrameJson<Data = unknown> {
  readonly event: string;
  readonly channel?: string;
  readonly data: Data;
  readonly tags?: unknown;
  readonly user_id?: unknown;
  readonly __delta_seq?: unknown;
  readonly __conflation_key?: unknown;
}

interface DeltaJson {
  readonly event: string;
  readonly delta: string;
  readonly seq: number;
  readonly algorithm?: string;
  readonly conflation_key?: string;
  readonly base_index: number;
}

/** The state of a channel's chains. */
export interface StateJson {
  readonly conflation_key: string;
  readonly max_messages_per_key: number;
  readonly states: Readonly<Record<string, readonly { content: string; seq: number }[]>>;
}

/**
 * One client's state for all of its channels. It outlives the connection, because the client keeps it when it
 * reconnects.
 */
export class SockudoDecoder {
  readonly #dialect: Dialect;
  readonly #channels = new Map<string, ChannelCache>();
  /** Deltas that could not be decoded. The client only reports them; the event does not reach the application. */
  readonly errors: string[] = [];
  /** Channels for which it has requested the bases again. */
  readonly resyncs: string[] = [];
  #algorithm = "fossil";

  constructor(dialect: Dialect) {
    this.#dialect = dialect;
  }

  /** Takes a frame. Returns what the application gets, or null if it gets nothing. */
  receive(text: string): Delivery | null {
    const frame: FrameJson = JSON.parse(text);
    const { prefix } = this.#dialect;
    const { event, channel = "" } = frame;
    if (event === `${prefix}delta_compression_enabled`) {
      const { data }: FrameJson<{ algorithm?: string }> = JSON.parse(text);
      this.#algorithm = data.algorithm ?? this.#algorithm;
      return null;
    }
    if (event === `${prefix}delta_cache_sync`) {
      const { data }: FrameJson<StateJson> = JSON.parse(text);
      this.#replace(channel, data);
      return null;
    }
    if (event === `${prefix}delta`) {
      const { data }: FrameJson<DeltaJson> = JSON.parse(text);
      return this.#applied(channel, data);
    }
    this.#keepWhole(channel, text, frame);
    return delivery(event, frame, frame.data);
  }

  /** Clears the state of a channel: when the client unsubscribes, and when it has lost a base. */
  forget(channel: string): void {
    this.#channels.delete(channel);
  }

  #keepWhole(channel: string, text: string, frame: FrameJson): void {
    const { prefix, internal } = this.#dialect;
    if (frame.event.startsWith(prefix) || frame.event.startsWith(internal)) return;
    const { __delta_seq: marked, __conflation_key: key } = frame;
    const seq = typeof marked === "number" ? marked : numberInData(frame.data);
    if (seq === null) return;
    const cache = this.#open(channel);
    const unmarked = typeof marked === "number" ? withoutMarkers(text) : text;
    if (typeof key !== "string") {
      cache.single = unmarked;
      return;
    }
    cache.keyed = true;
    keep(cache, key, { text: unmarked, seq });
  }

  #applied(channel: string, data: DeltaJson): Delivery | null {
    const cache = this.#channels.get(channel);
    // The client takes a channel without any state for one that it has left.
    if (cache === undefined) return null;
    const key = data.conflation_key ?? "";
    const base = cache.keyed
      ? cache.lists.get(key)?.find(({ seq }) => seq === data.base_index)?.text
      : cache.single;
    if (base === undefined || base === null) {
      this.resyncs.push(channel);
      this.forget(channel);
      return null;
    }
    try {
      const delta = new Uint8Array(Buffer.from(data.delta, "base64"));
      const text = applied(base, delta, data.algorithm ?? this.#algorithm);
      if (cache.keyed) keep(cache, key, { text, seq: data.seq });
      else cache.single = text;
      const frame: FrameJson = JSON.parse(text);
      // An empty payload is taken for a missing one, and the whole frame is passed on instead.
      return delivery(data.event, frame, frame.data || frame);
    } catch (error) {
      this.errors.push(`${channel}: ${String(error)}`);
      return null;
    }
  }

  #replace(channel: string, data: StateJson): void {
    const cache = this.#open(channel);
    cache.keyed = Boolean(data.conflation_key);
    cache.maxTextsPerKey = Math.max(data.max_messages_per_key, MAX_TEXTS_PER_KEY);
    cache.lists.clear();
    for (const [key, list] of Object.entries(data.states))
      cache.lists.set(
        key,
        list.map(({ content, seq }) => ({ text: content, seq })),
      );
  }

  #open(channel: string): ChannelCache {
    const cache = this.#channels.get(channel) ?? {
      keyed: false,
      maxTextsPerKey: MAX_TEXTS_PER_KEY,
      single: null,
      lists: new Map<string, Kept[]>(),
    };
    this.#channels.set(channel, cache);
    return cache;
  }
}

/** The text that results from applying the delta to the base. Throws if the delta does not fit. */
export function applied(base: string, delta: Uint8Array, algorithm: string): string {
  const bytes = new TextEncoder().encode(base);
  const next = algorithm === "fossil" ? applyDelta(bytes, delta) : decode(delta, bytes);
  return new TextDecoder("utf-8", { fatal: true }).decode(next);
}

function keep(cache: ChannelCache, key: string, kept: Kept): void {
  const list = cache.lists.get(key) ?? [];
  cache.lists.set(key, list);
  list.push(kept);
  while (list.length > cache.maxTextsPerKey) list.shift();
}

/** If the frame has no marker of its own, the client looks for one inside the payload. */
function numberInData(data: unknown): number | null {
  try {
    const { __delta_seq: found }: { __delta_seq?: unknown } = JSON.parse(String(data));
    return typeof found === "number" ? found : null;
  } catch {
    return null;
  }
}

function withoutMarkers(text: string): string {
  return text
    .replace(/,"__delta_seq":\d+/g, "")
    .replace(/"__delta_seq":\d+,/g, "")
    .replace(/,"__conflation_key":"[^"]*"/g, "")
    .replace(/"__conflation_key":"[^"]*",/g, "");
}

function delivery(event: string, { tags, user_id: userId }: FrameJson, data: unknown): Delivery {
  return { event, data, tags, userId };
}
