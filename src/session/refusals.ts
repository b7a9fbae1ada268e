// How a refusal is delivered. Clients understand it only as a close frame after an upgrade. A
// client that does not answer the close frame keeps its file descriptor open until the runtime's
// timeout. The number of such refusals is therefore limited per address and per node. Beyond the
// limit the upgrade itself is refused, with an HTTP status that does not tell the client the
// reason.
import { type Fault, REJECT } from "../protocol/faults.ts";
import { TokenBucket } from "../protocol/token-bucket.ts";
import { AddressBook } from "./address-book.ts";
import { RecentCount } from "./recent-count.ts";

/** How long the runtime waits at most for the answer to a close frame. It does not report when the answer arrives. */
export const CLOSING_MS = 4000;

/**
 * The burst, as seconds of the allowance. Enough for a page that opens many sockets, or for an office whose key was
 * removed.
 */
const BURST_SECONDS = 5;

/** How many connections may be refused by a close frame; `Infinity` is off. */
export interface RefusalLimits {
  /** Per second, for one address. */
  readonly perSecond: number;
  /** At the same time, for all addresses. Each one occupies a file descriptor that no other connection can use. */
  readonly maxHeld: number;
}

/** Limits the refusals that are delivered by a close frame. */
export class RefusalAllowance {
  readonly #limits: RefusalLimits;
  readonly #nowMs: () => number;
  readonly #buckets = new AddressBook<TokenBucket>();
  readonly #held: RecentCount;

  constructor(limits: RefusalLimits, nowMs: () => number) {
    this.#limits = limits;
    this.#nowMs = nowMs;
    this.#held = new RecentCount(CLOSING_MS, nowMs);
  }

  /**
   * Returns null if one more connection of the address may be refused by a close frame, otherwise the fault to answer
   * its request with. An empty address stands for clients without a known address, which have no limit of their own.
   */
  take(address: string): Fault | null {
    if (address !== "" && !this.#bucket(address).take(this.#nowMs()))
      return REJECT.tooManyRefusals();
    if (this.#held.count >= this.#limits.maxHeld) return REJECT.tooManyHeld();
    this.#held.add();
    return null;
  }

  /** The number of refused connections that may still occupy a descriptor. */
  get heldCount(): number {
    return this.#held.count;
  }

  #bucket(address: string): TokenBucket {
    const { perSecond } = this.#limits;
    return this.#buckets.recall(
      address,
      () => new TokenBucket(perSecond, this.#nowMs(), perSecond * BURST_SECONDS),
    );
  }
}
