// The grace of those who leave. Who loses the network is mostly back in a moment: a channel that is
// vacated or a member who is removed is therefore told of late, and when it is occupied or added
// again before that, neither is told of. Everything else passes at once.
//
// Source: webhooks documentation, "channel_vacated" and "member_removed": delayed by up to 3 seconds.
// What is held is as old as the grace at most, so its number is bounded by how fast clients leave.
import type { Fact } from "../hub/facts.ts";
import type { App } from "../protocol/app.ts";
import type { Clock } from "../queue/clock.ts";
import type { WebhookCounters } from "./counters.ts";

/** Where facts go on, with the moment at which they happened. */
export type Release = (app: App, fact: Fact, happenedMs: number) => void;

interface Held {
  readonly app: App;
  readonly fact: Fact;
  readonly happenedMs: number;
  /** By `elapsedMs`. */
  readonly dueMs: number;
}

/** Holds facts back. Facts leave in the order in which they came, but for those that are held. */
export class Grace {
  readonly #clock: Clock;
  readonly #graceMs: number;
  readonly #counters: WebhookCounters;
  readonly #release: Release;
  /** In the order in which they are due, which is that in which they came: all wait equally long. So one timer does. */
  readonly #held: Map<string, Held> = new Map();
  #cancelTimer: (() => void) | null = null;
  #ended = false;

  constructor(clock: Clock, graceMs: number, counters: WebhookCounters, release: Release) {
    this.#clock = clock;
    this.#graceMs = graceMs;
    this.#counters = counters;
    this.#release = release;
  }

  /** How many facts are held. */
  get heldCount(): number {
    return this.#held.size;
  }

  /** Takes a fact that has just happened. */
  note(app: App, fact: Fact): void {
    switch (fact.kind) {
      case "channel_vacated":
        return this.#hold(keyOf(app, fact.channel, null), app, fact);
      case "member_removed":
        return this.#hold(keyOf(app, fact.channel, fact.userId), app, fact);
      case "channel_occupied":
        return this.#pass(keyOf(app, fact.channel, null), app, fact);
      case "member_added":
        return this.#pass(keyOf(app, fact.channel, fact.userId), app, fact);
      case "client_event":
      case "cache_miss":
      case "subscription_count":
        return this.#release(app, fact, this.#clock.nowMs());
      default:
        return fact satisfies never;
    }
  }

  /** Releases what is held, and holds nothing from now on. */
  end(): void {
    this.#ended = true;
    this.#cancelTimer?.();
    this.#cancelTimer = null;
    this.#releaseUntil(Infinity);
  }

  #hold(key: string, app: App, fact: Fact): void {
    const happenedMs = this.#clock.nowMs();
    if (this.#ended || this.#graceMs <= 0) return this.#release(app, fact, happenedMs);
    // Told twice without a return between, which no hub does: the later one counts, in its order.
    this.#held.delete(key);
    this.#held.set(key, { app, fact, happenedMs, dueMs: this.#clock.elapsedMs() + this.#graceMs });
    this.#cancelTimer ??= this.#clock.after(this.#graceMs, () => this.#timeout());
  }

  #pass(key: string, app: App, fact: Fact): void {
    if (!this.#held.delete(key)) return this.#release(app, fact, this.#clock.nowMs());
    this.#counters.cancelled++;
  }

  #timeout(): void {
    this.#cancelTimer = null;
    const elapsedMs = this.#clock.elapsedMs();
    this.#releaseUntil(elapsedMs);
    const [next] = this.#held.values();
    if (next === undefined) return;
    this.#cancelTimer = this.#clock.after(next.dueMs - elapsedMs, () => this.#timeout());
  }

  #releaseUntil(elapsedMs: number): void {
    for (const [key, held] of this.#held) {
      if (held.dueMs > elapsedMs) return;
      this.#held.delete(key);
      this.#release(held.app, held.fact, held.happenedMs);
    }
  }
}

/** As JSON, because ids of users may hold any character. */
function keyOf(app: App, channel: string, userId: string | null): string {
  return JSON.stringify([app.id, channel, userId]);
}
