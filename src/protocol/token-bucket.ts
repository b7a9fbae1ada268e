// A token bucket: a burst, by default of one second's allowance, that is refilled at a steady rate.

/** A rate limit for one kind of action. Create it on the first such action, so that most sockets have none. */
export class TokenBucket {
  #perSecond: number;
  #burst: number;
  #tokens: number;
  #filledMs: number;

  constructor(perSecond: number, nowMs: number, burst: number = perSecond) {
    this.#perSecond = perSecond;
    this.#burst = burst;
    this.#tokens = burst;
    this.#filledMs = nowMs;
  }

  /** The same bucket. If the rate has changed, it has the new rate from now on, and a burst of one second. */
  withRate(perSecond: number, nowMs: number): this {
    if (perSecond === this.#perSecond) return this;
    this.left(nowMs);
    this.#perSecond = perSecond;
    this.#burst = perSecond;
    this.#tokens = Math.min(this.#tokens, perSecond);
    return this;
  }

  /**
   * Takes `count` tokens if at least one is left; the rest may be on credit. Returns false, and changes nothing, if
   * none is left.
   */
  take(nowMs: number, count = 1): boolean {
    if (this.#perSecond === Infinity) return true;
    if (this.left(nowMs) < 1) return false;
    this.#tokens -= count;
    return true;
  }

  /** The number of tokens that are left. */
  left(nowMs: number): number {
    const refill = (Math.max(0, nowMs - this.#filledMs) * this.#perSecond) / 1000;
    this.#tokens = Math.min(this.#burst, this.#tokens + refill);
    this.#filledMs = nowMs;
    return this.#tokens;
  }
}
