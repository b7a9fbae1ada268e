// Webhooks: facts in, signed POSTs out. A fact passes the grace, is written once, and lies in the
// outbox of each endpoint that wants it until that may be asked; then it is signed with others and
// goes into the queue, and a courier posts it. All but the posting is synchronous and cheap, because
// the hub waits for it.
import type { Fact, FactListener } from "../hub/facts.ts";
import type { App } from "../protocol/app.ts";
import type { Clock } from "../queue/clock.ts";
import type { Queue } from "../queue/queue.ts";
import { type ConditionChange, Conditions } from "./conditions.ts";
import { WebhookCounters } from "./counters.ts";
import { Courier } from "./courier.ts";
import { type DeadLetter, DeadLetters } from "./dead-letters.ts";
import type { Delivery } from "./delivery.ts";
import { type Allowance, PUBLIC_ONLY, type Resolve } from "./destination.ts";
import { eventText } from "./event-text.ts";
import { Grace } from "./grace.ts";
import { DEFAULT_OUTBOX_LIMITS, type NewEvent, type OutboxLimits } from "./outbox.ts";
import type { Fetch } from "./post.ts";
import { DEFAULT_RETRY, type RetryPolicy } from "./retry.ts";
import { type Route, routesOf, wants } from "./routes.ts";
import { type Batching, Sender, type SenderParts } from "./sender.ts";
import { COUNTERPART } from "./subject.ts";
import { Turns } from "./turns.ts";

/** How webhooks behave. */
export interface WebhookOptions {
  /** How long `channel_vacated` and `member_removed` are held back. 0 tells of them at once. */
  readonly graceMs: number;
  /** Null: one event a POST, as Pusher does. */
  readonly batching: Batching | null;
  /** How much waits for one endpoint. */
  readonly limits: OutboxLimits;
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
  limits: DEFAULT_OUTBOX_LIMITS,
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
  /** Is told when an endpoint fails, is refused or works again. */
  readonly changed: (change: ConditionChange) => void;
}

/** Tells the apps' endpoints what happens. */
export class Webhooks implements FactListener {
  /** Only grow. */
  readonly counters: WebhookCounters = new WebhookCounters();
  readonly #ports: WebhookPorts;
  readonly #deadLetters: DeadLetters = new DeadLetters();
  readonly #grace: Grace;
  readonly #turns: Turns;
  readonly #senderParts: SenderParts;
  /** Of endpoints that have something to send, by the ids of their routes. */
  readonly #senders: Map<string, Sender> = new Map();
  #ended = false;
  #onEmpty: (() => void) | null = null;

  constructor(options: WebhookOptions, ports: WebhookPorts) {
    const { graceMs, batching, limits, retry, requestTimeoutMs, allowed, userAgent } = options;
    const { queue, clock, fetch, resolve, random, newId, changed } = ports;
    const { counters } = this;
    const network = { fetch, resolve, clock, allowed, requestTimeoutMs, userAgent };
    this.#ports = ports;
    this.#grace = new Grace(clock, graceMs, counters, (app, fact, happenedMs) =>
      this.#tell(app, fact, happenedMs),
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
      new Courier({
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

  /** Events that wait for their endpoints or are being posted. */
  get depth(): number {
    let depth = 0;
    for (const sender of this.#senders.values()) depth += sender.depth;
    return depth;
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
    const routes = routesOf(app).filter(
      (route) =>
        wants(route, fact.kind, fact.channel) ||
        (counterpart !== undefined && wants(route, counterpart, fact.channel)),
    );
    if (routes.length === 0) return;
    if (!this.#isUntold(routes, fact)) return this.#grace.note(app, fact);
    this.counters.cancelled++;
    // It undoes the other everywhere, so that nobody will read its text.
    for (const route of routes) this.#add(app, route, { fact, text: "", happenedMs: 0 });
  }

  /**
   * Before the process ends: sends at once what is held back or waits, and tries until the time is
   * over. Answers how many deliveries were lost. What is noted afterwards is counted as dropped.
   */
  async flush(withinMs: number): Promise<number> {
    this.#ended = true;
    this.#grace.end();
    this.#turns.hurry();
    for (const sender of this.#senders.values()) sender.end();
    if (this.#senders.size > 0) await this.#emptyOr(withinMs);
    const givenUp = await this.#ports.queue.stop();
    let [open, waiting] = [0, 0];
    for (const sender of this.#senders.values()) {
      open += sender.openPosts;
      waiting += sender.waitingPosts;
    }
    this.#senders.clear();
    // The queue may not have heard yet that its last ones are done.
    return Math.min(givenUp, open) + waiting;
  }

  /** Whether nobody who would be told of this leaving has been told of the coming. */
  #isUntold(routes: readonly Route[], fact: Fact): boolean {
    if (fact.kind !== "channel_vacated" && fact.kind !== "member_removed") return false;
    return routes.every(({ id }) => this.#senders.get(id)?.holdsCounterpart(fact) === true);
  }

  #tell(app: App, fact: Fact, happenedMs: number): void {
    const interested = routesOf(app).filter((route) => wants(route, fact.kind, fact.channel));
    if (interested.length === 0) return;
    const event = { fact, text: eventText(fact), happenedMs };
    for (const route of interested) this.#add(app, route, event);
  }

  #add(app: App, route: Route, event: NewEvent): void {
    (this.#senders.get(route.id) ?? this.#addSender(app, route)).add(app, route, event);
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
