// A queue of what has arrived, taken one by one, with waiting for the next item.
import { within } from "./deadline.ts";

/** A queue whose reader waits. For one reader at a time. */
export class Inbox<T> {
  readonly #items: T[] = [];
  #arrival = Promise.withResolvers<void>();

  push(item: T): void {
    this.#items.push(item);
    this.#arrival.resolve();
    this.#arrival = Promise.withResolvers();
  }

  /** Takes the oldest item, waiting for one when there is none. @throws when none comes in time. */
  async next(): Promise<T> {
    for (;;) {
      const item = this.#items.shift();
      if (item !== undefined) return item;
      await within(this.#arrival.promise, "something to arrive");
    }
  }

  /** Takes everything that is there, oldest first. */
  take(): readonly T[] {
    return this.#items.splice(0);
  }

  /** Takes items up to the first that `isLast` holds for, waiting for it. That one is taken and not returned. */
  async takeUntil(isLast: (item: T) => boolean): Promise<readonly T[]> {
    const items: T[] = [];
    for (;;) {
      const item = await this.next();
      if (isLast(item)) return items;
      items.push(item);
    }
  }
}
