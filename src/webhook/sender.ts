// Moves one endpoint's events from its outbox into the queue. A batch is closed and signed as late as
// possible, when a lane is free to post it: until then its events can still be cancelled. Several
// batches are posted at the same time, each in a lane of its own and none with a channel of another.
import type { ChannelEvent } from "../events/app-event.ts";
import type { App } from "../protocol/app.ts";
import type { Clock } from "../queue/clock.ts";
import type { Job } from "../queue/queue.ts";
import type { WebhookCounters } from "./counters.ts";
import { type Delivery, deliveryJob } from "./delivery.ts";
import { type NewEvent, Outbox, type OutboxLimits, type Batch } from "./outbox.ts";
import type { Route } from "./routes.ts";
import type { Turns } from "./turns.ts";

/** When a batch is closed: at whichever limit is reached first, once a lane is free. */
export interface Batching {
  /** Counted from the first event. */
  readonly windowMs: number;
  readonly maxEvents: number;
}

/** What all senders share. */
export interface SenderParts {
  readonly clock: Clock;
  /** Null for one event in each POST. */
  readonly batching: Batching | null;
  readonly limits: OutboxLimits;
  readonly counters: WebhookCounters;
  readonly turns: Turns;
  readonly newId: () => string;
  readonly enqueue: (job: Job<Delivery>) => void;
  /** Called when the endpoint has nothing left to send. */
  readonly idle: (routeId: string) => void;
}

/** The most POSTs to one endpoint at the same time. */
export const MAX_POSTS = 4;

interface Lane {
  /** The queue's name for it. */
  readonly name: string;
  /** What is being posted; null while the lane is free. */
  batch: Batch | null;
}

/** The sender of one endpoint. */
export class Sender {
  readonly #parts: SenderParts;
  readonly #outbox: Outbox;
  readonly #lanes: readonly Lane[];
  /** As given with the last event. */
  #app: App;
  #route: Route;
  /** How many of the queued events are older than the batching window, and so must not be collected any longer. */
  #dueCount = 0;
  #cancelWindow: (() => void) | null = null;
  #pumpDue = false;
  #ended = false;

  constructor(app: App, route: Route, parts: SenderParts) {
    this.#app = app;
    this.#route = route;
    this.#parts = parts;
    this.#outbox = new Outbox(parts.counters, parts.limits);
    this.#lanes = Array.from({ length: MAX_POSTS }, (_, index) => ({
      name: `${route.id}#${index}`,
      batch: null,
    }));
  }

  /** Events that are queued or being posted. */
  get depth(): number {
    return this.#lanes.reduce(
      (sum, { batch }) => sum + (batch?.events.length ?? 0),
      this.#outbox.size,
    );
  }

  /** Deliveries in the queue that are not done. */
  get openPosts(): number {
    return this.#lanes.filter(({ batch }) => batch !== null).length;
  }

  /** The number of POSTs that the queued events would take. */
  get queuedPosts(): number {
    return Math.ceil(this.#outbox.size / this.#maxEvents);
  }

  /** Whether the event that this one would cancel is still queued. */
  holdsCounterpart(event: ChannelEvent): boolean {
    return this.#outbox.holdsCounterpart(event);
  }

  /** Queues an event. */
  add(app: App, route: Route, event: NewEvent): void {
    this.#app = app;
    this.#route = route;
    this.#outbox.add(event);
    this.pumpSoon();
  }

  /** Frees a lane whose delivery is done, given up or lost. */
  settled(laneName: string): void {
    const lane = this.#lanes.find(({ name }) => name === laneName);
    if (lane === undefined || lane.batch === null) return;
    this.#outbox.release(lane.batch);
    lane.batch = null;
    this.pumpSoon();
  }

  /** Stops batching: from now on no event waits for others. */
  end(): void {
    this.#ended = true;
    this.#closeWindow();
    this.pumpSoon();
  }

  /** Sends what can be sent, after the current step: events of one step may still cancel each other. */
  pumpSoon(): void {
    if (this.#pumpDue) return;
    this.#pumpDue = true;
    queueMicrotask(() => {
      this.#pumpDue = false;
      this.#pump();
    });
  }

  get #maxEvents(): number {
    return this.#parts.batching?.maxEvents ?? 1;
  }

  #pump(): void {
    while (this.#isDue() && this.#sendOne());
    this.#dueCount = Math.min(this.#dueCount, this.#outbox.size);
    if (this.#outbox.size > 0) return this.#openWindow();
    this.#closeWindow();
    if (this.#lanes.every(({ batch }) => batch === null)) this.#parts.idle(this.#route.id);
  }

  #isDue(): boolean {
    if (this.#parts.batching === null || this.#ended) return true;
    return this.#dueCount > 0 || this.#outbox.readySize >= this.#maxEvents;
  }

  /** Puts one batch into the queue. False when there is no free lane or no batch. */
  #sendOne(): boolean {
    const { turns, counters, clock, newId, enqueue } = this.#parts;
    const lane = this.#lanes.find(({ batch }) => batch === null);
    if (lane === undefined || !turns.mayBegin(this.#route.id)) return false;
    const batch = this.#outbox.take(this.#maxEvents);
    if (batch === null) return false;
    this.#dueCount = Math.max(0, this.#dueCount - batch.events.length);
    const contents = {
      app: this.#app,
      route: this.#route,
      lane: lane.name,
      events: batch.events,
    };
    const job = deliveryJob(contents, newId(), clock.nowMs());
    if (job === null) {
      for (const { kind } of batch.events) counters.drop(kind);
      this.#outbox.release(batch);
      return true;
    }
    lane.batch = batch;
    turns.begin(this.#route.id, lane.name);
    counters.queued++;
    enqueue(job);
    return true;
  }

  #openWindow(): void {
    const { batching, clock } = this.#parts;
    if (batching === null || this.#ended) return;
    if (this.#dueCount > 0 || this.#cancelWindow !== null) return;
    this.#cancelWindow = clock.after(batching.windowMs, () => {
      this.#cancelWindow = null;
      this.#dueCount = this.#outbox.size;
      this.#pump();
    });
  }

  #closeWindow(): void {
    this.#cancelWindow?.();
    this.#cancelWindow = null;
  }
}
