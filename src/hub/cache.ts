// The last event that the API published to each cache channel, for later subscribers. The number of
// entries is bounded: when the cache is full, the oldest event is removed.

import type { Tags } from "../filter/tags.ts";
import type { Publication } from "../protocol/publication.ts";

/** How many events are cached, and for how long. */
export interface CacheLimits {
  readonly ttlMs: number;
  readonly maxEntries: number;
}

/** A cached event. */
export interface CachedEvent {
  readonly event: string;
  readonly data: string;
  readonly tags: Tags;
  readonly expiresMs: number;
}

/** The cached events of one app, by channel. */
export class EventCache {
  readonly #limits: CacheLimits;
  /** In order of publication, so the first entries are the oldest. */
  readonly #events = new Map<string, CachedEvent>();

  constructor(limits: CacheLimits) {
    this.#limits = limits;
  }

  /** Caches the event in place of the channel's earlier one. */
  put(channel: string, publication: Publication, nowMs: number): void {
    this.#set(channel, this.entryOf(publication, nowMs));
  }

  /** The event as it is cached if it is published now. */
  entryOf({ event, data, tags }: Publication, nowMs: number): CachedEvent {
    return { event, data, tags, expiresMs: nowMs + this.#limits.ttlMs };
  }

  /** Caches an event that was published on another node, unless a newer event has been cached in the meantime. */
  restore(channel: string, event: CachedEvent): void {
    const known = this.#events.get(channel);
    if (known === undefined || known.expiresMs < event.expiresMs) this.#set(channel, event);
  }

  /** Caches an event that was published on another node, in place of the channel's earlier one. */
  replace(channel: string, event: CachedEvent): void {
    this.#set(channel, event);
  }

  /** The channel's cached event, or null if there is none or it has expired. */
  get(channel: string, nowMs: number): CachedEvent | null {
    const found = this.#events.get(channel);
    return found === undefined || found.expiresMs <= nowMs ? null : found;
  }

  /** All cached events, by channel. */
  get entries(): Iterable<readonly [channel: string, event: CachedEvent]> {
    return this.#events;
  }

  /** Removes the events that have expired. */
  sweep(nowMs: number): void {
    for (const [channel, { expiresMs }] of this.#events) {
      // All entries have the same time to live, so the order of publication is also the order of expiry.
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
