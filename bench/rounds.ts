// One round of a fan-out, and the summary of several rounds. A round is measured the same way for a
// server and for the floor: CPU time of the sender's processes divided by deliveries that arrived.

import { type Histogram, median, mergeHistograms, quantile } from "./histogram.ts";
import type { Sizes, Subscribers } from "./load.ts";
import type { Plan, Sender } from "./senders.ts";
import { cpuBetweenNs, readCpu } from "./usage.ts";

/** A generous time to sign a request; the first event is due after all are signed. */
const SIGN_US = 40;

const ARRIVAL_LIMIT_MS = 5000;

/** The results of one round. */
export interface Round {
  /** CPU time of the sender per delivery, publish handling included. */
  readonly cpuUsPerDelivery: number;
  readonly cpuUsPerPublish: number;
  /** Share of one core that the sender used. */
  readonly senderCorePercent: number;
  /** Share of the round in which the sender waited for its core. */
  readonly senderWaitedPercent: number;
  /** Share of one core that the subscribers used. Near 100 they limit the measurement. */
  readonly subscriberCorePercent: number;
  readonly subscriberUsPerDelivery: number;
  readonly deliveryCount: number;
  readonly lostCount: number;
  /** Mean bytes of a delivered frame, its header included. */
  readonly frameBytes: number;
  /** Deliveries that were deltas, and how many of these were binary. */
  readonly deltaCount: number;
  readonly binaryCount: number;
  readonly deltaSizes: Sizes;
  /** The longest delay of a publish. */
  readonly publishLateUs: number;
  readonly latency: Histogram;
  /** For each event, microseconds until its last subscriber had it. */
  readonly lasts: readonly number[];
}

/** Lets `sender` send the plan's events to the subscribers, and measures.
 *
 * @throws if a delivery cannot be read or a subscriber dies. */
export async function measureRound(
  sender: Sender,
  subscribers: Subscribers,
  plan: Plan,
): Promise<Round> {
  await subscribers.reset();
  const before = readCpu(sender.pids);
  const subscribersBefore = readCpu([subscribers.pid]);
  const startUs = Date.now() * 1000 + 300_000 + plan.publishCount * SIGN_US;
  const publishLateUs = await sender.send(plan, startUs);
  const expected = plan.publishCount * plan.subscriberCount;
  await subscribers.waitFor(expected, ARRIVAL_LIMIT_MS);
  const after = readCpu(sender.pids);
  const cpuUs = cpuBetweenNs(before, after) / 1000;
  const subscribersUs = cpuBetweenNs(subscribersBefore, readCpu([subscribers.pid])) / 1000;
  const report = await subscribers.report();
  if (report.errors > 0 || report.dead > 0 || report.unstamped > 0)
    throw new Error(
      `Cannot trust a round of "${sender.name}": ${report.dead} subscribers died, ${report.errors} had errors, ${report.unstamped} deliveries had no stamp; none must`,
    );
  const plannedUs = (plan.publishCount / plan.ratePerSecond) * 1e6;
  return {
    cpuUsPerDelivery: cpuUs / report.deliveries,
    cpuUsPerPublish: cpuUs / plan.publishCount,
    senderCorePercent: (100 * cpuUs) / plannedUs,
    senderWaitedPercent: (after.waitedNs - before.waitedNs) / 10 / plannedUs,
    subscriberCorePercent: (100 * subscribersUs) / plannedUs,
    subscriberUsPerDelivery: subscribersUs / report.deliveries,
    deliveryCount: report.deliveries,
    lostCount: expected - report.deliveries,
    frameBytes: report.bytes / report.deliveries,
    deltaCount: report.deltas,
    binaryCount: report.binaries,
    deltaSizes: report.deltaSizes,
    publishLateUs,
    latency: report.latency,
    lasts: report.lasts,
  };
}

/** The summary of several rounds of one sender. */
export interface Summary {
  readonly name: string;
  /** Median of the rounds. */
  readonly cpuUsPerDelivery: number;
  readonly cpuUsPerDeliveryOfRounds: readonly number[];
  /** Median of the ratios to the next round of the floor. */
  readonly ratioToFloor: number;
  readonly ratioToFloorOfRounds: readonly number[];
  /** One publish to one subscriber, at 1,000 a second; NaN for the floor. */
  readonly loneCpuUsPerPublish: number;
  readonly senderCorePercent: number;
  readonly senderWaitedPercent: number;
  readonly subscriberCorePercent: number;
  readonly frameBytes: number;
  readonly lostCount: number;
  readonly publishLateUs: number;
  /** Over the deliveries of all rounds. */
  readonly p50Us: number;
  readonly p99Us: number;
  /** Time until the last subscriber had an event: for the median and the worst event. */
  readonly lastP50Us: number;
  readonly lastWorstUs: number;
}

/** Summarises a sender's rounds. `floorRounds` alternated with them. */
export function summarise(
  name: string,
  rounds: readonly Round[],
  floorRounds: readonly Round[],
  loneCpuUsPerPublish: number,
): Summary {
  const ratios = rounds.map(
    (round, i) => round.cpuUsPerDelivery / (floorRounds[i]?.cpuUsPerDelivery ?? NaN),
  );
  const costs = rounds.map((round) => round.cpuUsPerDelivery);
  const latency = mergeHistograms(rounds.map((round) => round.latency));
  const lasts = rounds.flatMap((round) => round.lasts);
  return {
    name,
    cpuUsPerDelivery: median(costs),
    cpuUsPerDeliveryOfRounds: costs,
    ratioToFloor: median(ratios),
    ratioToFloorOfRounds: ratios,
    loneCpuUsPerPublish,
    senderCorePercent: median(rounds.map((round) => round.senderCorePercent)),
    senderWaitedPercent: median(rounds.map((round) => round.senderWaitedPercent)),
    subscriberCorePercent: median(rounds.map((round) => round.subscriberCorePercent)),
    frameBytes: median(rounds.map((round) => round.frameBytes)),
    lostCount: rounds.reduce((sum, round) => sum + round.lostCount, 0),
    publishLateUs: Math.max(...rounds.map((round) => round.publishLateUs)),
    p50Us: quantile(latency, 0.5),
    p99Us: quantile(latency, 0.99),
    lastP50Us: median(lasts),
    lastWorstUs: Math.max(...lasts),
  };
}
