// Signatures that were accepted, so that a request that somebody has overheard is not accepted
// again. A signature is remembered until its timestamp is too old to be accepted anyhow.
import { type Fault, REJECT } from "../protocol/faults.ts";
import { TIMESTAMP_GRACE_SECONDS } from "../protocol/request-signature.ts";

/** Signatures of one app that are remembered at once, about 32 bytes each. */
export const MAX_SIGNATURES = 1_000_000;

const MINUTE_SECONDS = 60;
/** Hex digits that a number holds exactly: with a million signatures a false alarm is as likely as one in four milliards. */
const DIGITS = 13;

/** What has been seen of all apps: one that sends very much takes no room from another. */
export class SeenRequests {
  readonly #apps = new Map<string, SeenSignatures>();

  /** Null when the app's signature was not seen before. */
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

/** What has been seen of one app, by the minute of its timestamp. */
export class SeenSignatures {
  readonly #maxCount: number;
  readonly #minutes = new Map<number, Set<number>>();
  #count = 0;

  constructor(maxCount: number = MAX_SIGNATURES) {
    this.#maxCount = maxCount;
  }

  /** Null the first time; a fault when the signature was seen before, or when there is no room to remember it. */
  claim(signature: string, timestampSeconds: number, nowSeconds: number): Fault | null {
    this.#forget(nowSeconds);
    const minute = Math.floor(timestampSeconds / MINUTE_SECONDS);
    const seen = this.#minutes.get(minute) ?? new Set();
    const number = Number.parseInt(signature.slice(0, DIGITS), 16);
    if (seen.has(number)) return REJECT.replayed();
    // To accept what cannot be remembered would let it be replayed.
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
