// How a refusal is told. Clients understand it only as a close frame after an upgrade, and one that does not answer the
// close frame keeps its descriptor until the runtime gives up. So there is an allowance of such refusals, for each
// address and for the node; above it the upgrade itself is refused, with an HTTP status that says nothing of why.
import { type Fault, REJECT } from "../protocol/faults.ts";
import { TokenBucket } from "../protocol/token-bucket.ts";
import { AddressBook } from "./address-book.ts";
import { RecentCount } from "./recent-count.ts";

/** The longest that the runtime waits for the answer to a close frame. It does not tell when one has come. */
export const CLOSING_MS = 4000;

/** A burst is this many seconds' allowance: a page that opens many sockets, an office whose key was removed. */
const BURST_SECONDS = 5;

/** How many may be refused by a close frame; `Infinity` is off. */
export interface RefusalLimits {
  /** Of one address. */
  readonly perSecond: number;
  /** At once, of all: each takes a descriptor that nobody else can have. */
  readonly maxHeld: number;
}

/** See the file's head. */
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

  /** Null when one more of the address may be refused by a close frame, else what its request is answered with. An empty address is nobody's. */
  take(address: string): Fault | null {
    if (address !== "" && !this.#bucket(address).take(this.#nowMs()))
      return REJECT.tooManyRefusals();
    if (this.#held.count >= this.#limits.maxHeld) return REJECT.tooManyHeld();
    this.#held.add();
    return null;
  }

  /** Those that may still be held: they were refused lately. */
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
