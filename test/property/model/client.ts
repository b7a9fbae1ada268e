// A client of a session: it takes every frame in order, decodes it in the way of each subscription, and
// keeps what an application would have been handed, by channel, and what it was answered.
import type { Codec, Frame } from "../../../src/protocol/codec.ts";
import type { Session } from "../../../src/session/session.ts";
import { isByteFrame, readByteFrame } from "../../doubles/byte-codec.ts";
import type { TestTransport } from "../../doubles/transport.ts";
import { answerOf, rosterTextOf } from "./answers.ts";
import { CompactDecoder, readCompactFrame } from "./compact-decoder.ts";
import type { Delivery } from "./delivery.ts";
import { SockudoDecoder } from "./sockudo-decoder.ts";
import type { Tally } from "./tally.ts";

/** A client's connection. */
export interface ClientConnection {
  readonly session: Session;
  readonly transport: TestTransport;
}

/** A message of the server's own, as its frame says it. */
interface Told {
  readonly event: string;
  readonly data: unknown;
  readonly channel: string | undefined;
}

const NONE: readonly string[] = [];

/** See the file's head. */
export class Client {
  readonly codec: Codec;
  readonly #decoder: SockudoDecoder;
  /** Null while there is none. */
  connection: ClientConnection | null = null;
  readonly #compact = new Map<string, CompactDecoder>();
  readonly #compactNames = new Map<number, string>();
  /** The algorithm of each channel, as it was last told. */
  readonly #algorithms = new Map<string, string>();
  /** Channels that it has asked to leave, until it is subscribed to them again. */
  readonly #left = new Set<string>();
  #delivered = new Map<string, Delivery[]>();
  #frames = new Map<string, Frame[]>();
  #answers: string[] = [];
  #answerCount = 0;
  readonly #errors: string[] = [];
  readonly #tally: Tally;

  constructor(codec: Codec, tally: Tally) {
    this.codec = codec;
    this.#tally = tally;
    this.#decoder = new SockudoDecoder(codec.dialect);
  }

  /** Goes on with a new connection. What it keeps of its channels stays, as in the real client; compact subscriptions begin anew. */
  connect(connection: ClientConnection): void {
    this.connection = connection;
    this.#compact.clear();
    this.#compactNames.clear();
    this.#algorithms.clear();
    connection.transport.onFrame = (frame) => this.#receive(frame);
  }

  /** Has asked to unsubscribe. What still comes until then is handed over: only the next subscription begins anew. */
  leaving(channel: string): void {
    this.#left.add(channel);
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

  /** What it was answered since it was last asked. */
  takeAnswers(): readonly string[] {
    return this.#answers.splice(0);
  }

  /** How often it was answered so far. */
  get answerCount(): number {
    return this.#answerCount;
  }

  /** Everything that went wrong so far: it must stay empty. */
  get errors(): readonly string[] {
    const { errors, resyncs } = this.#decoder;
    const compact = Array.from(this.#compact.values(), (decoder) => decoder.errors);
    const lists = [this.#errors, errors, ...compact];
    if (resyncs.length === 0 && lists.every(({ length }) => length === 0)) return NONE;
    return [...lists.flat(), ...resyncs.map((channel) => `${channel}: had to ask for a resync`)];
  }

  #receive(frame: Frame): void {
    const isText = typeof frame === "string";
    if (isText !== (this.codec.events.takesDeltas && !this.#isCompact(frame)))
      this.#errors.push(`A frame of another codec than ${this.codec.name}`);
    if (isText) this.#receiveText(frame);
    else if (isByteFrame(frame)) this.#receiveBytes(frame);
    else this.#receiveCompact(frame);
  }

  #isCompact(frame: Frame): boolean {
    return typeof frame !== "string" && !isByteFrame(frame);
  }

  #receiveText(frame: string): void {
    const { event, channel, data } = JSON.parse(frame);
    if (typeof channel === "string") append(this.#frames, channel, frame);
    if (this.#isTold({ event, channel, data })) {
      // What a connection is told of deltas counts for all that do not name their algorithm.
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

  /** Whether it is no event of a channel; then it is noted. */
  #isTold({ event, data, channel }: Told): boolean {
    const { prefix, internal } = this.codec.dialect;
    const own = [internal, prefix].find((each) => event.startsWith(each));
    if (own === undefined) return false;
    const name = event.slice(own.length);
    if (name === "compact_channel") {
      this.#numbered(channel ?? "", JSON.parse(String(data)).number);
      return true;
    }
    const answer = answerOf({ name, data, channel });
    if (answer === null) return false;
    this.#answers.push(answer);
    this.#answerCount++;
    if (name === "subscription_succeeded") this.#entered(event, channel ?? "", String(data));
    if (name === "delta_compression_enabled" && channel !== undefined)
      this.#algorithms.set(channel, algorithmOf(data));
    return true;
  }

  #entered(event: string, channel: string, data: string): void {
    if (this.#left.delete(channel)) {
      this.#decoder.forget(channel);
      this.#compact.delete(channel);
    }
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
