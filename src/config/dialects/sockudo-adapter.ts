// Sockudo's names for the bus between nodes and for its connection to Redis. The keys of an adapter's connection that
// soketi has too are listed here.

import type { Config } from "../config.ts";
import type { OtherNames } from "./dialect.ts";

/** Sample files have lists that are empty, beside another one that counts. */
const isFull = (value: unknown): boolean => !Array.isArray(value) || value.length > 0;

/** The options of a connection beside `database.redis`: they take precedence. */
const PUB = "adapter.redis.redis_pub_options";

/** Sockudo's keys and variables. */
export const SOCKUDO_ADAPTER_NAMES: OtherNames<Config> = {
  adapterDriver: { env: ["ADAPTER_DRIVER"] },
  redisUrl: { keys: [`${PUB}.url`], env: ["REDIS_URL"] },
  redisHost: { env: ["DATABASE_REDIS_HOST"] },
  redisPort: { env: ["DATABASE_REDIS_PORT"] },
  redisDatabase: { env: ["DATABASE_REDIS_DB"] },
  redisUsername: { env: ["DATABASE_REDIS_USERNAME"] },
  redisPassword: { env: ["DATABASE_REDIS_PASSWORD"] },
  redisSentinelUsername: { env: ["DATABASE_REDIS_SENTINEL_USERNAME"] },
  redisSentinelPassword: { env: ["DATABASE_REDIS_SENTINEL_PASSWORD"] },
  clusterNodes: { env: ["DATABASE_REDIS_CLUSTER_NODES", "REDIS_CLUSTER_NODES"] },
  redisClusterNodes: {
    keys: [{ name: "database.redis.cluster_nodes", yields: true, gives: isFull }],
  },
  redisClusterUsername: { env: ["DATABASE_REDIS_CLUSTER_USERNAME"] },
  redisClusterPassword: { env: ["DATABASE_REDIS_CLUSTER_PASSWORD"] },
  redisClusterUseTls: { env: ["DATABASE_REDIS_CLUSTER_USE_TLS"] },
  natsServers: { env: ["NATS_SERVERS"] },
  natsPrefix: { env: ["NATS_PREFIX"] },
  natsUsername: { env: ["NATS_USERNAME"] },
  natsPassword: { env: ["NATS_PASSWORD"] },
  natsToken: { env: ["NATS_TOKEN"] },
};
