// A broker routes: nodes without subscribers of a channel receive nothing of it. Measured at each node's relay.
import { expect, setDefaultTimeout, test } from "bun:test";
import { startNats } from "../harness/brokers/nats.ts";
import { startRedis } from "../harness/brokers/redis.ts";
import { natsBus, redisBus } from "../harness/buses.ts";
import { type Bus, type Cluster, startCluster } from "../harness/cluster.ts";
import { type Scope, testScope } from "../harness/scope.ts";
import { Crowd } from "./crowd.ts";
import { APP_SETTINGS } from "./fault.ts";
import { inForm } from "./form.ts";
import { expectRight } from "./verdict.ts";
import { Lane } from "./oracle/lane.ts";

const scope = testScope();
setDefaultTimeout(60_000);

const NODE_COUNT = inForm(4, 10);
const CHANNEL = "far-away";
const PUBLISH_COUNT = 300;
const PADDING = "x".repeat(2000);
/** What a broker may send more than in the time before, to a node that is not interested: its heartbeats come a little unevenly. */
const UNEVEN_BYTES = 4096;
/** What a broker answers to one publish, to the node that it came from. */
const RECEIPT_BYTES = 64;
/** Longer than a node keeps a topic whose last subscriber has gone. */
const QUIET_MS = 3000;

const BUSES: Readonly<Record<string, (scope: Scope) => Promise<Bus>>> = {
  Redis: async (within) => redisBus((await startRedis(within)).port),
  NATS: async (within) => natsBus((await startNats(within)).port),
};

test.each(Object.keys(BUSES))(
  "%s sends a channel's messages only to the node whose clients are on it",
  async (name) => {
    const bus = await BUSES[name]?.(scope);
    if (bus === undefined) throw new Error(`Cannot test ${name}: it is not in the table`);
    const cluster = await startCluster(scope, { bus, nodeCount: NODE_COUNT, app: APP_SETTINGS });
    const crowd = new Crowd([cluster.node(0)], { channels: [CHANNEL] });
    scope.add(() => crowd.leave());
    await crowd.gather(3, 0);
    await Bun.sleep(QUIET_MS);

    const quiet = await received(cluster, () => Bun.sleep(QUIET_MS));
    const own = await received(cluster, async () => {
      const startMs = performance.now();
      await publishAll(crowd, cluster, 0);
      await Bun.sleep(Math.max(0, QUIET_MS - (performance.now() - startMs)));
    });
    const far = await received(cluster, async () => {
      const startMs = performance.now();
      await publishAll(crowd, cluster, 1);
      await Bun.sleep(Math.max(0, QUIET_MS - (performance.now() - startMs)));
    });
    for (let index = 1; index < NODE_COUNT; index++) {
      const allowed = 1.5 * (quiet[index] ?? 0) + UNEVEN_BYTES;
      expect(own[index]).toBeLessThan(allowed);
      const receipts = index === 1 ? PUBLISH_COUNT * RECEIPT_BYTES : 0;
      expect(far[index]).toBeLessThan(allowed + receipts);
    }
    expect(far[0]).toBeGreaterThan(PUBLISH_COUNT * PADDING.length);
    await expectRight(crowd);
  },
);

/** Publishes to the channel by way of the node with this index. */
async function publishAll(crowd: Crowd, cluster: Cluster, index: number): Promise<void> {
  const lane = new Lane("p", cluster.node(index));
  for (let count = 0; count < PUBLISH_COUNT; count++)
    await lane.publish(crowd.journal, CHANNEL, PADDING);
  lane.close();
}

/** The bytes that the broker sends to each node meanwhile. */
async function received(
  cluster: Cluster,
  meanwhile: () => Promise<void>,
): Promise<readonly number[]> {
  const bytes = (): readonly number[] =>
    cluster.nodes.map(({ relay }) => relay?.bytesToClients ?? 0);
  const before = bytes();
  await meanwhile();
  return bytes().map((now, index) => now - (before[index] ?? 0));
}
