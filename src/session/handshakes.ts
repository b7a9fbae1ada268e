// The handshakes of a node, shared by the addresses that want them: a key is no secret, so one address alone could
// have all of them.
import { TokenBucket } from "../protocol/token-bucket.ts";
import { AddressBook } from "./address-book.ts";

/** So many times what is left in the bucket an address may have had in the last second: alone it leaves a fifth of a burst, and of a steady flow what others need. */
const SHARE = 4;
const FADE_MS = 1000;

interface Use {
  /** Handshakes of the last second, fading. */
  count: number;
  atMs: number;
}

/** So many handshakes a second, of which nobody has all while others come. */
export class HandshakeLimit {
  readonly #bucket: TokenBucket;
  readonly #nowMs: () => number;
  readonly #uses = new AddressBook<Use>();

  constructor(perSecond: number, nowMs: () => number) {
    this.#bucket = new TokenBucket(perSecond, nowMs());
    this.#nowMs = nowMs;
  }

  /** Whether the address may have one more. An empty address is nobody's, and has all that is there. */
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
