// A feed of events with rotating keys and increasing numbers, at a thousand events a second or as fast as the
// machine allows.
import { publishInBatches, type Publishing } from "../harness/api.ts";
import type { Target } from "../harness/target.ts";

/** What the configuration calls the conflation key. */
export const KEY_NAME = "symbol";

const KEY_COUNT = 50;
const BATCH_SIZE = 10;
const BATCH_PERIOD_MS = 10;
/** With the fields beside it, an event's data is about 500 bytes. */
const NOTE = "One share in a large company that is traded all over the world. ".repeat(6);

/** One feed on one channel. */
export class KeyedStream {
  readonly #target: Target;
  readonly #channel: string;
  /** Events that were published; they have the numbers below. */
  count = 0;

  constructor(target: Target, channel: string) {
    this.#target = target;
    this.#channel = channel;
  }

  /** Publishes for so long: a thousand events a second in requests of ten, fewer where the machine is slower. */
  async publishFor(durationMs: number): Promise<void> {
    const beganMs = performance.now();
    for (let dueMs = beganMs; performance.now() < beganMs + durationMs; dueMs += BATCH_PERIOD_MS) {
      const waitMs = dueMs - performance.now();
      if (waitMs > 0) await Bun.sleep(waitMs);
      await this.publishBatch();
    }
  }

  /** Publishes the next ten events in one request. */
  async publishBatch(): Promise<void> {
    const events = Array.from({ length: BATCH_SIZE }, (_, index) =>
      this.#event(this.count + index),
    );
    await publishInBatches(this.#target, events);
    this.count += BATCH_SIZE;
  }

  /** The number of each key's newest event, by key. */
  newest(): ReadonlyMap<string, number> {
    const newest = new Map<string, number>();
    for (let number = Math.max(0, this.count - KEY_COUNT); number < this.count; number++)
      newest.set(keyOf(number), number);
    return newest;
  }

  #event(number: number): Publishing {
    const key = keyOf(number);
    const data = JSON.stringify({
      [KEY_NAME]: key,
      note: NOTE,
      number,
      last: 100 + ((number * 7919) % 1000) / 100,
      volume: number * 31,
    });
    return { name: "quote", channel: this.#channel, data };
  }
}

/** The key of the event with that number. */
export function keyOf(number: number): string {
  return `S${number % KEY_COUNT}`;
}
