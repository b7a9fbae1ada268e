// Limits requests without a valid signature: health checks, files for browsers, and API requests
// that are refused. Anyone can send them, tens of thousands a second over one connection. The node
// answers a limited number of them a second, and one address only a part of that number. A request
// with a valid signature never counts.
import { AddressBook } from "./address-book.ts";

/** How many requests are answered in a second; `Infinity` is off. */
export interface UnsignedLimits {
  /** For one address. */
  readonly perAddress: number;
  /** For all addresses together. */
  readonly perSecond: number;
}

/**
 * Every address is answered this many, whatever others do, because a load balancer asks for health a few times a
 * second.
 */
const MIN_PER_ADDRESS = 20;
const WINDOW_MS = 1000;

/** Counts unsigned requests in windows of one second. */
export class UnsignedBudget {
  readonly #limits: UnsignedLimits;
  readonly #nowMs: () => number;
  #counts = new AddressBook<{ count: number }>();
  #total = 0;
  #windowEndMs = -Infinity;

  constructor(limits: UnsignedLimits, nowMs: () => number) {
    this.#limits = limits;
    this.#nowMs = nowMs;
  }

  /**
   * Counts one more request and returns whether it may be answered. An empty address stands for clients without a
   * known address; only the limit of the node applies to them.
   */
  take(address: string): boolean {
    const nowMs = this.#nowMs();
    if (nowMs >= this.#windowEndMs) this.#begin(nowMs);
    const { perAddress, perSecond } = this.#limits;
    if (address !== "") {
      const use = this.#counts.recall(address, () => ({ count: 0 }));
      if (++use.count > perAddress) return false;
      if (use.count <= MIN_PER_ADDRESS) return true;
    }
    return ++this.#total <= perSecond;
  }

  #begin(nowMs: number): void {
    this.#windowEndMs = nowMs + WINDOW_MS;
    this.#total = 0;
    this.#counts = new AddressBook();
  }
}
