// One endpoint's events on their way from its outbox into the queue. A batch is closed and signed when
// it can be posted, and not before: until then its events may still be undone. Several are posted at
// once, each in a lane of its own; no two of them hold events of one channel.
import type { Fact } from "../hub/facts.ts";
import type { App } from "../protocol/app.ts";
import type { Clock } from "../queue/clock.ts";
import type { Job } from "../queue/queue.ts";
import type { WebhookCounters } from "./counters.ts";
import { type Delivery, deliveryJob } from "./delivery.ts";
import { type NewEvent, Outbox, type OutboxLimits, type Parcel } from "./outbox.ts";
import type { Route } from "./routes.ts";
import type { Turns } from "./turns.ts";

/** When a batch is sent: whichever comes first, and a POST can be made. */
export interface Batching {
  /** Milliseconds after its first event. */
  readonly windowMs: number;
  /** Events in it. */
  readonly maxEvents: number;
}

/** What all senders share. */
export interface SenderParts {
  readonly clock: Clock;
  /** Null sends each event by itself. */
  readonly batching: Batching | null;
  readonly limits: OutboxLimits;
  readonly counters: WebhookCounters;
  readonly turns: Turns;
  readonly newId: () => string;
  readonly enqueue: (job: Job<Delivery>) => void;
  /** Is told when the endpoint has nothing to send any more. */
  readonly idle: (routeId: string) => void;
}

/** POSTs to one endpoint at once, at most. */
export const MAX_POSTS = 4;

interface Lane {
  readonly name: string;
  parcel: Parcel | null;
}

/** The sender of one endpoint. */
export class Sender {
  readonly #parts: SenderParts;
  readonly #outbox: Outbox;
  readonly #lanes: readonly Lane[];
  /** As they were with the last event. */
  #app: App;
  #route: Route;
  /** How many events have waited for their time. */
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
      parcel: null,
    }));
  }

  /** Events that wait or are being posted. */
  get depth(): number {
    return this.#lanes.reduce(
      (sum, { parcel }) => sum + (parcel?.events.length ?? 0),
      this.#outbox.size,
    );
  }

  /** Deliveries that have been handed over and are not done. */
  get openPosts(): number {
    return this.#lanes.filter(({ parcel }) => parcel !== null).length;
  }

  /** POSTs that it would take to send what waits. */
  get waitingPosts(): number {
    return Math.ceil(this.#outbox.size / this.#maxEvents);
  }

  /** Whether what the fact undoes has not been sent yet. */
  holdsCounterpart(fact: Fact): boolean {
    return this.#outbox.holdsCounterpart(fact);
  }

  /** Takes an event. */
  add(app: App, route: Route, event: NewEvent): void {
    this.#app = app;
    this.#route = route;
    this.#outbox.add(event);
    this.pumpSoon();
  }

  /** The delivery in this lane is done, given up or lost. */
  settled(laneName: string): void {
    const lane = this.#lanes.find(({ name }) => name === laneName);
    if (lane === undefined || lane.parcel === null) return;
    this.#outbox.release(lane.parcel);
    lane.parcel = null;
    this.pumpSoon();
  }

  /** Lets no event wait for others from now on. */
  end(): void {
    this.#ended = true;
    this.#closeWindow();
    this.pumpSoon();
  }

  /** Sends what may be sent. Not at once: what happens in one step may undo itself. */
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
    if (this.#lanes.every(({ parcel }) => parcel === null)) this.#parts.idle(this.#route.id);
  }

  #isDue(): boolean {
    if (this.#parts.batching === null || this.#ended) return true;
    return this.#dueCount > 0 || this.#outbox.readySize >= this.#maxEvents;
  }

  /** Hands one batch over. False when none can be. */
  #sendOne(): boolean {
    const { turns, counters, clock, newId, enqueue } = this.#parts;
    const lane = this.#lanes.find(({ parcel }) => parcel === null);
    if (lane === undefined || !turns.mayBegin(this.#route.id)) return false;
    const parcel = this.#outbox.take(this.#maxEvents);
    if (parcel === null) return false;
    this.#dueCount = Math.max(0, this.#dueCount - parcel.events.length);
    const contents = {
      app: this.#app,
      route: this.#route,
      lane: lane.name,
      events: parcel.events,
    };
    const job = deliveryJob(contents, newId(), clock.nowMs());
    if (job === null) {
      for (const { kind } of parcel.events) counters.drop(kind);
      this.#outbox.release(parcel);
      return true;
    }
    lane.parcel = parcel;
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
