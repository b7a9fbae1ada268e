// A client on a test socket: it takes every frame in order, decodes it in the way of each
// subscription, and keeps what an application would have been handed, by channel.
import type { Frame } from "../../../src/protocol/codec.ts";
import type { Dialect } from "../../../src/protocol/dialect.ts";
import type { TestSocket } from "../../doubles/network.ts";
import { CompactDecoder, readCompactFrame } from "./compact-decoder.ts";
import type { Delivery } from "./delivery.ts";
import { SockudoDecoder } from "./sockudo-decoder.ts";
import type { Tally } from "./tally.ts";

/** See the file's head. */
export class Client {
  readonly dialect: Dialect;
  readonly #decoder: SockudoDecoder;
  /** The connection, null while there is none. */
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

  /** Goes on with a new connection. What it keeps of its channels stays, as in the real client; compact subscriptions begin anew. */
  connect(socket: TestSocket): void {
    this.socket = socket;
    this.#compact.clear();
    this.#compactNames.clear();
    this.#wantsCompact.clear();
    socket.onFrame = (frame) => this.#receive(frame);
  }

  /** Is about to subscribe. */
  subscribing(channel: string, compact: boolean): void {
    if (compact) this.#wantsCompact.add(channel);
  }

  /** Has unsubscribed. */
  unsubscribed(channel: string): void {
    this.#decoder.forget(channel);
    this.#compact.delete(channel);
    this.#wantsCompact.delete(channel);
  }

  /** Forgets what it keeps of a channel, as it does when it has lost a base. */
  forget(channel: string): void {
    this.#decoder.forget(channel);
    this.#compact.get(channel)?.replace({ states: {} });
  }

  /** What was delivered since it was last asked. */
  takeDelivered(): ReadonlyMap<string, readonly Delivery[]> {
    const delivered = this.#delivered;
    this.#delivered = new Map();
    return delivered;
  }

  /** The frames with a channel since it was last asked. */
  takeFrames(): ReadonlyMap<string, readonly Frame[]> {
    const frames = this.#frames;
    this.#frames = new Map();
    return frames;
  }

  /** Everything that went wrong so far: it must stay empty. */
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
      // What a connection is told of deltas counts for all that do not name their algorithm.
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
