// One socket's subscriptions by channel name. Most sockets have a few, and a Map costs a quarter
// of a kilobyte even for one: up to eight stand in a list.
import type { Subscription } from "./channel.ts";

const FEW = 8;

/** See the file's head. A subscription knows its channel's name, so that a list needs no keys. */
export class Subscriptions {
  #few: Subscription[] | null = null;
  #many: Map<string, Subscription> | null = null;

  get size(): number {
    return this.#many?.size ?? this.#few?.length ?? 0;
  }

  get(channel: string): Subscription | undefined {
    if (this.#many !== null) return this.#many.get(channel);
    if (this.#few === null) return undefined;
    for (const subscription of this.#few)
      if (subscription.cohort.channel.name === channel) return subscription;
    return undefined;
  }

  has(channel: string): boolean {
    return this.get(channel) !== undefined;
  }

  /** Adds a subscription to a channel that there is none to. */
  add(subscription: Subscription): void {
    if (this.#many !== null) {
      this.#many.set(subscription.cohort.channel.name, subscription);
      return;
    }
    if (this.#few === null) this.#few = [subscription];
    else this.#few.push(subscription);
    if (this.#few.length > FEW) {
      this.#many = new Map(this.#few.map((each) => [each.cohort.channel.name, each]));
      this.#few = null;
    }
  }

  delete(channel: string): void {
    this.#many?.delete(channel);
    const index = this.#few?.findIndex(({ cohort }) => cohort.channel.name === channel) ?? -1;
    if (index >= 0) this.#few?.splice(index, 1);
  }

  clear(): void {
    this.#few = null;
    this.#many = null;
  }

  /** The subscriptions in the order of their coming. */
  values(): Iterable<Subscription> {
    return this.#many?.values() ?? this.#few ?? [];
  }
}
