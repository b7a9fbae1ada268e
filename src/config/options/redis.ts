// The options of the connection to Redis, in the place where Sockudo and soketi have them.

import { nodes, REDIS_HOST, type BrokerNode } from "../broker-node.ts";
import { flag, redacted, text, whole, type Scalar } from "../kinds.ts";
import { REDIS_URL, type RedisUrl } from "../redis-url.ts";
import type { Table } from "../table.ts";
import { REDIS_NODES } from "./adapter.ts";
import { tlsOptions, type TlsConfig } from "./tls.ts";

/** A connection to Redis. Empty text stands for nothing. */
export interface RedisConfig extends TlsConfig<"redisTls">, TlsConfig<"sentinelTls"> {
  /** The whole connection in one text, in place of everything else but the files of TLS. */
  readonly redisUrl: RedisUrl | null;
  /** `rediss://` before it stands for TLS. */
  readonly redisHost: string;
  readonly redisPort: number;
  readonly redisDatabase: number;
  readonly redisUsername: string;
  readonly redisPassword: string;
  /** Sentinels to ask for the server, in place of host and port. */
  readonly redisSentinels: readonly BrokerNode[];
  readonly redisSentinelName: string;
  readonly redisSentinelUsername: string;
  readonly redisSentinelPassword: string;
  readonly redisClusterNodes: readonly BrokerNode[];
  readonly redisClusterUsername: string;
  readonly redisClusterPassword: string;
  readonly redisClusterUseTls: boolean;
}

const CREDENTIAL: Scalar<string> = text("text", /^[^\0]*$/);

/** The rows of `RedisConfig`. */
export const REDIS_OPTIONS: Table<RedisConfig> = {
  redisUrl: {
    path: "database.redis.url",
    kind: REDIS_URL,
    default: null,
    env: ["FANWIRE_DATABASE_REDIS_URL"],
    doc: "The connection to Redis in one text. What it says counts, and also what it leaves out: host, port, database, users, passwords and sentinels beside it do not.",
  },
  redisHost: {
    path: "database.redis.host",
    kind: REDIS_HOST,
    default: "127.0.0.1",
    env: ["FANWIRE_DATABASE_REDIS_HOST"],
    doc: "The host of Redis.",
  },
  redisPort: {
    path: "database.redis.port",
    kind: whole({ min: 1, max: 65_535 }),
    default: 6379,
    env: ["FANWIRE_DATABASE_REDIS_PORT"],
    doc: "The port of Redis.",
  },
  redisDatabase: {
    path: "database.redis.db",
    kind: whole({ min: 0, max: 65_535 }),
    default: 0,
    env: ["FANWIRE_DATABASE_REDIS_DB"],
    doc: "The number of the database. Messages between nodes are the same in all databases: what keeps clusters apart is the prefix.",
  },
  redisUsername: {
    path: "database.redis.username",
    kind: CREDENTIAL,
    default: "",
    env: ["FANWIRE_DATABASE_REDIS_USERNAME"],
    doc: "The user of Redis. Empty: the default user.",
  },
  redisPassword: {
    path: "database.redis.password",
    kind: redacted(CREDENTIAL),
    default: "",
    env: ["FANWIRE_DATABASE_REDIS_PASSWORD"],
    doc: "The password of Redis. Empty: none.",
  },
  ...tlsOptions({
    name: "redisTls",
    path: "database.redis.master_tls",
    server: "Redis",
    env: "DATABASE_REDIS_MASTER_TLS",
  }),
  redisSentinels: {
    path: "database.redis.sentinels",
    kind: nodes({ schemes: [], defaultPort: 26_379 }),
    default: [],
    env: ["FANWIRE_DATABASE_REDIS_SENTINELS"],
    doc: "The sentinels that know where Redis is, in place of its host and port. Empty: none.",
  },
  redisSentinelName: {
    path: "database.redis.name",
    kind: text("a name without spaces", /^[^\s\0]+$/),
    default: "mymaster",
    env: ["FANWIRE_DATABASE_REDIS_NAME"],
    doc: "The name that the sentinels have for it.",
  },
  redisSentinelUsername: {
    path: "database.redis.sentinel_username",
    kind: CREDENTIAL,
    default: "",
    env: ["FANWIRE_DATABASE_REDIS_SENTINEL_USERNAME"],
    doc: "The user of the sentinels. Empty: the default user.",
  },
  redisSentinelPassword: {
    path: "database.redis.sentinel_password",
    kind: redacted(CREDENTIAL),
    default: "",
    env: ["FANWIRE_DATABASE_REDIS_SENTINEL_PASSWORD"],
    doc: "The password of the sentinels. Empty: none.",
  },
  ...tlsOptions({
    name: "sentinelTls",
    path: "database.redis.sentinel_tls",
    server: "the sentinels",
    env: "DATABASE_REDIS_SENTINEL_TLS",
  }),
  redisClusterNodes: {
    path: "database.redis.cluster.nodes",
    kind: REDIS_NODES,
    default: [],
    env: ["FANWIRE_DATABASE_REDIS_CLUSTER_NODES"],
    doc: "Some servers of a Redis Cluster, unless `adapter.cluster.nodes` has them.",
  },
  redisClusterUsername: {
    path: "database.redis.cluster.username",
    kind: CREDENTIAL,
    default: "",
    env: ["FANWIRE_DATABASE_REDIS_CLUSTER_USERNAME"],
    doc: "The user of the Redis Cluster. Empty: `database.redis.username`.",
  },
  redisClusterPassword: {
    path: "database.redis.cluster.password",
    kind: redacted(CREDENTIAL),
    default: "",
    env: ["FANWIRE_DATABASE_REDIS_CLUSTER_PASSWORD"],
    doc: "The password of the Redis Cluster. Empty: `database.redis.password`.",
  },
  redisClusterUseTls: {
    path: "database.redis.cluster.use_tls",
    kind: flag(),
    default: false,
    env: ["FANWIRE_DATABASE_REDIS_CLUSTER_USE_TLS"],
    doc: "TLS to the Redis Cluster, as `adapter.cluster.tls.enabled`.",
  },
};
