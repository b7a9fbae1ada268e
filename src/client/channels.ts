// The channels of one connection for which the shim asked for deltas, by name and by the number that compact frames use.
// It bounds the memory of all their bases together.
import { type Base, Bases, type Memory } from "./bases.ts";

const NO_NUMBER = -1;

/** A channel with deltas. */
export class DeltaChannel {
  readonly name: string;
  /** The prefix of protocol events: `pusher:`, or `sockudo:` in version 2 of the protocol. */
  readonly prefix: string;
  readonly bases: Bases;
  /** Its number in compact frames. */
  number: number = NO_NUMBER;
  /** Whether the server was asked for whole messages and has not sent one since. */
  isOutOfStep = false;

  constructor(name: string, prefix: string, memory: Memory) {
    this.name = name;
    this.prefix = prefix;
    this.bases = new Bases(memory);
  }
}

/** The channels of one connection. */
export class Channels {
  readonly #maxBytes: number;
  readonly #memory: Memory = { usedBytes: 0 };
  readonly #byName: Map<string, DeltaChannel> = new Map();
  readonly #byNumber: Map<number, DeltaChannel> = new Map();

  /** `maxBytes` is the maximum memory of all bases together. */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** The memory that all bases take. */
  get usedBytes(): number {
    return this.#memory.usedBytes;
  }

  /** Adds a channel. An existing one is left unchanged. */
  open(name: string, prefix: string): void {
    if (!this.#byName.has(name))
      this.#byName.set(name, new DeltaChannel(name, prefix, this.#memory));
  }

  /** The channel with this name. */
  named(name: string): DeltaChannel | null {
    return this.#byName.get(name) ?? null;
  }

  /** The channel with this number in compact frames. */
  numbered(number: number): DeltaChannel | null {
    return this.#byNumber.get(number) ?? null;
  }

  /** Sets the number of a channel, in place of its earlier one. A number belongs to one channel only. */
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

  /** Resets a channel to its initial state. */
  reset(channel: DeltaChannel): void {
    channel.bases.clear();
    channel.isOutOfStep = false;
    this.#byNumber.delete(channel.number);
    channel.number = NO_NUMBER;
  }

  /** Removes a channel. */
  close(name: string): void {
    const channel = this.#byName.get(name);
    if (channel === undefined) return;
    this.reset(channel);
    this.#byName.delete(name);
  }

  /** Removes all channels. */
  closeAll(): void {
    for (const name of this.#byName.keys()) this.close(name);
  }

  // Down to three quarters, so that the next message does not cause this again.
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
