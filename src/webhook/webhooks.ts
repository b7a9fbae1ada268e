// Webhooks: facts in, signed POSTs out. A fact passes the grace, is written once, joins the batch of
// each endpoint that wants it, is signed there, and goes into the queue; a courier posts it. The
// first four steps are synchronous and cheap, because the hub waits for them.
import type { Fact, FactListener } from "../hub/facts.ts";
import type { App, WebhookEvent } from "../protocol/app.ts";
import type { Clock } from "../queue/clock.ts";
import type { Queue } from "../queue/queue.ts";
import { type Batch, Batches, type Batching } from "./batches.ts";
import { WebhookCounters } from "./counters.ts";
import { Courier } from "./courier.ts";
import { type DeadLetter, DeadLetters } from "./dead-letters.ts";
import { type Delivery, deliveryJob } from "./delivery.ts";
import { type Allowance, PUBLIC_ONLY, type Resolve } from "./destination.ts";
import { eventText } from "./event-text.ts";
import { Grace } from "./grace.ts";
import type { Fetch } from "./post.ts";
import { DEFAULT_RETRY, type RetryPolicy } from "./retry.ts";
import { type Route, routesOf, wants } from "./routes.ts";

/** How webhooks behave. */
export interface WebhookOptions {
  /** How long `channel_vacated` and `member_removed` are held back. 0 tells of them at once. */
  readonly graceMs: number;
  /** Null: one event a POST, as Pusher does. */
  readonly batching: Batching | null;
  readonly retry: RetryPolicy;
  /** For one attempt, from resolving the name to the answer's head. */
  readonly requestTimeoutMs: number;
  /** What may be reached besides public addresses. */
  readonly allowed: Allowance;
  /** The header, as `Fanwire-Webhooks/1.0.0`. */
  readonly userAgent: string;
}

/** 3 s of grace, no batching, 10 s an attempt, retries for 5 minutes, public addresses only. */
export const DEFAULT_WEBHOOK_OPTIONS: WebhookOptions = {
  graceMs: 3000,
  batching: null,
  retry: DEFAULT_RETRY,
  requestTimeoutMs: 10_000,
  allowed: PUBLIC_ONLY,
  userAgent: "Fanwire-Webhooks",
};

/** What webhooks need of the outside. */
export interface WebhookPorts {
  /** Started by the webhooks, and theirs alone. */
  readonly queue: Queue<Delivery>;
  readonly clock: Clock;
  readonly fetch: Fetch;
  readonly resolve: Resolve;
  /** A number in [0, 1). */
  readonly random: () => number;
  /** A new id, unlike any other. */
  readonly newId: () => string;
}

/** What undoes it. Where one is wanted, the other must be watched as well: together they cancel out. */
const COUNTERPART: Readonly<Partial<Record<WebhookEvent, WebhookEvent>>> = {
  channel_occupied: "channel_vacated",
  channel_vacated: "channel_occupied",
  member_added: "member_removed",
  member_removed: "member_added",
};

/** Tells the apps' endpoints what happens. */
export class Webhooks implements FactListener {
  /** Only grow. */
  readonly counters: WebhookCounters = new WebhookCounters();
  readonly #ports: WebhookPorts;
  readonly #deadLetters: DeadLetters = new DeadLetters();
  readonly #grace: Grace;
  readonly #batches: Batches;

  constructor(options: WebhookOptions, ports: WebhookPorts) {
    const { graceMs, batching, retry, requestTimeoutMs, allowed, userAgent } = options;
    const { queue, clock, fetch, resolve, random } = ports;
    const { counters } = this;
    const network = { fetch, resolve, clock, allowed, requestTimeoutMs, userAgent };
    this.#ports = ports;
    this.#grace = new Grace(clock, graceMs, counters, (app, fact, happenedMs) =>
      this.#tell(app, fact, happenedMs),
    );
    this.#batches = new Batches(clock, batching, (batch) => this.#enqueue(batch));
    queue.start(new Courier({ network, retry, random, counters, deadLetters: this.#deadLetters }));
  }

  /** Deliveries that wait or are being posted. */
  get depth(): number {
    return this.#ports.queue.depth;
  }

  /** Deliveries that are being posted. */
  get inFlight(): number {
    return this.#ports.queue.inFlight;
  }

  /** Facts that are held back by the grace. */
  get heldCount(): number {
    return this.#grace.heldCount;
  }

  /** The last deliveries that were given up, the oldest first. */
  deadLetters(): readonly DeadLetter[] {
    return this.#deadLetters.list();
  }

  /** Takes a fact. Returns before anything is posted; never throws. */
  note(app: App, fact: Fact): void {
    if (app.webhooks.length === 0) return;
    const counterpart = COUNTERPART[fact.kind];
    const follows = (route: Route): boolean =>
      wants(route, fact.kind, fact.channel) ||
      (counterpart !== undefined && wants(route, counterpart, fact.channel));
    if (routesOf(app).some(follows)) this.#grace.note(app, fact);
  }

  /**
   * Before the process ends: sends at once what is held back or collected, and tries until the time is
   * over. Answers how many deliveries were lost. What is noted afterwards is counted as dropped.
   */
  flush(withinMs: number): Promise<number> {
    this.#grace.end();
    this.#batches.end();
    return this.#ports.queue.drain(withinMs);
  }

  #tell(app: App, fact: Fact, happenedMs: number): void {
    const interested = routesOf(app).filter((route) => wants(route, fact.kind, fact.channel));
    if (interested.length === 0) return;
    const text = eventText(fact);
    for (const route of interested) this.#batches.add(app, route, text, happenedMs);
  }

  #enqueue(batch: Batch): void {
    const { queue, clock, newId } = this.#ports;
    const job = deliveryJob(batch, newId(), clock.nowMs());
    if (job === null) {
      this.counters.dropped++;
      this.counters.droppedEvents += batch.events.length;
      return;
    }
    this.counters.queued++;
    this.counters.queuedEvents += job.payload.eventCount;
    queue.enqueue(job);
  }
}
