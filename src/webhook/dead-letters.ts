// The last deliveries that were given up, so that an operator can see why. They hold no bodies, and no
// part of a URL that may be secret.
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
  /** Why the last attempt failed: `status 503`, `timeout after 10000 ms`, `ECONNREFUSED`, or a sentence. */
  readonly reason: string;
  /** When it was made and when it was given up, in milliseconds since the epoch. */
  readonly madeMs: number;
  readonly diedMs: number;
}

/** How many dead letters are kept. */
export const KEPT_DEAD_LETTERS = 20;

/** The last dead letters, the oldest first. */
export class DeadLetters {
  readonly #letters: DeadLetter[] = [];

  /** Adds a letter, and removes the oldest when there are too many. */
  add(letter: DeadLetter): void {
    this.#letters.push(letter);
    if (this.#letters.length > KEPT_DEAD_LETTERS) this.#letters.shift();
  }

  /** A copy of the list. */
  list(): readonly DeadLetter[] {
    return [...this.#letters];
  }
}

/** Summarises a job that is being given up. */
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
