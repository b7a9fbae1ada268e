// The queue's worker: posts a delivery, counts the outcome, and decides whether it is tried again. The
// back-off belongs to the endpoint and not to the delivery: while an endpoint fails, one delivery at a
// time is tried at growing intervals, and the interval goes on growing when that delivery is given up
// and the next one takes its place.
//
// So every delivery gets at least one attempt, events of one channel arrive in the order in which they
// happened, and a delivery that fails when it is older than the policy allows is given up.
import type { Attempt, Job, Verdict, Worker } from "../queue/queue.ts";
import type { Conditions } from "./conditions.ts";
import type { OutcomeName, WebhookCounters } from "./counters.ts";
import { deadLetter, type DeadLetters } from "./dead-letters.ts";
import type { Delivery } from "./delivery.ts";
import { type Network, type Outcome, post } from "./post.ts";
import { backoffMs, isOver, type RetryPolicy } from "./retry.ts";
import type { Turns } from "./turns.ts";

/** What a delivery worker needs. */
export interface DeliveryWorkerParts {
  readonly network: Network;
  readonly retry: RetryPolicy;
  /** A number in [0, 1). */
  readonly random: () => number;
  readonly counters: WebhookCounters;
  readonly deadLetters: DeadLetters;
  readonly turns: Turns;
  readonly conditions: Conditions;
  /** Called for each job that is done, given up or lost. */
  readonly settled: (job: Job<Delivery>) => void;
}

const DONE: Verdict = { keep: false, pauseMs: 0 };
const KEEP: Verdict = { keep: true, pauseMs: 0 };
/** Pauses the lane until it is woken. The day is only a safeguard against a lane that nobody wakes. */
const UNTIL_WOKEN: Verdict = { keep: true, pauseMs: 86_400_000 };

/** Posts the deliveries of all endpoints. */
export class DeliveryWorker implements Worker<Delivery> {
  readonly #parts: DeliveryWorkerParts;

  constructor(parts: DeliveryWorkerParts) {
    this.#parts = parts;
  }

  async work(attempt: Attempt<Delivery>): Promise<Verdict> {
    const verdict = await this.#try(attempt);
    if (!verdict.keep) this.#parts.settled(attempt.job);
    return verdict;
  }

  dropped(job: Job<Delivery>): void {
    const { counters, turns, settled } = this.#parts;
    for (const kind of job.payload.kinds) counters.drop(kind);
    turns.passOn(job.payload.routeId, job.lane, 0);
    settled(job);
  }

  async #try({ job, number, stopped }: Attempt<Delivery>): Promise<Verdict> {
    const { counters, network, conditions } = this.#parts;
    const startedMs = network.clock.elapsedMs();
    const outcome = await post(network, job, number, stopped);
    if (stopped.aborted) return KEEP;
    counters.ended(outcomeName(outcome), network.clock.elapsedMs() - startedMs);
    if (number > 1) counters.retries++;
    if (isAccepted(outcome)) return this.#accepted(job);
    counters.failedAttempts++;
    const reason = reasonOf(outcome);
    conditions.note(job.payload, outcome.kind === "refused" ? "refused" : "failing", reason);
    // Nothing was sent, so the endpoint did not fail and needs no pause.
    if (outcome.kind === "refused") return this.#giveUp(job, number, reason, 0);
    return this.#failed(job, number, reason);
  }

  #accepted(job: Job<Delivery>): Verdict {
    const { counters, turns, conditions } = this.#parts;
    const { payload } = job;
    turns.succeeded(payload.routeId);
    conditions.note(payload, "working", null);
    counters.delivered++;
    counters.deliveredEvents += payload.kinds.length;
    return DONE;
  }

  #failed(job: Job<Delivery>, number: number, reason: string): Verdict {
    const { retry, random, turns, network } = this.#parts;
    const { routeId } = job.payload;
    const ageMs = network.clock.nowMs() - job.madeMs;
    const over = isOver(retry, number, ageMs);
    const failures = turns.failed(routeId, job.lane);
    if (failures === null) {
      if (over) return this.#giveUp(job, number, reason, 0);
      turns.block(routeId, job.lane);
      return UNTIL_WOKEN;
    }
    const pauseMs = backoffMs(retry, failures, random());
    if (over) return this.#giveUp(job, number, reason, pauseMs);
    // The last attempt is made when the allowed time ends, and not after it.
    return { keep: true, pauseMs: Math.min(pauseMs, retry.maxElapsedMs - ageMs) };
  }

  /** `pauseMs` is the endpoint's pause before another delivery may be tried. */
  #giveUp(job: Job<Delivery>, number: number, reason: string, pauseMs: number): Verdict {
    const { counters, deadLetters, network, turns } = this.#parts;
    counters.deadLettered++;
    counters.deadLetteredEvents += job.payload.kinds.length;
    deadLetters.add(deadLetter(job, number, reason, network.clock.nowMs()));
    turns.passOn(job.payload.routeId, job.lane, pauseMs);
    return DONE;
  }
}

function isAccepted(outcome: Outcome): boolean {
  return outcome.kind === "answered" && outcome.status >= 200 && outcome.status < 300;
}

function outcomeName(outcome: Outcome): OutcomeName {
  if (outcome.kind === "failed") return outcome.cause;
  if (outcome.kind === "refused") return "refused";
  if (outcome.status >= 500) return "5xx";
  if (outcome.status >= 400) return "4xx";
  return outcome.status >= 300 ? "3xx" : "2xx";
}

function reasonOf(outcome: Outcome): string {
  return outcome.kind === "answered" ? `status ${outcome.status}` : outcome.reason;
}
