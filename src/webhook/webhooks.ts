// Webhooks: channel events in, signed POSTs out. An event passes the leave delay, is written as JSON
// once, and is queued in the outbox of each endpoint that wants it. When the endpoint can be posted to,
// a batch of events is signed and goes into the queue, and a delivery worker posts it. Everything
// before the posting is synchronous and cheap, because it runs inside the hub's step.
import type { ChannelEvent } from "../events/app-event.ts";
import type { ChannelEventListener } from "../events/stream.ts";
import type { App } from "../protocol/app.ts";
import type { Clock } from "../queue/clock.ts";
import type { Queue } from "../queue/queue.ts";
import { type ConditionChange, Conditions } from "./conditions.ts";
import { WebhookCounters } from "./counters.ts";
import { DeliveryWorker } from "./delivery-worker.ts";
import { type DeadLetter, DeadLetters } from "./dead-letters.ts";
import type { Delivery } from "./delivery.ts";
import { type Allowance, PUBLIC_ONLY, type Resolve } from "./destination.ts";
import { eventText } from "./event-text.ts";
import { LeaveDelay } from "./leave-delay.ts";
import { DEFAULT_OUTBOX_LIMITS, type NewEvent, type OutboxLimits } from "./outbox.ts";
import type { Fetch } from "./post.ts";
import { DEFAULT_RETRY, type RetryPolicy } from "./retry.ts";
import { type Route, routesOf, wants } from "./routes.ts";
import { type Batching, Sender, type SenderParts } from "./sender.ts";
import { COUNTERPART } from "./subject.ts";
import { Turns } from "./turns.ts";

/** How webhooks behave. */
export interface WebhookOptions {
  /** How long `channel_vacated` and `member_removed` are delayed. 0 for not at all. */
  readonly leaveDelayMs: number;
  /** Null for one event in each POST, as Pusher does. */
  readonly batching: Batching | null;
  /** For one endpoint. */
  readonly limits: OutboxLimits;
  readonly retry: RetryPolicy;
  /** For one attempt, from resolving the name to the response's head. */
  readonly requestTimeoutMs: number;
  /** Destinations that may be reached besides public addresses. */
  readonly allowed: Allowance;
  /** The `User-Agent` header, for example `Fanwire-Webhooks/1.0.0`. */
  readonly userAgent: string;
}

/** 3 s of leave delay, no batching, 10 s an attempt, retries for 5 minutes, public addresses only. */
export const DEFAULT_WEBHOOK_OPTIONS: WebhookOptions = {
  leaveDelayMs: 3000,
  batching: null,
  limits: DEFAULT_OUTBOX_LIMITS,
  retry: DEFAULT_RETRY,
  requestTimeoutMs: 10_000,
  allowed: PUBLIC_ONLY,
  userAgent: "Fanwire-Webhooks",
};

/** The effects that webhooks need. */
export interface WebhookPorts {
  /** Started by the webhooks, and used by nothing else. */
  readonly queue: Queue<Delivery>;
  readonly clock: Clock;
  readonly fetch: Fetch;
  readonly resolve: Resolve;
  /** A number in [0, 1). */
  readonly random: () => number;
  /** Makes a unique id. */
  readonly newId: () => string;
  /** Called when an endpoint fails, is refused or works again. */
  readonly changed: (change: ConditionChange) => void;
}

/** Reports the apps' channel events to their endpoints. */
export class Webhooks implements ChannelEventListener {
  readonly counters: WebhookCounters = new WebhookCounters();
  readonly #ports: WebhookPorts;
  readonly #deadLetters: DeadLetters = new DeadLetters();
  readonly #leaveDelay: LeaveDelay;
  readonly #turns: Turns;
  readonly #senderParts: SenderParts;
  /** The endpoints that have something to send, by route id. */
  readonly #senders: Map<string, Sender> = new Map();
  #ended = false;
  #onEmpty: (() => void) | null = null;

  constructor(options: WebhookOptions, ports: WebhookPorts) {
    const { leaveDelayMs, batching, limits, retry, requestTimeoutMs, allowed, userAgent } = options;
    const { queue, clock, fetch, resolve, random, newId, changed } = ports;
    const { counters } = this;
    const network = { fetch, resolve, clock, allowed, requestTimeoutMs, userAgent };
    this.#ports = ports;
    this.#leaveDelay = new LeaveDelay(clock, leaveDelayMs, counters, (app, event, happenedMs) =>
      this.#queue(app, event, happenedMs),
    );
    const turns = new Turns({
      clock,
      wake: (lane) => queue.wake(lane),
      free: (routeId) => this.#senders.get(routeId)?.pumpSoon(),
    });
    this.#turns = turns;
    this.#senderParts = {
      clock,
      batching,
      limits,
      counters,
      turns,
      newId,
      enqueue: (job) => queue.enqueue(job),
      idle: (routeId) => this.#idle(routeId),
    };
    queue.start(
      new DeliveryWorker({
        network,
        retry,
        random,
        counters,
        turns,
        deadLetters: this.#deadLetters,
        conditions: new Conditions(clock, changed),
        settled: ({ lane, payload }) => this.#senders.get(payload.routeId)?.settled(lane),
      }),
    );
  }

  /** Events that are queued or being posted. */
  get depth(): number {
    let depth = 0;
    for (const sender of this.#senders.values()) depth += sender.depth;
    return depth;
  }

  /** Deliveries that are being posted now. */
  get inFlight(): number {
    return this.#ports.queue.inFlight;
  }

  /** Events in the leave delay. */
  get delayedCount(): number {
    return this.#leaveDelay.delayedCount;
  }

  /** The last deliveries that were given up, the oldest first. */
  deadLetters(): readonly DeadLetter[] {
    return this.#deadLetters.list();
  }

  /** Takes an event. Returns before anything is posted; never throws. */
  note(app: App, event: ChannelEvent): void {
    if (app.webhooks.length === 0) return;
    const counterpart = COUNTERPART[event.kind];
    const routes = routesOf(app).filter(
      (route) =>
        wants(route, event.kind, event.channel) ||
        (counterpart !== undefined && wants(route, counterpart, event.channel)),
    );
    if (routes.length === 0) return;
    if (!this.#isUnsentJoin(routes, event)) return this.#leaveDelay.note(app, event);
    this.counters.cancelled++;
    // It cancels the join in every outbox and is never sent itself, so it needs neither text nor time.
    for (const route of routes) this.#add(app, route, { event, text: "", happenedMs: 0 });
  }

  /**
   * For the end of the process: sends everything that is delayed or queued, without pauses, for at most
   * `withinMs`. Returns how many deliveries were lost. Events that come later are counted as dropped.
   */
  async flush(withinMs: number): Promise<number> {
    this.#ended = true;
    this.#leaveDelay.end();
    this.#turns.hurry();
    for (const sender of this.#senders.values()) sender.end();
    if (this.#senders.size > 0) await this.#emptyOr(withinMs);
    const givenUp = await this.#ports.queue.stop();
    let [open, queued] = [0, 0];
    for (const sender of this.#senders.values()) {
      open += sender.openPosts;
      queued += sender.queuedPosts;
    }
    this.#senders.clear();
    // The queue learns a microtask later than the senders that a delivery is done, so it may report too many.
    return Math.min(givenUp, open) + queued;
  }

  /** Whether the event is a leave whose join is still queued for every endpoint concerned: then both cancel out at once, without the delay. */
  #isUnsentJoin(routes: readonly Route[], event: ChannelEvent): boolean {
    if (event.kind !== "channel_vacated" && event.kind !== "member_removed") return false;
    return routes.every(({ id }) => this.#senders.get(id)?.holdsCounterpart(event) === true);
  }

  #queue(app: App, event: ChannelEvent, happenedMs: number): void {
    const interested = routesOf(app).filter((route) => wants(route, event.kind, event.channel));
    if (interested.length === 0) return;
    const added = { event, text: eventText(event), happenedMs };
    for (const route of interested) this.#add(app, route, added);
  }

  #add(app: App, route: Route, added: NewEvent): void {
    (this.#senders.get(route.id) ?? this.#addSender(app, route)).add(app, route, added);
  }

  #addSender(app: App, route: Route): Sender {
    const sender = new Sender(app, route, this.#senderParts);
    if (this.#ended) sender.end();
    this.#senders.set(route.id, sender);
    return sender;
  }

  #idle(routeId: string): void {
    this.#senders.delete(routeId);
    if (this.#senders.size === 0) this.#onEmpty?.();
  }

  #emptyOr(withinMs: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const cancel = this.#ports.clock.after(withinMs, resolve);
    this.#onEmpty = () => {
      cancel();
      resolve();
    };
    return promise;
  }
}
