// soketi's names for the bus between nodes and for its connection to Redis. Its options of single connections are those of
// ioredis, of which these are taken.

import type { Config } from "../config.ts";
import type { OtherNames } from "./dialect.ts";

/** The options of a connection beside `database.redis`. */
const PUB = "adapter.redis.redis_pub_options";

/** soketi's keys and variables. */
export const SOKETI_ADAPTER_NAMES: OtherNames<Config> = {
  adapterDriver: { env: ["SOKETI_ADAPTER_DRIVER"] },
  redisPrefix: { env: ["SOKETI_ADAPTER_REDIS_PREFIX"] },
  redisClusterMode: { env: ["SOKETI_ADAPTER_REDIS_CLUSTER_MODE"] },
  redisHost: { keys: [`${PUB}.host`], env: ["SOKETI_DB_REDIS_HOST"] },
  redisPort: { keys: [`${PUB}.port`], env: ["SOKETI_DB_REDIS_PORT"] },
  redisDatabase: { keys: [`${PUB}.db`], env: ["SOKETI_DB_REDIS_DB"] },
  redisUsername: { keys: [`${PUB}.username`], env: ["SOKETI_DB_REDIS_USERNAME"] },
  redisPassword: { keys: [`${PUB}.password`], env: ["SOKETI_DB_REDIS_PASSWORD"] },
  redisSentinels: { env: ["SOKETI_DB_REDIS_SENTINELS"] },
  redisSentinelName: { env: ["SOKETI_DB_REDIS_INSTANCE_NAME"] },
  redisSentinelPassword: { env: ["SOKETI_DB_REDIS_SENTINEL_PASSWORD"] },
  redisClusterNodes: { env: ["SOKETI_DB_REDIS_CLUSTER_NODES"] },
  natsServers: { env: ["SOKETI_ADAPTER_NATS_SERVERS"] },
  natsPrefix: { env: ["SOKETI_ADAPTER_NATS_PREFIX"] },
  natsUsername: { keys: ["adapter.nats.user"], env: ["SOKETI_ADAPTER_NATS_USER"] },
  natsPassword: { keys: ["adapter.nats.pass"], env: ["SOKETI_ADAPTER_NATS_PASSWORD"] },
  natsToken: { env: ["SOKETI_ADAPTER_NATS_TOKEN"] },
};
