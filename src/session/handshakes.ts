// Rate limit on the node's handshakes, divided fairly among addresses. An app key is not a secret,
// so without this division a single address could use up the whole limit.
import { TokenBucket } from "../protocol/token-bucket.ts";
import { AddressBook } from "./address-book.ts";

/**
 * An address may have used, in the last second, at most this many times what is left in the bucket. A single address
 * thus leaves a fifth of a burst, and out of a steady flow it leaves what others need.
 */
const SHARE = 4;
const FADE_MS = 1000;

interface Use {
  /** Handshakes of the last second, with exponential decay. */
  count: number;
  atMs: number;
}

/** A limit of handshakes per second that no address can use up while others connect too. */
export class HandshakeLimit {
  readonly #bucket: TokenBucket;
  readonly #nowMs: () => number;
  readonly #uses = new AddressBook<Use>();

  constructor(perSecond: number, nowMs: () => number) {
    this.#bucket = new TokenBucket(perSecond, nowMs());
    this.#nowMs = nowMs;
  }

  /**
   * Takes one handshake if the address may have it. An empty address stands for clients without a known address; they
   * are limited by the bucket alone.
   */
  take(address: string): boolean {
    const nowMs = this.#nowMs();
    if (address === "") return this.#bucket.take(nowMs);
    const use = this.#uses.recall(address, () => ({ count: 0, atMs: nowMs }));
    use.count *= Math.exp((use.atMs - nowMs) / FADE_MS);
    use.atMs = nowMs;
    if (use.count >= SHARE * this.#bucket.left(nowMs) || !this.#bucket.take(nowMs)) return false;
    use.count++;
    return true;
  }
}
