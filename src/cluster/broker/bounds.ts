// What bounds every bus with a broker.

/** A publish whose outcome is not known by then is not certain to have reached the broker. */
export const PUBLISH_DEADLINE_MS = 1000;

/** How long one attempt to connect may take, the handshake included. */
export const CONNECT_DEADLINE_MS = 2000;

/** A longer message that comes from the broker is dropped. */
export const MAX_MESSAGE_BYTES: number = 16 << 20;

/** About what the publishes of a link may keep in memory until they are answered. Above it, publishing fails at once. */
export const MAX_UNANSWERED_BYTES: number = 64 << 20;

/** About what one publish keeps in memory beside its text. */
export const PUBLISH_COST_BYTES = 512;

const FIRST_DELAY_MS = 50;
const LAST_DELAY_MS = 2000;

/** How long to wait before the next attempt to connect: longer each time, and by chance, so that nodes do not come all at once. */
export class Backoff {
  #delayMs = FIRST_DELAY_MS;

  /** The next delay. */
  nextMs(): number {
    const delayMs = this.#delayMs * (0.5 + Math.random() / 2);
    this.#delayMs = Math.min(this.#delayMs * 2, LAST_DELAY_MS);
    return delayMs;
  }

  /** Begins anew: an attempt has succeeded. */
  reset(): void {
    this.#delayMs = FIRST_DELAY_MS;
  }
}
