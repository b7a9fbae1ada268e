// The local bus as a worker has it: a connection to the router in the primary, over a Unix socket. It connects again by
// itself. The topics that it has joined are its own list, from which a new connection begins.
import type { Socket } from "bun";
import type { Bus, BusMember, OpenBus } from "../bus.ts";
import {
  FrameReader,
  HEADER_BYTES,
  KIND,
  LENGTH_BYTES,
  MAX_FRAME_BYTES,
  MAX_TOPIC_BYTES,
  TOPIC_AT,
} from "./frames.ts";
import { Interest } from "./interest.ts";
import type { LocalBusPlace } from "./place.ts";
import { writeHello } from "./requests.ts";
import { SendBuffer } from "./send-buffer.ts";

/** Bytes that may wait for a router that does not read. */
const MAX_WAITING_BYTES = 64 * 1024 * 1024;
/** How long the router has to let this process in. */
const WELCOME_MS = 5000;
/** How long a publication may wait for the router. */
const PUBLISH_MS = 900;
/** How long the end waits until what is under way is written. */
const LAST_BYTES_MS = 1000;
const MIN_PAUSE_MS = 20;
const MAX_PAUSE_MS = 1000;
/** A character takes at most so many bytes. */
const MAX_CHARACTER_BYTES = 3;
const MAX_TOPIC_CHARACTERS: number = Math.floor(MAX_TOPIC_BYTES / MAX_CHARACTER_BYTES);
/** From this length on a text is measured before room is made for it. */
const LONG_TEXT = 100_000;

/** Publications that are sent together. */
class Batch {
  readonly #settled = Promise.withResolvers<boolean>();
  readonly #timer = setTimeout(() => this.end(false), PUBLISH_MS);

  get passedOn(): Promise<boolean> {
    return this.#settled.promise;
  }

  end(isPassedOn: boolean): void {
    clearTimeout(this.#timer);
    this.#settled.resolve(isPassedOn);
  }
}

/** The local bus at that place. */
export function localBus(place: LocalBusPlace): OpenBus {
  return async (member) => {
    const bus = new LocalBus(place, member);
    try {
      await bus.open();
    } catch (error) {
      void bus.close();
      const reason = error instanceof Error ? error.message : String(error);
      throw new Error(`Cannot open bus "local": ${reason}`, { cause: error });
    }
    return bus;
  };
}

class LocalBus implements Bus {
  readonly #place: LocalBusPlace;
  readonly #member: BusMember;
  readonly #interest = new Interest();
  readonly #waiting = new SendBuffer();
  readonly #probes = new Map<number, () => void>();
  /** The publications that are sent next, and those that the router has not confirmed. */
  #batch: Batch | null = null;
  readonly #batches = new Set<Batch>();
  #probeNumber = 0;
  /** The connection, from its beginning on. */
  #socket: Socket | null = null;
  /** Whether the router has let this process in. */
  #isIn = false;
  #isLost = false;
  #isClosed = false;
  #isFlushing = false;
  /** The number of the frame with which the present connection has joined everything. */
  #renewedAt = 0;
  #pauseMs = MIN_PAUSE_MS;
  /** Called when the first connection is let in, or with the reason why not. */
  #opened: PromiseWithResolvers<void> | null = Promise.withResolvers<void>();
  #emptied: (() => void) | null = null;

  constructor(place: LocalBusPlace, member: BusMember) {
    this.#place = place;
    this.#member = member;
  }

  open(): Promise<void> {
    const opened = this.#opened?.promise ?? Promise.resolve();
    void this.#connect();
    return opened;
  }

  /**
   * Resolves to true when the router has passed it on to all workers that have joined the topic, so that what is published
   * after that, by anybody, comes after it. The first publication of a
   * turn is sent at once and has a promise of its own; all others of the turn have one together.
   */
  publish(topic: string, text: string): boolean | Promise<boolean> {
    if (!this.#isIn || this.#waiting.waitingBytes > MAX_WAITING_BYTES) return false;
    if (topic.length > MAX_TOPIC_CHARACTERS) return false;
    const textBytes =
      text.length < LONG_TEXT ? text.length * MAX_CHARACTER_BYTES : Buffer.byteLength(text);
    const topicBytes = topic.length * MAX_CHARACTER_BYTES;
    const bytes = this.#waiting.reserve(TOPIC_AT + topicBytes + textBytes);
    const at = this.#waiting.end;
    const topicLength = bytes.write(topic, at + TOPIC_AT);
    const textLength = bytes.write(text, at + TOPIC_AT + topicLength);
    const frameBytes = TOPIC_AT + topicLength + textLength;
    if (frameBytes > MAX_FRAME_BYTES) return false;
    bytes.writeUInt32LE(frameBytes - LENGTH_BYTES, at);
    bytes[at + LENGTH_BYTES] = KIND.publication;
    bytes.writeUInt16LE(topicLength, at + HEADER_BYTES);
    this.#waiting.advance(frameBytes);
    const { passedOn } = (this.#batch ??= new Batch());
    // The first of a turn is on its way before this process does anything else, such as writing to its own sockets.
    if (!this.#isFlushing) this.#flushTurn();
    this.#flushLater();
    return passedOn;
  }

  join(topic: string): Promise<void> {
    if (this.#isClosed)
      return Promise.reject(new Error(`Cannot join topic "${topic}": the bus is closed`));
    if (topic.length > MAX_TOPIC_CHARACTERS)
      return Promise.reject(
        new Error(
          `Cannot join a topic of ${topic.length} characters: it must be ${MAX_TOPIC_CHARACTERS} or fewer`,
        ),
      );
    const joined = this.#interest.join(topic);
    this.#flushLater();
    return joined;
  }

  leave(topic: string): void {
    this.#interest.leave(topic);
    this.#flushLater();
  }

  probe(): Promise<void> {
    return new Promise((resolve) => {
      if (!this.#isIn) return;
      this.#writeProbe(resolve);
      this.#flushLater();
    });
  }

  /** The router sends it back when it has passed on all that stands before it. */
  #writeProbe(cameBack: () => void): void {
    const number = (this.#probeNumber = (this.#probeNumber + 1) >>> 0);
    this.#probes.set(number, cameBack);
    const bytes = this.#waiting.reserve(HEADER_BYTES + 4);
    const at = this.#waiting.end;
    bytes.writeUInt32LE(5, at);
    bytes[at + LENGTH_BYTES] = KIND.probe;
    bytes.writeUInt32LE(number, at + HEADER_BYTES);
    this.#waiting.advance(HEADER_BYTES + 4);
  }

  /** Ends the present batch with a probe. */
  #endBatch(): void {
    const batch = this.#batch;
    if (batch === null) return;
    this.#batch = null;
    this.#batches.add(batch);
    this.#writeProbe(() => {
      this.#batches.delete(batch);
      batch.end(true);
    });
  }

  /** What was under way when a connection ended may not have been passed on. */
  #failBatches(): void {
    this.#batch?.end(false);
    this.#batch = null;
    for (const batch of this.#batches) batch.end(false);
    this.#batches.clear();
  }

  reconnect(): void {
    if (this.#isClosed || this.#socket === null) return;
    this.#disconnected(this.#socket, "this node connects again");
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    if (this.#isIn) await this.#sayBye();
    this.#isIn = false;
    this.#interest.close();
    this.#socket?.end();
    this.#socket = null;
    this.#waiting.clear();
    this.#failBatches();
  }

  async #sayBye(): Promise<void> {
    this.#endBatch();
    const bytes = this.#waiting.reserve(HEADER_BYTES);
    bytes.writeUInt32LE(1, this.#waiting.end);
    bytes[this.#waiting.end + LENGTH_BYTES] = KIND.bye;
    this.#waiting.advance(HEADER_BYTES);
    this.#flush();
    // Each settles in time, whatever happens to the router.
    await Promise.all([...this.#batches].map((batch) => batch.passedOn));
    if (this.#waiting.waitingBytes === 0) return;
    await new Promise<void>((resolve) => {
      this.#emptied = resolve;
      setTimeout(resolve, LAST_BYTES_MS);
    });
  }

  async #connect(): Promise<void> {
    const reader = new FrameReader(MAX_FRAME_BYTES, (bytes, from, to) =>
      this.#handle(bytes, from, to),
    );
    let failure = "the router has closed the connection";
    try {
      const socket = await Bun.connect({
        unix: this.#place.path,
        socket: {
          data: (from, chunk) => {
            if (from === this.#socket && !reader.read(chunk))
              this.#disconnected(from, "the router sent a malformed frame");
          },
          drain: () => this.#flush(),
          close: (from) => this.#disconnected(from, failure),
          error: (_, error) => {
            failure = error.message;
          },
        },
      });
      if (this.#isClosed) {
        socket.terminate();
        return;
      }
      this.#socket = socket;
      this.#waiting.clear();
      writeHello(this.#waiting, { token: this.#place.token, nodeId: this.#member.nodeId });
      this.#flush();
      setTimeout(() => {
        if (socket === this.#socket && !this.#isIn)
          this.#disconnected(socket, "the router does not answer");
      }, WELCOME_MS).unref();
    } catch (error) {
      this.#failed(error instanceof Error ? error.message : String(error));
    }
  }

  #handle(bytes: Buffer, from: number, to: number): boolean {
    switch (bytes.readUInt8(from + LENGTH_BYTES)) {
      case KIND.publication: {
        const textAt = from + TOPIC_AT + bytes.readUInt16LE(from + HEADER_BYTES);
        const topic = bytes.toString("utf8", from + TOPIC_AT, textAt);
        // What was under way when the topic was left.
        if (this.#interest.has(topic))
          this.#member.message(topic, bytes.toString("utf8", textAt, to));
        return true;
      }
      case KIND.interested:
        this.#confirmed(bytes.readUInt32LE(from + HEADER_BYTES));
        return true;
      case KIND.welcome:
        this.#welcomed();
        return true;
      case KIND.probe:
        this.#probed(bytes.readUInt32LE(from + HEADER_BYTES));
        return true;
      case KIND.gone: {
        const nodeId = bytes.toString("latin1", from + HEADER_BYTES, to);
        // Later, since it may come with the welcome, and the bus is not open before that was told.
        setImmediate(() => {
          if (!this.#isClosed) this.#member.gone(nodeId);
        });
        return true;
      }
      default:
        return false;
    }
  }

  #welcomed(): void {
    this.#isIn = true;
    this.#pauseMs = MIN_PAUSE_MS;
    this.#opened?.resolve();
    this.#opened = null;
    const before = this.#interest.lastNumber;
    this.#interest.renew();
    this.#flush();
    this.#renewedAt = this.#interest.lastNumber;
    if (this.#renewedAt === before) this.#renewed();
  }

  #confirmed(number: number): void {
    this.#interest.confirmed(number);
    if (number === this.#renewedAt) this.#renewed();
  }

  /** All topics of the time at which the connection began are joined again. */
  #renewed(): void {
    if (!this.#isLost) return;
    this.#isLost = false;
    this.#member.regained();
  }

  #probed(number: number): void {
    const resolve = this.#probes.get(number);
    this.#probes.delete(number);
    resolve?.();
  }

  /** A connection has ended. Its last frames have been handled. */
  #disconnected(socket: Socket, reason: string): void {
    if (socket !== this.#socket || this.#isClosed) return;
    this.#socket = null;
    this.#isIn = false;
    this.#waiting.clear();
    this.#probes.clear();
    this.#failBatches();
    socket.terminate();
    this.#failed(reason);
  }

  #failed(reason: string): void {
    if (this.#isClosed) return;
    if (this.#opened !== null) {
      this.#opened.reject(new Error(reason));
      this.#opened = null;
      return;
    }
    if (!this.#isLost) {
      this.#isLost = true;
      this.#member.lost(reason);
    }
    setTimeout(() => {
      if (!this.#isClosed && this.#socket === null) void this.#connect();
    }, this.#pauseMs);
    this.#pauseMs = Math.min(2 * this.#pauseMs, MAX_PAUSE_MS);
  }

  #flushLater(): void {
    if (this.#isFlushing || !this.#isIn) return;
    this.#isFlushing = true;
    setImmediate(() => {
      this.#isFlushing = false;
      this.#flushTurn();
    });
  }

  #flushTurn(): void {
    this.#endBatch();
    this.#flush();
  }

  #flush(): void {
    const socket = this.#socket;
    if (socket === null) return;
    if (this.#isIn) this.#interest.write(this.#waiting);
    this.#waiting.flush((bytes) => socket.write(bytes));
    if (this.#waiting.waitingBytes > 0 || this.#emptied === null) return;
    this.#emptied();
  }
}
