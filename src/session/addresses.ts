// Client addresses: finding the address of a client behind proxies, and limits per address.
import { BlockList, isIP } from "node:net";
import { type Fault, REJECT } from "../protocol/faults.ts";
import { AddressBook } from "./address-book.ts";

/** Limits per address; `Infinity` is off. */
export interface AddressLimits {
  /** Maximum number of simultaneous connections. */
  readonly maxConnections: number;
  /** Maximum number of handshakes in a window. */
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

  /**
   * Counts another connection of the address until `leave` is called. Returns false if it exceeds a limit; it is
   * counted even so, since a refused connection is a connection too.
   */
  enter(address: string): boolean {
    const count = this.#connections.get(address) ?? 0;
    this.#connections.set(address, count + 1);
    const isInTime = this.#rate.take(address);
    return isInTime && count < this.#limits.maxConnections;
  }

  /** Ends the counting of one connection of the address. */
  leave(address: string): void {
    const count = this.#connections.get(address) ?? 0;
    if (count <= 1) this.#connections.delete(address);
    else this.#connections.set(address, count - 1);
  }
}

/** A rate limit per address: a maximum count in each window of time. */
export class AddressRate {
  readonly #max: number;
  readonly #windowMs: number;
  readonly #nowMs: () => number;
  #counts = new AddressBook<{ count: number }>();
  #windowEndMs = -Infinity;
  /** The fault for an address that is over the limit. */
  readonly fault: Fault;

  constructor(max: number, windowMs: number, nowMs: () => number) {
    this.fault = REJECT.tooManyRequests(max, windowMs / 1000);
    this.#max = max;
    this.#windowMs = windowMs;
    this.#nowMs = nowMs;
  }

  /** Counts one more and returns whether the address is within the limit. */
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

/**
 * The maximum number of chained trusted proxies that are followed. The client controls the rest of the header, which
 * can be as long as a header may be.
 */
const MAX_HOPS = 16;

/** The proxies whose statement of a client's address is trusted. */
export class TrustedProxies {
  readonly #list = new BlockList();
  readonly any: boolean;

  /** `entries` are addresses and networks such as `10.0.0.0/8`. They have been validated already. */
  constructor(entries: readonly string[]) {
    this.any = entries.length > 0;
    for (const entry of entries) {
      const [address = "", bits] = entry.split("/");
      const family = isIP(address) === 6 ? "ipv6" : "ipv4";
      if (bits === undefined) this.#list.addAddress(address, family);
      else this.#list.addSubnet(address, Number(bits), family);
    }
  }

  /** The client's address: the last hop in `X-Forwarded-For` that is not a trusted proxy. */
  clientAddress(peer: string, forwardedFor: string | null): string {
    if (forwardedFor === null || !this.#trusts(peer)) return peer;
    let last = peer;
    let end = forwardedFor.length;
    for (let count = 0; count < MAX_HOPS && end >= 0; count++) {
      const comma = end === 0 ? -1 : forwardedFor.lastIndexOf(",", end - 1);
      const hop = forwardedFor.slice(comma + 1, end).trim();
      // A proxy would not have written this, so the client made it up.
      if (isIP(hop) === 0) return peer;
      if (!this.#trusts(hop)) return hop;
      last = hop;
      end = comma;
    }
    return last;
  }

  #trusts(address: string): boolean {
    // The peer on a Unix socket is a process on this machine, and the mode of the socket's file has let it
    // in.
    if (address === "") return this.any;
    const plain = address.replace(/^::ffff:(?=\d+\.)/i, "");
    return this.#list.check(plain, isIP(plain) === 6 ? "ipv6" : "ipv4");
  }
}
