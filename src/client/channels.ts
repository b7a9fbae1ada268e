// The channels of one connection that the shim asked deltas of, by name and by the number that
// compact frames call them. It bounds what their bases take together; it knows no frames.
import { type Base, Bases, type Memory } from "./bases.ts";

const NO_NUMBER = -1;

/** A channel that deltas were asked of. */
export class DeltaChannel {
  readonly name: string;
  /** What begins the names of the protocol's events: `pusher:`, or `sockudo:` on its version 2. */
  readonly prefix: string;
  readonly bases: Bases;
  /** What compact frames call it. */
  number: number = NO_NUMBER;
  /** Whether the server was asked for whole messages and none has come since. */
  isOutOfStep = false;

  constructor(name: string, prefix: string, memory: Memory) {
    this.name = name;
    this.prefix = prefix;
    this.bases = new Bases(memory);
  }
}

/** See the file's head. */
export class Channels {
  readonly #maxBytes: number;
  readonly #memory: Memory = { usedBytes: 0 };
  readonly #byName: Map<string, DeltaChannel> = new Map();
  readonly #byNumber: Map<number, DeltaChannel> = new Map();

  /** All bases together take at most `maxBytes`. */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** What all bases take. */
  get usedBytes(): number {
    return this.#memory.usedBytes;
  }

  /** Begins a channel; one that is there stays as it is. */
  open(name: string, prefix: string): void {
    if (!this.#byName.has(name))
      this.#byName.set(name, new DeltaChannel(name, prefix, this.#memory));
  }

  /** The channel of that name. */
  named(name: string): DeltaChannel | null {
    return this.#byName.get(name) ?? null;
  }

  /** The channel that compact frames call by that number. */
  numbered(number: number): DeltaChannel | null {
    return this.#byNumber.get(number) ?? null;
  }

  /** Gives the channel its number, and takes away the one that it had. A number means one channel. */
  setNumber(channel: DeltaChannel, number: number): void {
    const former = this.numbered(number);
    if (former !== null) former.number = NO_NUMBER;
    this.#byNumber.delete(channel.number);
    channel.number = number;
    this.#byNumber.set(number, channel);
  }

  /** Keeps a text as a base. */
  keep(channel: DeltaChannel, base: Base): void {
    channel.bases.add(base);
    if (this.#memory.usedBytes > this.#maxBytes) this.#shed();
  }

  /** Forgets what is known of a channel, which goes on, or begins anew. */
  reset(channel: DeltaChannel): void {
    channel.bases.clear();
    channel.isOutOfStep = false;
    this.#byNumber.delete(channel.number);
    channel.number = NO_NUMBER;
  }

  /** Ends a channel. */
  close(name: string): void {
    const channel = this.#byName.get(name);
    if (channel === undefined) return;
    this.reset(channel);
    this.#byName.delete(name);
  }

  /** Ends all channels. */
  closeAll(): void {
    for (const name of this.#byName.keys()) this.close(name);
  }

  // Down to three quarters, so that this is not done again with the next message.
  #shed(): void {
    const enough = Math.max(0, this.#maxBytes * 0.75);
    for (const { bases } of this.#byName.values()) bases.dropOutdated();
    while (this.#memory.usedBytes > enough) this.#largest()?.dropOldestKey();
  }

  #largest(): Bases | null {
    let largest: Bases | null = null;
    for (const { bases } of this.#byName.values())
      if (bases.bytes > (largest?.bytes ?? -1)) largest = bases;
    return largest;
  }
}
