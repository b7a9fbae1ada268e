// Client addresses: who a client is behind proxies, and limits by address.
import { BlockList, isIP } from "node:net";
import { type Fault, REJECT } from "../protocol/faults.ts";
import { AddressBook } from "./address-book.ts";

/** Limits of one address; `Infinity` is off. */
export interface AddressLimits {
  /** Connections at once. */
  readonly maxConnections: number;
  /** Handshakes in a window. */
  readonly maxHandshakes: number;
  readonly windowMs: number;
}

/** Counts connections and handshakes by address. */
export class AddressLimiter {
  readonly #limits: AddressLimits;
  readonly #rate: AddressRate;
  readonly #connections = new Map<string, number>();

  constructor(limits: AddressLimits, nowMs: () => number) {
    this.#limits = limits;
    this.#rate = new AddressRate(limits.maxHandshakes, limits.windowMs, nowMs);
  }

  /** Counts one more connection of the address, until `leave`. False when it is one too many: refused ones count, too. */
  enter(address: string): boolean {
    const count = this.#connections.get(address) ?? 0;
    this.#connections.set(address, count + 1);
    const isInTime = this.#rate.take(address);
    return isInTime && count < this.#limits.maxConnections;
  }

  /** A connection of the address has ended. */
  leave(address: string): void {
    const count = this.#connections.get(address) ?? 0;
    if (count <= 1) this.#connections.delete(address);
    else this.#connections.set(address, count - 1);
  }
}

/** So many times in each window of time, by address. */
export class AddressRate {
  readonly #max: number;
  readonly #windowMs: number;
  readonly #nowMs: () => number;
  #counts = new AddressBook<{ count: number }>();
  #windowEndMs = -Infinity;
  /** What is said to an address that may not. */
  readonly fault: Fault;

  constructor(max: number, windowMs: number, nowMs: () => number) {
    this.fault = REJECT.tooManyRequests(max, windowMs / 1000);
    this.#max = max;
    this.#windowMs = windowMs;
    this.#nowMs = nowMs;
  }

  /** Whether the address may once more. */
  take(address: string): boolean {
    if (this.#max === Infinity) return true;
    const nowMs = this.#nowMs();
    if (nowMs >= this.#windowEndMs) {
      this.#counts = new AddressBook();
      this.#windowEndMs = nowMs + this.#windowMs;
    }
    const counted = this.#counts.recall(address, () => ({ count: 0 }));
    return ++counted.count <= this.#max;
  }
}

/** Trusted proxies one behind the other that are looked at. What a client writes there itself may be as long as a header. */
const MAX_HOPS = 16;

/** Proxies whose word on a client's address is taken. */
export class TrustedProxies {
  readonly #list = new BlockList();
  readonly any: boolean;

  /** Addresses and networks such as `10.0.0.0/8`, checked before. */
  constructor(entries: readonly string[]) {
    this.any = entries.length > 0;
    for (const entry of entries) {
      const [address = "", bits] = entry.split("/");
      const family = isIP(address) === 6 ? "ipv6" : "ipv4";
      if (bits === undefined) this.#list.addAddress(address, family);
      else this.#list.addSubnet(address, Number(bits), family);
    }
  }

  /** The client's address: of the hops that `X-Forwarded-For` names, the last that is no trusted proxy. */
  clientAddress(peer: string, forwardedFor: string | null): string {
    if (forwardedFor === null || !this.#trusts(peer)) return peer;
    let last = peer;
    let end = forwardedFor.length;
    for (let count = 0; count < MAX_HOPS && end >= 0; count++) {
      const comma = end === 0 ? -1 : forwardedFor.lastIndexOf(",", end - 1);
      const hop = forwardedFor.slice(comma + 1, end).trim();
      // What a proxy would not have written is the client's invention.
      if (isIP(hop) === 0) return peer;
      if (!this.#trusts(hop)) return hop;
      last = hop;
      end = comma;
    }
    return last;
  }

  #trusts(address: string): boolean {
    // A Unix socket's peer is on this machine, and let in by the file's mode.
    if (address === "") return this.any;
    const plain = address.replace(/^::ffff:(?=\d+\.)/i, "");
    return this.#list.check(plain, isIP(plain) === 6 ? "ipv6" : "ipv4");
  }
}
