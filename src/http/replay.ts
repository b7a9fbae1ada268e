// Remembers the signatures that were accepted, so that a captured request cannot be replayed. A
// signature is remembered until its timestamp is too old to be accepted anyway.
import { type Fault, REJECT } from "../protocol/faults.ts";
import { TIMESTAMP_GRACE_SECONDS } from "../protocol/request-signature.ts";

/** The maximum number of signatures that are remembered per app, about 32 bytes each. */
export const MAX_SIGNATURES = 1_000_000;

const MINUTE_SECONDS = 60;
/**
 * The number of hex digits that a JavaScript number holds exactly. With a million signatures remembered, the chance
 * that a new one is mistaken for one of them is 1 in 4.5 billion.
 */
const DIGITS = 13;

/**
 * The signatures of all apps. Each app has its own limit, so an app with very many requests does not displace the
 * signatures of another.
 */
export class SeenRequests {
  readonly #apps = new Map<string, SeenSignatures>();

  /**
   * Null if the app's signature is new, and then it is remembered; otherwise the reason why the request is refused.
   */
  claim(
    appId: string,
    signature: string,
    timestampSeconds: number,
    nowSeconds: number,
  ): Fault | null {
    let seen = this.#apps.get(appId);
    if (seen === undefined) {
      seen = new SeenSignatures();
      this.#apps.set(appId, seen);
    }
    return seen.claim(signature, timestampSeconds, nowSeconds);
  }
}

/** The signatures of one app, grouped by the minute of their timestamps. */
export class SeenSignatures {
  readonly #maxCount: number;
  readonly #minutes = new Map<number, Set<number>>();
  #count = 0;

  constructor(maxCount: number = MAX_SIGNATURES) {
    this.#maxCount = maxCount;
  }

  /** Null the first time. A fault if the signature was seen before, or if there is no room to remember it. */
  claim(signature: string, timestampSeconds: number, nowSeconds: number): Fault | null {
    this.#forget(nowSeconds);
    const minute = Math.floor(timestampSeconds / MINUTE_SECONDS);
    const seen = this.#minutes.get(minute) ?? new Set();
    const number = Number.parseInt(signature.slice(0, DIGITS), 16);
    if (seen.has(number)) return REJECT.replayed();
    // A request that cannot be remembered could be replayed, so it must not be accepted.
    if (this.#count >= this.#maxCount) return REJECT.tooManyToRemember();
    this.#minutes.set(minute, seen.add(number));
    this.#count++;
    return null;
  }

  #forget(nowSeconds: number): void {
    const oldest = Math.floor((nowSeconds - TIMESTAMP_GRACE_SECONDS) / MINUTE_SECONDS);
    for (const [minute, seen] of this.#minutes) {
      if (minute >= oldest) continue;
      this.#minutes.delete(minute);
      this.#count -= seen.size;
    }
  }
}
