// What configuration files say of each bus, in the words of Sockudo's files.
import type { Bus } from "./cluster.ts";

const HOST = "127.0.0.1";

/** A Redis server. */
export function redisBus(port: number, prefix = "test:"): Bus {
  return {
    name: "Redis",
    broker: { port },
    config: (relayPort) => ({
      adapter: { driver: "redis", redis: { host: HOST, port: relayPort, prefix } },
    }),
  };
}

/** A NATS server. */
export function natsBus(port: number, prefix = "test"): Bus {
  return {
    name: "NATS",
    broker: { port },
    config: (relayPort) => ({
      adapter: { driver: "nats", nats: { servers: [`nats://${HOST}:${relayPort}`], prefix } },
    }),
  };
}

/** Servers of a Redis Cluster. Its servers name one another, so no relay can be between them and a node. */
export function redisClusterBus(ports: readonly number[], prefix = "test:"): Bus {
  const nodes = ports.map((port) => `redis://${HOST}:${port}`);
  return {
    name: "Redis Cluster",
    broker: null,
    config: () => ({ adapter: { driver: "redis-cluster", cluster: { nodes, prefix } } }),
  };
}

/** A Redis master that sentinels name. */
export function sentinelBus(ports: readonly number[], name: string, prefix = "test:"): Bus {
  const sentinels = ports.map((port) => ({ host: HOST, port }));
  return {
    name: "Sentinel",
    broker: null,
    config: () => ({
      adapter: { driver: "redis", redis: { prefix } },
      database: { redis: { sentinels, name } },
    }),
  };
}

/** None: the workers of one machine. */
export const LOCAL_BUS: Bus = { name: "workers", broker: null, config: () => ({}) };
