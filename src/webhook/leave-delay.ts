// Delays `channel_vacated` and `member_removed`. A client that loses its network is usually back within
// a moment, so an endpoint hears of a leave only after a few seconds; when the channel is occupied or
// the member added again before that, it hears of neither. All other events pass at once.
//
// Source: webhooks documentation, "channel_vacated" and "member_removed": delayed by up to 3 seconds.
// No event is kept for longer than the delay, so the rate at which clients leave bounds their number.
import type { ChannelEvent } from "../events/app-event.ts";
import type { App } from "../protocol/app.ts";
import type { Clock } from "../queue/clock.ts";
import type { WebhookCounters } from "./counters.ts";

/** Receives each event that is due, with the moment at which it happened. */
export type Release = (app: App, event: ChannelEvent, happenedMs: number) => void;

interface DelayedEvent {
  readonly app: App;
  readonly event: ChannelEvent;
  readonly happenedMs: number;
  /** By `elapsedMs`. */
  readonly dueMs: number;
}

/** The delay. Events that are not delayed leave in the order in which they came. */
export class LeaveDelay {
  readonly #clock: Clock;
  readonly #delayMs: number;
  readonly #counters: WebhookCounters;
  readonly #release: Release;
  /** Ordered by due time, which is the order of arrival because the delay is the same for all. So one timer is enough. */
  readonly #delayed: Map<string, DelayedEvent> = new Map();
  #cancelTimer: (() => void) | null = null;
  #ended = false;

  constructor(clock: Clock, delayMs: number, counters: WebhookCounters, release: Release) {
    this.#clock = clock;
    this.#delayMs = delayMs;
    this.#counters = counters;
    this.#release = release;
  }

  /** How many events are delayed at the moment. */
  get delayedCount(): number {
    return this.#delayed.size;
  }

  /** Takes an event that has just happened. */
  note(app: App, event: ChannelEvent): void {
    switch (event.kind) {
      case "channel_vacated":
        return this.#delay(keyOf(app, event.channel, null), app, event);
      case "member_removed":
        return this.#delay(keyOf(app, event.channel, event.userId), app, event);
      case "channel_occupied":
        return this.#cancelOrRelease(keyOf(app, event.channel, null), app, event);
      case "member_added":
        return this.#cancelOrRelease(keyOf(app, event.channel, event.userId), app, event);
      case "client_event":
      case "cache_miss":
      case "subscription_count":
        return this.#release(app, event, this.#clock.nowMs());
      default:
        return event satisfies never;
    }
  }

  /** Releases everything that is delayed, and delays nothing from now on. */
  end(): void {
    this.#ended = true;
    this.#cancelTimer?.();
    this.#cancelTimer = null;
    this.#releaseUntil(Infinity);
  }

  #delay(key: string, app: App, event: ChannelEvent): void {
    const happenedMs = this.#clock.nowMs();
    if (this.#ended || this.#delayMs <= 0) return this.#release(app, event, happenedMs);
    // The hub never reports two leaves without a return in between; if it did, the later one would count, in its own place.
    this.#delayed.delete(key);
    const dueMs = this.#clock.elapsedMs() + this.#delayMs;
    this.#delayed.set(key, { app, event, happenedMs, dueMs });
    this.#cancelTimer ??= this.#clock.after(this.#delayMs, () => this.#timeout());
  }

  /** Handles a return: it cancels the delayed leave, or passes at once when there is none. */
  #cancelOrRelease(key: string, app: App, event: ChannelEvent): void {
    if (!this.#delayed.delete(key)) return this.#release(app, event, this.#clock.nowMs());
    this.#counters.cancelled++;
  }

  #timeout(): void {
    this.#cancelTimer = null;
    const elapsedMs = this.#clock.elapsedMs();
    this.#releaseUntil(elapsedMs);
    const [next] = this.#delayed.values();
    if (next === undefined) return;
    this.#cancelTimer = this.#clock.after(next.dueMs - elapsedMs, () => this.#timeout());
  }

  #releaseUntil(elapsedMs: number): void {
    for (const [key, { app, event, happenedMs, dueMs }] of this.#delayed) {
      if (dueMs > elapsedMs) return;
      this.#delayed.delete(key);
      this.#release(app, event, happenedMs);
    }
  }
}

/** JSON keeps the parts apart: a user id may hold any character that could serve as a separator. */
function keyOf(app: App, channel: string, userId: string | null): string {
  return JSON.stringify([app.id, channel, userId]);
}
