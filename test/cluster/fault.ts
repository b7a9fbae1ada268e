// A fault under load: the crowd is there, visitors come and go, publishers publish, something breaks and is
// mended, and then everything must be right in time and must have been right all along.
import type { Cluster, ClusterNode } from "../harness/cluster.ts";
import type { Scope } from "../harness/scope.ts";
import { Crowd } from "./crowd.ts";
import { LOAD, RIGHT_AFTER_DEATH_MS, RIGHT_MS, SLACK_MS } from "./form.ts";
import { seconds } from "./oracle/complaint.ts";
import type { Sending } from "./oracle/journal.ts";
import { expectRightAfter, type Terms } from "./verdict.ts";

/** What a fault leaves behind. */
export interface Aftermath {
  /** When everything worked again, or when the node had died. */
  readonly endedMs: number;
  /** How soon after that all views must be right. */
  readonly rightMs: number;
  readonly terms?: Terms;
}

const VISITOR_COUNT = 12;
/** The load goes on for so long before the fault. */
const BEFORE_MS = 1500;
/** The apps of these tests. */
export const APP_SETTINGS = {
  enable_subscription_count: true,
  enable_watchlist_events: true,
  max_presence_members_per_channel: 1000,
};

/** Puts the cluster under load, makes the fault happen, and judges. Returns how long it took to be right again. */
export async function underLoad(
  scope: Scope,
  cluster: Cluster,
  fault: (crowd: Crowd) => Promise<Aftermath>,
): Promise<number> {
  const crowd = new Crowd(cluster.nodes);
  scope.add(() => crowd.leave());
  await crowd.gather(LOAD.userCount, LOAD.secondTabCount);
  crowd.publish(LOAD);
  crowd.visit(VISITOR_COUNT);
  await Bun.sleep(BEFORE_MS);
  const { endedMs, rightMs, terms } = await fault(crowd);
  await crowd.endVisits();
  const limit = { sinceMs: endedMs, maxMs: rightMs + SLACK_MS };
  const tookMs = await expectRightAfter(crowd, cluster.up, limit, terms);
  process.stdout.write(`right again after ${seconds(tookMs)}\n`);
  return tookMs;
}

/** Something that lasts for so long, and is then mended. `meanwhile` looks at it. */
export async function passing(
  forMs: number,
  begin: () => unknown,
  end: () => unknown,
  meanwhile: () => unknown = () => {},
): Promise<Aftermath> {
  const beganMs = performance.now();
  await begin();
  await Promise.all([Bun.sleep(forMs), meanwhile()]);
  await end();
  const endedMs = performance.now();
  return { endedMs, rightMs: RIGHT_MS, terms: lasting(endedMs - beganMs) };
}

/** The terms for a fault of this length: what happens meanwhile may be told when it is over. */
function lasting(forMs: number): Terms {
  const settleMs = forMs + RIGHT_AFTER_DEATH_MS;
  return { settleMs, flightMs: settleMs };
}

/** A node that dies. */
export async function death(node: ClusterNode): Promise<Aftermath> {
  await node.kill();
  return {
    endedMs: performance.now(),
    rightMs: RIGHT_AFTER_DEATH_MS,
    terms: {
      ...lasting(0),
      excused: ({ node: name, status }) => name === node.name && status === 0,
    },
  };
}

/** A node that stands still for so long. */
export async function standstill(
  crowd: Crowd,
  node: ClusterNode,
  forMs: number,
): Promise<Aftermath> {
  const fromMs = performance.now();
  const elsewhere = new Set<string>();
  const userIds = new Set<string>();
  for (const { userId, node: at } of crowd.observers)
    (at.name === node.name ? userIds : elsewhere).add(userId);
  const aftermath = await passing(
    forMs,
    () => node.freeze(),
    () => node.thaw(),
  );
  const toMs = aftermath.endedMs + SLACK_MS;
  const isExcused = ({ node: name, sentMs }: Sending): boolean =>
    name === node.name && sentMs > fromMs - SLACK_MS && sentMs < toMs;
  return {
    ...aftermath,
    terms: {
      ...aftermath.terms,
      standstills: [{ node: node.name, fromMs: fromMs - SLACK_MS, toMs }],
      stoodStill: { node: node.name, userIds: userIds.difference(elsewhere) },
      excused: isExcused,
    },
  };
}
