// A client of a session. It takes every frame in order, decodes it as the respective subscription requires,
// and keeps what an application would have got, by channel, and the replies.
import type { Codec, Frame } from "../../../src/protocol/codec.ts";
import type { Session } from "../../../src/session/session.ts";
import { isByteFrame, readByteFrame } from "../../doubles/byte-codec.ts";
import type { TestTransport } from "../../doubles/transport.ts";
import { replyOf, rosterTextOf } from "./replies.ts";
import { CompactDecoder, readCompactFrame } from "./compact-decoder.ts";
import type { Delivery } from "./delivery.ts";
import { SockudoDecoder } from "./sockudo-decoder.ts";
import type { Tally } from "./tally.ts";

/** A client's connection. */
export interface ClientConnection {
  readonly session: Session;
  readonly transport: TestTransport;
}

/** A message of the server, as read from its frame. */
interface Told {
  readonly event: string;
  readonly data: unknown;
  readonly channel: string | undefined;
}

const NONE: readonly string[] = [];

/** A client and what its application got. */
export class Client {
  readonly codec: Codec;
  readonly #decoder: SockudoDecoder;
  /** The connection, or null while there is none. */
  connection: ClientConnection | null = null;
  readonly #compact = new Map<string, CompactDecoder>();
  readonly #compactNames = new Map<number, string>();
  /** The delta algorithm of each channel, as the server last named it. */
  readonly #algorithms = new Map<string, string>();
  /** Channels that it has unsubscribed from and not been subscribed to again. */
  readonly #left = new Set<string>();
  #delivered = new Map<string, Delivery[]>();
  #frames = new Map<string, Frame[]>();
  #replies: string[] = [];
  #replyCount = 0;
  readonly #errors: string[] = [];
  readonly #tally: Tally;

  constructor(codec: Codec, tally: Tally) {
    this.codec = codec;
    this.#tally = tally;
    this.#decoder = new SockudoDecoder(codec.dialect);
  }

  /**
   * Continues with a new connection. As in the real client, the state of its channels stays, but compact
   * subscriptions start anew.
   */
  connect(connection: ClientConnection): void {
    this.connection = connection;
    this.#compact.clear();
    this.#compactNames.clear();
    this.#algorithms.clear();
    connection.transport.onFrame = (frame) => this.#receive(frame);
  }

  /**
   * To be called when the client unsubscribes. The frame may wait behind others, so the state is cleared only when the
   * next subscription starts.
   */
  leaving(channel: string): void {
    this.#left.add(channel);
  }

  /** Clears the state of a channel, as the client does when it has lost a base. */
  forget(channel: string): void {
    this.#decoder.forget(channel);
    this.#compact.get(channel)?.replace({ states: {} });
  }

  /** Returns what was delivered since the last call. */
  takeDelivered(): ReadonlyMap<string, readonly Delivery[]> {
    const delivered = this.#delivered;
    this.#delivered = new Map();
    return delivered;
  }

  /** Returns the frames with a channel since the last call. */
  takeFrames(): ReadonlyMap<string, readonly Frame[]> {
    const frames = this.#frames;
    this.#frames = new Map();
    return frames;
  }

  /** Returns the replies since the last call. */
  takeReplies(): readonly string[] {
    return this.#replies.splice(0);
  }

  /** The number of replies so far. */
  get replyCount(): number {
    return this.#replyCount;
  }

  /** Everything that has gone wrong so far. It must stay empty. */
  get errors(): readonly string[] {
    const { errors, resyncs } = this.#decoder;
    const compact = Array.from(this.#compact.values(), (decoder) => decoder.errors);
    const lists = [this.#errors, errors, ...compact];
    if (resyncs.length === 0 && lists.every(({ length }) => length === 0)) return NONE;
    return [...lists.flat(), ...resyncs.map((channel) => `${channel}: had to ask for a resync`)];
  }

  #receive(frame: Frame): void {
    const isBytes = typeof frame !== "string" && isByteFrame(frame);
    if (isBytes === this.codec.events.takesDeltas)
      this.#errors.push(`A frame of another codec than ${this.codec.name}`);
    if (typeof frame === "string") this.#receiveText(frame);
    else if (isBytes) this.#receiveBytes(frame);
    else this.#receiveCompact(frame);
  }

  #receiveText(frame: string): void {
    const { event, channel, data } = JSON.parse(frame);
    if (typeof channel === "string") append(this.#frames, channel, frame);
    if (this.#isTold({ event, channel, data })) {
      // What a connection is told about deltas applies to all subscriptions that do not name their algorithm.
      this.#decoder.receive(frame);
      return;
    }
    const { prefix } = this.codec.dialect;
    if (event === `${prefix}delta`) {
      this.#tally.add(`${data.algorithm ?? "unnamed"} delta`);
      if (data.seq - data.base_index > 20) this.#tally.add("delta to a far base");
    }
    if (event === `${prefix}delta_cache_sync`) {
      this.#tally.add(Object.keys(data.states).length > 0 ? "state" : "empty state");
      this.#compact.get(channel)?.replace(data);
    }
    const compact = event.startsWith(`${prefix}delta`) ? undefined : this.#compact.get(channel);
    this.#deliver(channel, compact?.receive(frame) ?? this.#decoder.receive(frame));
  }

  #receiveBytes(bytes: Uint8Array<ArrayBuffer>): void {
    const { published, name: event, data, channel, userId, tags } = readByteFrame(bytes);
    if (channel !== null) append(this.#frames, channel, bytes);
    const told = { event, data, channel: channel ?? undefined };
    if (!published && this.#isTold(told)) return;
    this.#tally.add("message in bytes");
    this.#deliver(channel ?? "", {
      event,
      data,
      tags: Object.keys(tags).length === 0 ? undefined : tags,
      userId: userId ?? undefined,
    });
  }

  #receiveCompact(bytes: Uint8Array<ArrayBuffer>): void {
    const frame = readCompactFrame(bytes);
    const channel = this.#compactNames.get(frame.number);
    const decoder = this.#compact.get(channel ?? "");
    if (channel === undefined || decoder === undefined) {
      this.#errors.push(`A compact frame of the unknown channel ${frame.number}`);
      return;
    }
    this.#tally.add("compact delta");
    append(this.#frames, channel, bytes);
    this.#deliver(channel, decoder.apply(frame));
  }

  /** Handles a message of the server that is no event of a channel. Returns false for any other frame. */
  #isTold({ event, data, channel }: Told): boolean {
    const { prefix, internal } = this.codec.dialect;
    const own = [internal, prefix].find((each) => event.startsWith(each));
    if (own === undefined) return false;
    const name = event.slice(own.length);
    if (name === "compact_channel") {
      this.#numbered(channel ?? "", JSON.parse(String(data)).number);
      return true;
    }
    const reply = replyOf({ name, data, channel });
    if (reply === null) return false;
    this.#replies.push(reply);
    this.#replyCount++;
    if (name === "subscription_succeeded") this.#entered(event, channel ?? "", String(data));
    if (name === "delta_compression_enabled" && channel !== undefined)
      this.#algorithms.set(channel, algorithmOf(data));
    return true;
  }

  #entered(event: string, channel: string, data: string): void {
    if (this.#left.delete(channel)) this.#decoder.forget(channel);
    // A compact subscription is told the channel's number after this.
    this.#compact.delete(channel);
    this.#deliver(channel, { event, data: rosterTextOf(data) });
  }

  #numbered(channel: string, number: number): void {
    this.#compactNames.set(number, channel);
    const algorithm = this.#algorithms.get(channel) ?? "";
    this.#compact.getOrInsertComputed(channel, () => new CompactDecoder(algorithm));
  }

  #deliver(channel: string, delivery: Delivery | null): void {
    if (delivery !== null) append(this.#delivered, channel, delivery);
  }
}

function algorithmOf(data: unknown): string {
  const isNamed = typeof data === "object" && data !== null && "algorithm" in data;
  return isNamed ? String(data.algorithm) : "";
}

function append<Item>(lists: Map<string, Item[]>, key: string, item: Item): void {
  const list = lists.get(key);
  if (list === undefined) lists.set(key, [item]);
  else list.push(item);
}
