// Events of one endpoint on their way into one POST. Without batching each event is a batch.
import type { App } from "../protocol/app.ts";
import type { Clock } from "../queue/clock.ts";
import type { Route } from "./routes.ts";

/** When a batch is sent: whichever comes first. */
export interface Batching {
  /** Milliseconds after its first event. */
  readonly windowMs: number;
  /** Events in it. */
  readonly maxEvents: number;
}

/** Events of one endpoint, in their order. */
export interface Batch {
  readonly app: App;
  readonly route: Route;
  /** JSON texts, at least one. */
  readonly events: readonly string[];
  /** When the first of them happened, in milliseconds since the epoch. */
  readonly happenedMs: number;
}

interface OpenBatch extends Batch {
  readonly events: string[];
  happenedMs: number;
  readonly cancelTimer: () => void;
}

/** Collects batches. Each has its own timer; there are as many at once as there are busy endpoints. */
export class Batches {
  readonly #clock: Clock;
  readonly #batching: Batching | null;
  readonly #send: (batch: Batch) => void;
  readonly #open: Map<string, OpenBatch> = new Map();
  #ended = false;

  /** `batching` null sends each event by itself. */
  constructor(clock: Clock, batching: Batching | null, send: (batch: Batch) => void) {
    this.#clock = clock;
    this.#batching = batching;
    this.#send = send;
  }

  /** Takes an event for an endpoint. */
  add(app: App, route: Route, event: string, happenedMs: number): void {
    const batching = this.#batching;
    if (batching === null || this.#ended)
      return this.#send({ app, route, events: [event], happenedMs });
    const batch = this.#open.get(route.lane) ?? this.#begin(app, route, batching.windowMs);
    batch.events.push(event);
    // Not simply the first one's: what was held back comes after what happened later.
    batch.happenedMs = Math.min(batch.happenedMs, happenedMs);
    if (batch.events.length >= batching.maxEvents) this.#close(batch);
  }

  /** Sends what has been collected, and collects nothing from now on. */
  end(): void {
    this.#ended = true;
    for (const batch of this.#open.values()) this.#close(batch);
  }

  #begin(app: App, route: Route, windowMs: number): OpenBatch {
    const batch: OpenBatch = {
      app,
      route,
      events: [],
      happenedMs: Infinity,
      cancelTimer: this.#clock.after(windowMs, () => this.#close(batch)),
    };
    this.#open.set(route.lane, batch);
    return batch;
  }

  #close(batch: OpenBatch): void {
    batch.cancelTimer();
    this.#open.delete(batch.route.lane);
    this.#send(batch);
  }
}
