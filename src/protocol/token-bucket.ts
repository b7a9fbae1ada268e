// A token bucket: a burst, by default of one second's allowance, refilled steadily.

/** How many things may still happen. Made when the first one happens, so that most sockets have none. */
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

  /** The bucket itself, which from now on has this rate and a burst of one second. */
  withRate(perSecond: number, nowMs: number): this {
    if (perSecond === this.#perSecond) return this;
    this.left(nowMs);
    this.#perSecond = perSecond;
    this.#burst = perSecond;
    this.#tokens = Math.min(this.#tokens, perSecond);
    return this;
  }

  /** Takes tokens, also on credit when there is at least one. False when there is none, and then nothing changes. */
  take(nowMs: number, count = 1): boolean {
    if (this.#perSecond === Infinity) return true;
    if (this.left(nowMs) < 1) return false;
    this.#tokens -= count;
    return true;
  }

  /** What is there to take. */
  left(nowMs: number): number {
    const refill = (Math.max(0, nowMs - this.#filledMs) * this.#perSecond) / 1000;
    this.#tokens = Math.min(this.#burst, this.#tokens + refill);
    this.#filledMs = nowMs;
    return this.#tokens;
  }
}
