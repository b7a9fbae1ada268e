// Carries deliveries out: posts, counts, and says what becomes of them. The back-off belongs to the
// endpoint and not to the delivery: as long as an endpoint fails, it is asked with one delivery at
// a time and ever more rarely, also when that delivery is given up and the next one takes its place.
//
// So every delivery gets at least one attempt, deliveries to an endpoint arrive in the order in
// which their events happened, and what fails when it is older than the policy allows is given up.
import type { Attempt, Job, Verdict, Worker } from "../queue/queue.ts";
import type { OutcomeName, WebhookCounters } from "./counters.ts";
import { deadLetter, type DeadLetters } from "./dead-letters.ts";
import type { Delivery } from "./delivery.ts";
import { type Network, type Outcome, post } from "./post.ts";
import { backoffMs, isOver, type RetryPolicy } from "./retry.ts";

/** What a courier works with. */
export interface CourierParts {
  readonly network: Network;
  readonly retry: RetryPolicy;
  /** A number in [0, 1). */
  readonly random: () => number;
  readonly counters: WebhookCounters;
  readonly deadLetters: DeadLetters;
}

const DONE: Verdict = { keep: false, pauseMs: 0 };
const KEEP: Verdict = { keep: true, pauseMs: 0 };

/** The queue's worker. */
export class Courier implements Worker<Delivery> {
  readonly #parts: CourierParts;
  /** Failures in a row of lanes whose last attempt failed. No more than there are endpoints. */
  readonly #failures: Map<string, number> = new Map();

  constructor(parts: CourierParts) {
    this.#parts = parts;
  }

  async work({ job, number, stopped }: Attempt<Delivery>): Promise<Verdict> {
    const { counters, network } = this.#parts;
    const startedMs = network.clock.elapsedMs();
    const outcome = await post(network, job, number, stopped);
    if (stopped.aborted) return KEEP;
    counters.ended(outcomeName(outcome), network.clock.elapsedMs() - startedMs);
    if (number > 1) counters.retries++;
    if (isTaken(outcome)) return this.#taken(job);
    counters.failedAttempts++;
    const reason = reasonOf(outcome);
    // Nothing was sent, so the endpoint did not fail and needs no rest.
    if (outcome.kind === "refused") return this.#giveUp(job, number, reason, DONE);
    return this.#failed(job, number, reason, network.clock.nowMs());
  }

  dropped(job: Job<Delivery>): void {
    this.#parts.counters.dropped++;
    this.#parts.counters.droppedEvents += job.payload.eventCount;
  }

  #taken(job: Job<Delivery>): Verdict {
    const { counters } = this.#parts;
    this.#failures.delete(job.lane);
    counters.delivered++;
    counters.deliveredEvents += job.payload.eventCount;
    return DONE;
  }

  #failed(job: Job<Delivery>, number: number, reason: string, nowMs: number): Verdict {
    const { retry, random } = this.#parts;
    const failures = (this.#failures.get(job.lane) ?? 0) + 1;
    this.#failures.set(job.lane, failures);
    const pauseMs = backoffMs(retry, failures, random());
    const ageMs = nowMs - job.madeMs;
    if (isOver(retry, number, ageMs))
      return this.#giveUp(job, number, reason, { keep: false, pauseMs });
    // The last attempt falls at the end of the time and not after it.
    return { keep: true, pauseMs: Math.min(pauseMs, retry.maxElapsedMs - ageMs) };
  }

  #giveUp(job: Job<Delivery>, number: number, reason: string, verdict: Verdict): Verdict {
    const { counters, deadLetters, network } = this.#parts;
    counters.deadLettered++;
    counters.deadLetteredEvents += job.payload.eventCount;
    deadLetters.add(deadLetter(job, number, reason, network.clock.nowMs()));
    return verdict;
  }
}

function isTaken(outcome: Outcome): boolean {
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
