// Faults of nodes and brokers, at the default timers and under load. Each meets a cluster of its own, so that what one
// leaves behind is not taken for the next.
import { afterEach, beforeEach, describe, expect, setDefaultTimeout, test } from "bun:test";
import { type Nats, startNats } from "../harness/brokers/nats.ts";
import { type Redis, startRedis } from "../harness/brokers/redis.ts";
import { natsBus, redisBus } from "../harness/buses.ts";
import { type Cluster, type ClusterNode, startCluster } from "../harness/cluster.ts";
import { until } from "../harness/deadline.ts";
import { isReady } from "../harness/ready.ts";
import { Scope } from "../harness/scope.ts";
import { APP_SETTINGS, death, passing, standstill, underLoad } from "./fault.ts";
import { inForm, inNight, RIGHT_AFTER_DEATH_MS } from "./form.ts";

setDefaultTimeout(inForm(60_000, 150_000));
let scope = new Scope();
afterEach(async () => {
  await scope.end();
  scope = new Scope();
});

/** Waits until each of them says that it is not ready. */
async function notReady(nodes: readonly ClusterNode[]): Promise<void> {
  for (const node of nodes)
    await until(
      async () => !(await isReady(node.server.port)),
      `node ${node.name} not to be ready`,
    );
}

describe("with Redis", () => {
  let redis: Redis;
  let cluster: Cluster;
  const under = (fault: Parameters<typeof underLoad>[2]) => underLoad(scope, cluster, fault);

  beforeEach(async () => {
    redis = await startRedis(scope);
    const bus = redisBus(redis.port);
    cluster = await startCluster(scope, { bus, nodeCount: 3, app: APP_SETTINGS });
  });

  test("a node is killed: its members go, and those that come back elsewhere are there", async () => {
    expect(await under(() => death(cluster.node(2)))).toBeLessThan(RIGHT_AFTER_DEATH_MS);
  });

  test("a node stands still for longer than the death time: its members go once and come back once", async () => {
    const forMs = inForm(8000, 45_000);
    await under((crowd) => standstill(crowd, cluster.node(1), forMs));
  });

  test("the broker is away and comes back empty", async () => {
    await under(() =>
      passing(
        inForm(5000, 40_000),
        () => redis.kill(),
        () => redis.start(),
        () => notReady(cluster.nodes),
      ),
    );
    await cluster.ready();
  });

  test("the broker is silent: nobody is announced as gone", async () => {
    const each = (what: "swallow" | "pass"): void => {
      for (const { relay } of cluster.nodes) relay?.[what]();
    };
    await under(() =>
      passing(
        inForm(10_000, 40_000),
        () => each("swallow"),
        () => each("pass"),
        () => notReady(cluster.nodes),
      ),
    );
    await cluster.ready();
  });

  test("the broker stands still: nobody is announced as gone", async () => {
    await under(() =>
      passing(
        inForm(8000, 40_000),
        () => redis.stop(),
        () => redis.cont(),
      ),
    );
  });

  test("one node is cut off from the broker: nobody is announced as gone, there or elsewhere", async () => {
    const node = cluster.node(0);
    await under(() =>
      passing(
        inForm(10_000, 40_000),
        () => node.cutOff(),
        () => node.reconnect(),
        () => notReady([node]),
      ),
    );
    await cluster.ready();
  });

  test("all nodes are restarted one after the other, and no publish is refused", async () => {
    await under(() =>
      passing(
        0,
        () => {},
        async () => {
          for (const node of cluster.nodes) {
            await node.drain();
            await node.start();
            await cluster.ready();
          }
        },
      ),
    );
  });
});

describe("with NATS", () => {
  let nats: Nats;
  let cluster: Cluster;
  const under = (fault: Parameters<typeof underLoad>[2]) => underLoad(scope, cluster, fault);

  beforeEach(async () => {
    nats = await startNats(scope);
    const bus = natsBus(nats.port);
    cluster = await startCluster(scope, { bus, nodeCount: 3, app: APP_SETTINGS });
  });

  test("a node is killed", async () => {
    expect(await under(() => death(cluster.node(2)))).toBeLessThan(RIGHT_AFTER_DEATH_MS);
  });

  test("the broker is away and comes back empty", async () => {
    await under(() =>
      passing(
        inForm(5000, 40_000),
        () => nats.kill(),
        () => nats.start(),
      ),
    );
  });

  test("one node is cut off from the broker, and nobody is announced as gone", async () => {
    const node = cluster.node(0);
    await under(() =>
      passing(
        inForm(8000, 40_000),
        () => node.cutOff(),
        () => node.reconnect(),
      ),
    );
  });

  inNight("a node stands still for longer than the death time", async () => {
    await under((crowd) => standstill(crowd, cluster.node(1), 45_000));
  });

  inNight("the broker is silent, and nobody is announced as gone", async () => {
    const each = (what: "swallow" | "pass"): void => {
      for (const { relay } of cluster.nodes) relay?.[what]();
    };
    await under(() =>
      passing(
        40_000,
        () => each("swallow"),
        () => each("pass"),
        () => notReady(cluster.nodes),
      ),
    );
  });
});
