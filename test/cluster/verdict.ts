// When a cluster is right again after a fault, and whether it was right all the time.
import type { Crowd } from "./crowd.ts";
import { ANSWER_MS, SLACK_MS } from "./form.ts";
import { type Complaint, expectNone, report, seconds } from "./oracle/complaint.ts";
import { type DeliveryTerms, judgeAnswers, judgeDeliveries } from "./oracle/deliveries.ts";
import type { Journal, Sending } from "./oracle/journal.ts";
import { judgeMembers, type MemberTerms } from "./oracle/members.ts";
import {
  type AnsweringNode,
  judgeAnswersOfQueries,
  judgeCounts,
  judgeViews,
} from "./oracle/views.ts";

const POLL_MS = 100;
/** It must stay right for so long. */
const STEADY_MS = 1000;
/** The count of a channel with more than 100 subscriptions is told every five seconds. */
const COUNT_MS = 6000;

/** Waits until all views and all answers of the nodes are right. Returns how long after `sinceMs` that was. @throws a report when it takes longer than `maxMs`. */
export async function untilRight(
  { journal }: Crowd,
  nodes: readonly AnsweringNode[],
  sinceMs: number,
  maxMs: number,
): Promise<number> {
  let rightSinceMs: number | null = null;
  for (;;) {
    const nowMs = performance.now();
    const complaints = [...judgeViews(journal), ...(await judgeAnswersOfQueries(journal, nodes))];
    rightSinceMs = complaints.length > 0 ? null : (rightSinceMs ?? nowMs);
    if (rightSinceMs !== null && nowMs - rightSinceMs >= STEADY_MS)
      return Math.max(0, rightSinceMs - sinceMs);
    if (rightSinceMs === null && nowMs - sinceMs > maxMs)
      throw new Error(
        `Not right ${seconds(nowMs - sinceMs)} after the fault:\n  ${report(complaints)}`,
      );
    await Bun.sleep(POLL_MS);
  }
}

/** How strictly the whole run is judged. */
export interface Terms extends Partial<DeliveryTerms>, Partial<MemberTerms> {
  /** Publishes that need not have been answered: their node had died or stood still. */
  readonly excused?: (sending: Sending) => boolean;
}

/** What was wrong in the whole run, once nothing is under way any more. */
export function judgeRun(journal: Journal, terms: Terms = {}): readonly Complaint[] {
  const { flightMs = 2000, settleMs = 3000, standstills = [], stoodStill, excused } = terms;
  return [
    ...journal.accidents.map((text) => ({ rule: "accident" as const, text })),
    ...judgeDeliveries(journal, { flightMs, standstills }),
    ...judgeMembers(journal, { settleMs, ...(stoodStill === undefined ? {} : { stoodStill }) }),
    ...judgeAnswers(journal, ANSWER_MS + SLACK_MS + 2 * journal.lagMs, excused),
  ];
}

/** Ends the load, and judges the whole run. @throws a report when anything was wrong. */
export async function expectRight(crowd: Crowd, terms: Terms = {}): Promise<void> {
  expectNone(await judgeAll(crowd, terms), "in this run");
}

async function judgeAll(crowd: Crowd, terms: Terms): Promise<readonly Complaint[]> {
  await crowd.calm();
  await Bun.sleep(STEADY_MS);
  const endMs = performance.now() + COUNT_MS;
  while (judgeCounts(crowd.journal).length > 0 && performance.now() < endMs)
    await Bun.sleep(POLL_MS);
  return [...judgeRun(crowd.journal, terms), ...judgeCounts(crowd.journal)];
}

/** A moment from which on all must become right, and how soon. */
export interface Limit {
  readonly sinceMs: number;
  readonly maxMs: number;
}

/** Waits until all is right, and judges the whole run also when it does not become right. Returns how long it took. @throws a report of both. */
export async function expectRightAfter(
  crowd: Crowd,
  nodes: readonly AnsweringNode[],
  { sinceMs, maxMs }: Limit,
  terms: Terms = {},
): Promise<number> {
  const again = await untilRight(crowd, nodes, sinceMs, maxMs).catch(asError);
  const complaints = await judgeAll(crowd, terms);
  if (again instanceof Error)
    throw new Error(`${again.message}\n  and in the whole run\n  ${report(complaints)}`);
  expectNone(complaints, "in this run");
  return again;
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
