// The subscriptions of one socket, by channel name. Most sockets have one, and even an empty Map
// takes a quarter of a kilobyte. A single subscription is therefore stored directly, up to eight as
// a list, and only more than that as a Map.
import type { Subscription } from "./channel.ts";

const FEW = 8;

/**
 * The subscriptions of one socket. A subscription knows the name of its channel, so the two small forms need no keys.
 */
export class Subscriptions {
  #held: Subscription | Subscription[] | Map<string, Subscription> | null = null;
  #compressedCount = 0;

  /** The number of subscriptions with delta compression. */
  get compressedCount(): number {
    return this.#compressedCount;
  }

  get size(): number {
    const held = this.#held;
    if (held instanceof Map) return held.size;
    if (Array.isArray(held)) return held.length;
    return held === null ? 0 : 1;
  }

  get(channel: string): Subscription | undefined {
    const held = this.#held;
    if (held instanceof Map) return held.get(channel);
    if (Array.isArray(held)) return held.find((each) => nameOf(each) === channel);
    return held !== null && nameOf(held) === channel ? held : undefined;
  }

  has(channel: string): boolean {
    return this.get(channel) !== undefined;
  }

  /** Adds a subscription. There must be none to its channel yet. */
  add(subscription: Subscription): void {
    if (subscription.cohort.delta !== null) this.#compressedCount++;
    const held = this.#held;
    if (held === null) this.#held = subscription;
    else if (held instanceof Map) held.set(nameOf(subscription), subscription);
    else if (!Array.isArray(held)) this.#held = [held, subscription];
    else if (held.length < FEW) held.push(subscription);
    else this.#held = new Map([...held, subscription].map((each) => [nameOf(each), each]));
  }

  delete(channel: string): void {
    const held = this.#held;
    const subscription = this.get(channel);
    if (subscription === undefined) return;
    if (subscription.cohort.delta !== null) this.#compressedCount--;
    if (held instanceof Map) held.delete(channel);
    else if (Array.isArray(held)) held.splice(held.indexOf(subscription), 1);
    else this.#held = null;
  }

  clear(): void {
    this.#compressedCount = 0;
    this.#held = null;
  }

  /** The subscriptions in the order in which they were made. */
  values(): Iterable<Subscription> {
    const held = this.#held;
    if (held instanceof Map) return held.values();
    if (Array.isArray(held)) return held;
    return held === null ? [] : [held];
  }
}

function nameOf({ cohort }: Subscription): string {
  return cohort.channel.name;
}
