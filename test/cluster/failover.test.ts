// Brokers that replace a server that was lost: Redis with sentinels, a Redis Cluster, a NATS cluster.
import { afterEach, expect, setDefaultTimeout, test } from "bun:test";
import { startNatsCluster } from "../harness/brokers/nats.ts";
import { startRedisCluster } from "../harness/brokers/redis-cluster.ts";
import { startSentinels } from "../harness/brokers/redis.ts";
import { redisClusterBus, sentinelBus } from "../harness/buses.ts";
import { type Bus, startCluster } from "../harness/cluster.ts";
import { until } from "../harness/deadline.ts";
import { Scope } from "../harness/scope.ts";
import { type Aftermath, APP_SETTINGS, passing, underLoad } from "./fault.ts";

setDefaultTimeout(90_000);
let scope = new Scope();
afterEach(async () => {
  await scope.end();
  scope = new Scope();
});

/** Nodes under load live through the fault. */
async function live(bus: Bus, fault: () => Promise<Aftermath>): Promise<void> {
  const cluster = await startCluster(scope, { bus, nodeCount: 3, app: APP_SETTINGS });
  await underLoad(scope, cluster, fault);
}

test("the sentinels of a Redis choose another master", async () => {
  const redis = await startSentinels(scope);
  const { nodes, sentinels, name } = redis;
  const bus = sentinelBus(
    sentinels.map(({ port }) => port),
    name,
  );
  const chosen = async (): Promise<void> => {
    const before = nodes[0]?.port;
    await until(async () => (await redis.master()) !== before, "another master");
  };
  await live(bus, () => passing(0, () => nodes[0]?.kill(), chosen));
});

test("a Redis Cluster loses a primary", async () => {
  const redis = await startRedisCluster(scope);
  const { nodes } = redis;
  const bus = redisClusterBus(nodes.map(({ port }) => port));
  const lost = nodes[1];
  const SLOT_OF_LOST = 8000;
  const promoted = async (): Promise<void> => {
    await until(async () => {
      const now = await redis.primaryOf(SLOT_OF_LOST);
      return now !== null && now !== lost;
    }, "a replica that takes over");
  };
  await live(bus, () => passing(0, () => lost?.kill(), promoted));
});

test("a NATS cluster loses the server that a node is connected to", async () => {
  const servers = await startNatsCluster(scope);
  const urls = servers.map(({ port }) => `nats://127.0.0.1:${port}`);
  const bus: Bus = {
    name: "NATS cluster",
    broker: null,
    config: () => ({ adapter: { driver: "nats", nats: { servers: urls, prefix: "test" } } }),
  };
  expect(servers.length).toBe(3);
  await live(bus, () =>
    passing(
      1000,
      () => servers[0]?.kill(),
      () => {},
    ),
  );
});
