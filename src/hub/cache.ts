// The last event that the API published to each cache channel, for those who subscribe later.
// Bounded in number: when it is full, the channel whose event is oldest loses it.

import type { Tags } from "../filter/tags.ts";
import type { Publication } from "../protocol/publication.ts";

/** What cache channels remember and how long. */
export interface CacheLimits {
  readonly ttlMs: number;
  readonly maxEntries: number;
}

/** A remembered event. */
export interface CachedEvent {
  readonly event: string;
  readonly data: string;
  readonly tags: Tags;
  readonly expiresMs: number;
}

/** One app's remembered events, by channel. */
export class EventCache {
  readonly #limits: CacheLimits;
  /** In the order of their publishing, so that the first ones are the oldest. */
  readonly #events = new Map<string, CachedEvent>();

  constructor(limits: CacheLimits) {
    this.#limits = limits;
  }

  /** Remembers the event instead of the channel's earlier one. */
  put(channel: string, { event, data, tags }: Publication, nowMs: number): void {
    this.#set(channel, { event, data, tags, expiresMs: nowMs + this.#limits.ttlMs });
  }

  /** Remembers an event that was published elsewhere, unless a newer one has come meanwhile. */
  restore(channel: string, event: CachedEvent): void {
    const known = this.#events.get(channel);
    if (known === undefined || known.expiresMs < event.expiresMs) this.#set(channel, event);
  }

  /** The channel's event, or null when there is none any more. */
  get(channel: string, nowMs: number): CachedEvent | null {
    const found = this.#events.get(channel);
    return found === undefined || found.expiresMs <= nowMs ? null : found;
  }

  /** Forgets what has expired. */
  sweep(nowMs: number): void {
    for (const [channel, { expiresMs }] of this.#events) {
      // The order of publishing is the order of expiry.
      if (expiresMs > nowMs) return;
      this.#events.delete(channel);
    }
  }

  #set(channel: string, event: CachedEvent): void {
    this.#events.delete(channel);
    this.#events.set(channel, event);
    if (this.#events.size <= this.#limits.maxEntries) return;
    const [oldest] = this.#events.keys();
    if (oldest !== undefined) this.#events.delete(oldest);
  }
}
