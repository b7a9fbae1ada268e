// The ways in which nodes are connected, each with a real broker started for it.
import { startNats } from "../harness/brokers/nats.ts";
import { startRedisCluster } from "../harness/brokers/redis-cluster.ts";
import { startRedis } from "../harness/brokers/redis.ts";
import { LOCAL_BUS, natsBus, redisBus, redisClusterBus } from "../harness/buses.ts";
import { type Cluster, type ClusterSettings, startCluster } from "../harness/cluster.ts";
import type { Scope } from "../harness/scope.ts";

/** What differs from nodes with nothing but an app. */
export type SystemSettings = Pick<ClusterSettings, "app" | "config">;

/** Starts a cluster of three processes. */
export type StartSystem = (scope: Scope, settings: SystemSettings) => Promise<Cluster>;

const PROCESS_COUNT = 3;

/** By name. Workers are one server with one port, so that chance puts each client on one of them. */
export const SYSTEMS: Readonly<Record<string, StartSystem>> = {
  "three nodes and Redis": async (scope, settings) =>
    nodes(scope, { ...settings, bus: redisBus((await startRedis(scope)).port) }),
  "three nodes and NATS": async (scope, settings) =>
    nodes(scope, { ...settings, bus: natsBus((await startNats(scope)).port) }),
  "three nodes and a Redis Cluster": async (scope, settings) => {
    const { nodes: servers } = await startRedisCluster(scope);
    const bus = redisClusterBus(servers.map(({ port }) => port));
    return nodes(scope, { ...settings, bus });
  },
  "three workers": (scope, settings) =>
    startCluster(scope, {
      ...settings,
      bus: LOCAL_BUS,
      nodeCount: 1,
      args: ["--workers", `${PROCESS_COUNT}`],
    }),
};

function nodes(scope: Scope, settings: Omit<ClusterSettings, "nodeCount">): Promise<Cluster> {
  return startCluster(scope, { ...settings, nodeCount: PROCESS_COUNT });
}
