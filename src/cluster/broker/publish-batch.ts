// Publishes that have one outcome, because they are sent together.
import { PUBLISH_DEADLINE_MS } from "./bounds.ts";
import type { Waiting } from "./deadline-queue.ts";

/** Publishes of one turn of the event loop. What it settles to first, counts. */
export class PublishBatch implements Waiting {
  readonly dueMs: number = performance.now() + PUBLISH_DEADLINE_MS;
  /** True when the broker has all of them. */
  readonly outcome: Promise<boolean>;
  isSettled = false;
  /** About what it keeps in memory. */
  bytes = 0;
  readonly #resolve: (isPublished: boolean) => void;

  constructor() {
    const { promise, resolve } = Promise.withResolvers<boolean>();
    this.outcome = promise;
    this.#resolve = resolve;
  }

  settle(isPublished: boolean): void {
    this.isSettled = true;
    this.#resolve(isPublished);
  }

  expire(): void {
    this.settle(false);
  }
}
