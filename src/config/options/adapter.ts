// The options of the bus between nodes: which broker there is, and what tells the nodes of one cluster from those of
// another.

import { nodes, type BrokerNode } from "../broker-node.ts";
import { ADAPTER_WORDS } from "../dialects/driver-words.ts";
import { flag, oneOf, redacted, text, whole, type Kind, type Scalar } from "../kinds.ts";
import { FILE_PATH } from "../network-kinds.ts";
import type { Table } from "../table.ts";
import { tlsOptions, type TlsConfig } from "./tls.ts";

/** A bus to other nodes. */
export type AdapterDriver = "local" | "redis" | "redis-cluster" | "nats";

/** The bus between nodes. */
export interface AdapterConfig extends TlsConfig<"clusterTls">, TlsConfig<"natsTls"> {
  /** The bus to other nodes. `local` has none. */
  readonly adapterDriver: AdapterDriver;
  /** Whether a broker that is down at the start is waited for. */
  readonly waitForBroker: boolean;
  /** Where this node runs, if the nodes of one cluster are in several regions. */
  readonly region: string;
  /** How long the members of a region are kept whose nodes all fell silent together. */
  readonly regionGraceSeconds: number;
  /** What the names of the bus begin with in Redis. */
  readonly redisPrefix: string;
  /** Whether `redis` is a Redis Cluster. */
  readonly redisClusterMode: boolean;
  /** Servers of a Redis Cluster; empty for those of `redisClusterNodes`. */
  readonly clusterNodes: readonly BrokerNode[];
  readonly clusterPrefix: string;
  /** Servers of NATS. */
  readonly natsServers: readonly BrokerNode[];
  readonly natsPrefix: string;
  readonly natsUsername: string;
  readonly natsPassword: string;
  readonly natsToken: string;
  /** The file with the JWT and the seed of a user. */
  readonly natsCredentialsPath: string;
  /** The seed of an NKey. */
  readonly natsNkeySeed: string;
}

const PREFIX = text("text without line breaks, at most 100 characters", /^[^\r\n\0]{0,100}$/);
const CREDENTIAL: Scalar<string> = text("text", /^[^\0]*$/);
const REGION = text(
  "letters, digits, dots, dashes and underscores, at most 64, or empty",
  /^[\w.-]{0,64}$/,
);

/** How the servers of a Redis Cluster are written. */
export const REDIS_NODES: Kind<readonly BrokerNode[]> = nodes({
  schemes: ["redis", "rediss"],
  defaultPort: 6379,
});

const APART = "Clusters with different prefixes never meet on one broker.";

/** The rows of `AdapterConfig`. */
export const ADAPTER_OPTIONS: Table<AdapterConfig> = {
  adapterDriver: {
    path: "adapter.driver",
    kind: oneOf(["local", "redis", "redis-cluster", "nats"], ADAPTER_WORDS),
    default: "local",
    env: ["FANWIRE_ADAPTER_DRIVER"],
    doc: "What connects this server to others. `local` is nothing: one machine. `redis-cluster` needs Redis 7, whose sharded publish/subscribe it uses.",
  },
  waitForBroker: {
    path: "adapter.wait_for_broker",
    kind: flag(),
    default: false,
    env: ["FANWIRE_ADAPTER_WAIT_FOR_BROKER"],
    doc: "What a start does when the broker is down. `false`: it fails. `true`: it goes on trying, and says so in the log.",
  },
  region: {
    path: "adapter.region",
    kind: REGION,
    default: "",
    env: ["FANWIRE_ADAPTER_REGION"],
    doc: "The name of the region in which this server runs, if its cluster is in several.",
  },
  regionGraceSeconds: {
    path: "adapter.region_grace",
    kind: whole({ min: 0, max: 86_400, unit: "seconds" }),
    default: 300,
    env: ["FANWIRE_ADAPTER_REGION_GRACE"],
    doc: "How long the presence members of another region stay when all its servers fall silent together, because that is a broken line rather than so many crashes.",
  },
  redisPrefix: {
    path: "adapter.redis.prefix",
    kind: PREFIX,
    default: "fanwire:",
    env: ["FANWIRE_ADAPTER_REDIS_PREFIX"],
    doc: `What every channel of Redis begins with, for \`redis\`. ${APART}`,
  },
  redisClusterMode: {
    path: "adapter.redis.cluster_mode",
    kind: flag(),
    default: false,
    env: ["FANWIRE_ADAPTER_REDIS_CLUSTER_MODE"],
    doc: "Whether `redis` means a Redis Cluster: the same as `redis-cluster`, with the prefix of `adapter.redis`.",
  },
  clusterNodes: {
    path: "adapter.cluster.nodes",
    kind: REDIS_NODES,
    default: [],
    env: ["FANWIRE_ADAPTER_CLUSTER_NODES"],
    doc: "Some servers of the Redis Cluster, for `redis-cluster`; the others are found. Empty: those of `database.redis.cluster.nodes`.",
  },
  clusterPrefix: {
    path: "adapter.cluster.prefix",
    kind: PREFIX,
    default: "fanwire:",
    env: ["FANWIRE_ADAPTER_CLUSTER_PREFIX"],
    doc: `What every channel of Redis begins with, for \`redis-cluster\`. ${APART}`,
  },
  ...tlsOptions({
    name: "clusterTls",
    path: "adapter.cluster.tls",
    server: "the servers of a Redis Cluster",
  }),
  natsServers: {
    path: "adapter.nats.servers",
    kind: nodes({ schemes: ["nats", "tls"], defaultPort: 4222 }),
    default: [{ scheme: "nats", host: "localhost", port: 4222, username: "", password: "" }],
    env: ["FANWIRE_ADAPTER_NATS_SERVERS"],
    doc: "Some servers of a NATS cluster, for `nats`; the others are found. With `tls://` all connections have TLS.",
  },
  natsPrefix: {
    path: "adapter.nats.prefix",
    kind: PREFIX,
    default: "fanwire",
    env: ["FANWIRE_ADAPTER_NATS_PREFIX"],
    doc: `The first token of every subject of NATS, or the first ones, with dots between them. ${APART}`,
  },
  natsUsername: {
    path: "adapter.nats.username",
    kind: CREDENTIAL,
    default: "",
    env: ["FANWIRE_ADAPTER_NATS_USERNAME"],
    doc: "The user of NATS.",
  },
  natsPassword: {
    path: "adapter.nats.password",
    kind: redacted(CREDENTIAL),
    default: "",
    env: ["FANWIRE_ADAPTER_NATS_PASSWORD"],
    doc: "Its password.",
  },
  natsToken: {
    path: "adapter.nats.token",
    kind: redacted(CREDENTIAL),
    default: "",
    env: ["FANWIRE_ADAPTER_NATS_TOKEN"],
    doc: "The token of NATS, in place of a user.",
  },
  natsCredentialsPath: {
    path: "adapter.nats.credentials_path",
    kind: FILE_PATH,
    default: "",
    env: ["FANWIRE_ADAPTER_NATS_CREDENTIALS_PATH"],
    doc: "The file with the JWT and the seed of a user of NATS (`.creds`), in place of a password.",
  },
  natsNkeySeed: {
    path: "adapter.nats.nkey_seed",
    kind: redacted(CREDENTIAL),
    default: "",
    env: ["FANWIRE_ADAPTER_NATS_NKEY_SEED"],
    doc: "The seed of an NKey of NATS, in place of a password.",
  },
  ...tlsOptions({ name: "natsTls", path: "adapter.nats.tls", server: "the servers of NATS" }),
};
