// A client on a test socket. It takes every frame in order, decodes it as the respective
// subscription requires, and keeps what an application would have got, by channel.
import type { Frame } from "../../../src/protocol/codec.ts";
import type { Dialect } from "../../../src/protocol/dialect.ts";
import type { TestSocket } from "../../doubles/network.ts";
import { CompactDecoder, readCompactFrame } from "./compact-decoder.ts";
import type { Delivery } from "./delivery.ts";
import { SockudoDecoder } from "./sockudo-decoder.ts";
import type { Tally } from "./tally.ts";

/** A client and what its application got. */
export class Client {
  readonly dialect: Dialect;
  readonly #decoder: SockudoDecoder;
  /** The connection, or null while there is none. */
  socket: TestSocket | null = null;
  readonly #compact = new Map<string, CompactDecoder>();
  readonly #compactNames = new Map<number, string>();
  readonly #wantsCompact = new Set<string>();
  #delivered = new Map<string, Delivery[]>();
  #frames = new Map<string, Frame[]>();
  readonly #errors: string[] = [];
  readonly #tally: Tally;

  constructor(dialect: Dialect, tally: Tally) {
    this.dialect = dialect;
    this.#tally = tally;
    this.#decoder = new SockudoDecoder(dialect);
  }

  /**
   * Continues with a new connection. As in the real client, the state of its channels stays, but compact
   * subscriptions start anew.
   */
  connect(socket: TestSocket): void {
    this.socket = socket;
    this.#compact.clear();
    this.#compactNames.clear();
    this.#wantsCompact.clear();
    socket.onFrame = (frame) => this.#receive(frame);
  }

  /** To be called before the client subscribes. */
  subscribing(channel: string, compact: boolean): void {
    if (compact) this.#wantsCompact.add(channel);
  }

  /** To be called when the client has unsubscribed. */
  unsubscribed(channel: string): void {
    this.#decoder.forget(channel);
    this.#compact.delete(channel);
    this.#wantsCompact.delete(channel);
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

  /** Everything that has gone wrong so far. It must stay empty. */
  get errors(): readonly string[] {
    return [
      ...this.#errors,
      ...this.#decoder.errors,
      ...this.#decoder.resyncs.map((channel) => `${channel}: had to ask for a resync`),
      ...[...this.#compact.values()].flatMap(({ errors }) => errors),
    ];
  }

  #receive(frame: Frame): void {
    if (typeof frame !== "string") return this.#receiveBinary(frame);
    const { event, channel, data } = JSON.parse(frame);
    const { prefix, internal } = this.dialect;
    if (event === `${prefix}error`) this.#errors.push(frame);
    if (typeof channel !== "string") {
      // What a connection is told about deltas applies to all subscriptions that do not name their algorithm.
      this.#decoder.receive(frame);
      return;
    }
    append(this.#frames, channel, frame);
    switch (event) {
      case `${internal}subscription_succeeded`:
        return;
      case `${prefix}delta_compression_enabled`:
        if (this.#wantsCompact.has(channel) && data.enabled)
          this.#compact.set(channel, new CompactDecoder(data.algorithm));
        break;
      case `${internal}compact_channel`:
        this.#compactNames.set(JSON.parse(data).number, channel);
        return;
      case `${prefix}delta`:
        this.#tally.add(`${data.algorithm ?? "unnamed"} delta`);
        if (data.seq - data.base_index > 20) this.#tally.add("delta to a far base");
        break;
      case `${prefix}delta_cache_sync`:
        this.#tally.add(Object.keys(data.states).length > 0 ? "state" : "empty state");
        this.#compact.get(channel)?.replace(data);
        break;
    }
    const compact = event.startsWith(`${prefix}delta`) ? undefined : this.#compact.get(channel);
    this.#deliver(channel, compact?.receive(frame) ?? this.#decoder.receive(frame));
  }

  #receiveBinary(bytes: Uint8Array<ArrayBuffer>): void {
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

  #deliver(channel: string, delivery: Delivery | null): void {
    if (delivery !== null) append(this.#delivered, channel, delivery);
  }
}

function append<Item>(lists: Map<string, Item[]>, key: string, item: Item): void {
  const list = lists.get(key);
  if (list === undefined) lists.set(key, [item]);
  else list.push(item);
}
