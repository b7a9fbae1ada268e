// The last deliveries that were given up, for an operator who asks why. Without bodies and without
// what an address may keep secret.
import type { Job } from "../queue/queue.ts";
import type { Delivery } from "./delivery.ts";

/** A delivery that was given up. */
export interface DeadLetter {
  readonly deliveryId: string;
  readonly appId: string;
  /** The endpoint without credentials, query and fragment. */
  readonly url: string;
  readonly eventCount: number;
  readonly attempts: number;
  /** What the last attempt failed of: `status 503`, `timeout after 10000 ms`, `ECONNREFUSED`, or a sentence. */
  readonly reason: string;
  /** When it was made and when it was given up, in milliseconds since the epoch. */
  readonly madeMs: number;
  readonly diedMs: number;
}

/** How many are kept. */
export const KEPT_DEAD_LETTERS = 20;

/** The last ones, the oldest first. */
export class DeadLetters {
  readonly #letters: DeadLetter[] = [];

  /** Keeps one and forgets the oldest when there are too many. */
  add(letter: DeadLetter): void {
    this.#letters.push(letter);
    if (this.#letters.length > KEPT_DEAD_LETTERS) this.#letters.shift();
  }

  /** A copy of what is kept. */
  list(): readonly DeadLetter[] {
    return [...this.#letters];
  }
}

/** The summary of a job that is given up now. */
export function deadLetter(
  job: Job<Delivery>,
  attempts: number,
  reason: string,
  nowMs: number,
): DeadLetter {
  const { appId, url, kinds } = job.payload;
  return {
    deliveryId: job.id,
    appId,
    url: publicUrl(url),
    eventCount: kinds.length,
    attempts,
    reason,
    madeMs: job.madeMs,
    diedMs: nowMs,
  };
}

/** The URL without credentials, query and fragment. */
export function publicUrl(text: string): string {
  const url = URL.parse(text);
  return url === null ? "(not a URL)" : `${url.protocol}//${url.host}${url.pathname}`;
}
