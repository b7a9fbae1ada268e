// Requests that nobody has signed: health, files for browsers, questions to the API that are refused. Anybody may send
// them, and tens of thousands in a second over one connection; so each address has a part of what the node has for them
// in a second. A request whose signature is right never counts.
import { AddressBook } from "./address-book.ts";

/** What may be answered in a second; `Infinity` is off. */
export interface UnsignedLimits {
  /** Of one address. */
  readonly perAddress: number;
  /** Of all. */
  readonly perSecond: number;
}

/** An address has these whatever others do: a load balancer asks for health a few times a second. */
const ALWAYS = 20;
const WINDOW_MS = 1000;

/** See the file's head. */
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

  /** Whether one more request of the address is answered. An empty address is nobody's, and has all that the node has. */
  take(address: string): boolean {
    const nowMs = this.#nowMs();
    if (nowMs >= this.#windowEndMs) this.#begin(nowMs);
    const { perAddress, perSecond } = this.#limits;
    if (address !== "") {
      const use = this.#counts.recall(address, () => ({ count: 0 }));
      if (++use.count > perAddress) return false;
      if (use.count <= ALWAYS) return true;
    }
    return ++this.#total <= perSecond;
  }

  #begin(nowMs: number): void {
    this.#windowEndMs = nowMs + WINDOW_MS;
    this.#total = 0;
    this.#counts = new AddressBook();
  }
}
