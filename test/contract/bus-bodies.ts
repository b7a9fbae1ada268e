// The bodies of the bus, each with a real broker. A new body is one more row.
import type { OpenBus } from "../../src/cluster/bus.ts";
import { openRedisBus } from "../../src/cluster/broker/bus-redis.ts";
import { openRedisClusterBus } from "../../src/cluster/broker/bus-redis-cluster.ts";
import { openNatsBus } from "../../src/cluster/broker/bus-nats.ts";
import { localBus } from "../../src/cluster/local/client.ts";
import { Router } from "../../src/cluster/local/router.ts";
import type { Broker } from "../harness/brokers/broker.ts";
import { startNats } from "../harness/brokers/nats.ts";
import { startRedisCluster } from "../harness/brokers/redis-cluster.ts";
import { startRedis } from "../harness/brokers/redis.ts";
import { makeDirectory } from "../harness/program.ts";
import type { Scope } from "../harness/scope.ts";

/** A broker that runs, as the suite uses it. */
export interface BodyBroker {
  /** A bus whose topics nobody meets who has another prefix. */
  readonly busWith: (prefix: string) => OpenBus;
  /** The beginning of what opening says when the broker is down. */
  readonly refusal: string;
  /** The processes that make up the broker; none if it cannot be away. */
  readonly processes: readonly Broker[];
}

/** One body. */
export interface Body {
  readonly name: string;
  readonly start: (scope: Scope) => Promise<BodyBroker>;
}

const HOST = "127.0.0.1";
const OPEN_ACCESS = { username: "", password: "", tls: null } as const;

const NO_KEYS = { token: "", credentialsPath: "", nkeySeed: "" } as const;

/** All bodies. */
export const BODIES: readonly Body[] = [
  {
    name: "local",
    start: async (scope) => {
      const folder = makeDirectory(scope);
      // A router has no prefixes: each server has a router of its own.
      const places = new Map<string, { readonly router: Router; readonly path: string }>();
      return {
        busWith(prefix) {
          const { router, path } = places.getOrInsertComputed(prefix, () => {
            const socket = `${folder}/${places.size}`;
            const made = new Router(socket);
            scope.add(() => made.close());
            return { router: made, path: socket };
          });
          return localBus({ path, token: router.invite() });
        },
        refusal: 'Cannot open bus "local": ',
        processes: [],
      };
    },
  },
  {
    name: "redis",
    start: async (scope) => {
      const redis = await startRedis(scope);
      const address = { host: HOST, port: redis.port };
      return {
        busWith: (prefix) =>
          openRedisBus({ ...OPEN_ACCESS, address, sentinels: null, database: 0, prefix }),
        refusal: `Cannot open bus "redis://${HOST}:${redis.port}": connection refused`,
        processes: [redis],
      };
    },
  },
  {
    name: "redis-cluster",
    start: async (scope) => {
      const { nodes } = await startRedisCluster(scope);
      const addresses = nodes.map(({ port }) => ({ host: HOST, port }));
      const urls = nodes.map(({ port }) => `${HOST}:${port}`).join(",");
      return {
        busWith: (prefix) => openRedisClusterBus({ ...OPEN_ACCESS, addresses, prefix }),
        refusal: `Cannot open bus "redis://${urls}": connection refused`,
        processes: nodes,
      };
    },
  },
  {
    name: "nats",
    start: async (scope) => {
      const nats = await startNats(scope);
      const servers = [{ host: HOST, port: nats.port }];
      return {
        busWith: (prefix) => openNatsBus({ ...OPEN_ACCESS, ...NO_KEYS, servers, prefix }),
        refusal: `Cannot open bus "nats://${HOST}:${nats.port}": connection refused`,
        processes: [nats],
      };
    },
  },
];
