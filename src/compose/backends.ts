// The concrete backends of a node: the only file that names them.
import type { Apps } from "../apps/apps.ts";
import { memoryApps } from "../apps/memory.ts";
import type { BrokerTls } from "../cluster/broker/address.ts";
import type { NatsBusSettings } from "../cluster/broker/bus-nats.ts";
import type { RedisClusterBusSettings } from "../cluster/broker/bus-redis-cluster.ts";
import type { RedisBusSettings } from "../cluster/broker/bus-redis.ts";
import type { OpenBus } from "../cluster/bus.ts";
import { localBus } from "../cluster/local/client.ts";
import type { LocalBusPlace } from "../cluster/local/place.ts";
import type { Config } from "../config/config.ts";
import { FossilEncoder } from "../delta/fossil.ts";
import { VcdiffEncoder } from "../delta/vcdiff.ts";
import type { Encoders } from "../hub/delta/outgoing.ts";
import { systemClock } from "../queue/clock.ts";
import { MemoryQueue } from "../queue/memory.ts";
import type { Queue } from "../queue/queue.ts";
import type { Delivery } from "../webhook/delivery.ts";

/** What a node rests on. */
export interface Backends {
  /** Where apps are looked up. */
  readonly apps: Apps;
  /** Where webhooks wait for their delivery. */
  readonly webhookQueue: Queue<Delivery>;
  /** What makes deltas, by algorithm. */
  readonly encoders: Encoders;
  /** What carries messages to the other nodes; null for a node that runs alone. */
  readonly openBus: OpenBus | null;
}

/** The backends that the configuration names. `place` is where a worker finds the bus of its machine. */
export function backendsOf(config: Config, place: LocalBusPlace | null = null): Backends {
  return {
    apps: memoryApps(config.apps),
    webhookQueue: new MemoryQueue<Delivery>(systemClock),
    encoders: { fossil: new FossilEncoder(), xdelta3: new VcdiffEncoder() },
    openBus: place === null ? busOf(config) : localBus(place),
  };
}

/** The bus to other nodes that the configuration names. Null for a node that runs alone. */
export function busOf(config: Config): OpenBus | null {
  switch (config.adapterDriver) {
    case "local":
      return null;
    case "redis":
      if (config.redisClusterMode) return redisClusterBusOf(config, config.redisPrefix);
      return openRedisBus(config.redisUrl === null ? redisOf(config) : redisOfUrl(config));
    case "redis-cluster":
      return redisClusterBusOf(config, config.clusterPrefix);
    case "nats":
      return natsBusOf(config);
    default:
      return config.adapterDriver satisfies never;
  }
}

// The clients of brokers are loaded by the nodes that use them: they take some megabytes of each process.

function openRedisBus(settings: RedisBusSettings): OpenBus {
  return async (member) => {
    const body = await import("../cluster/broker/bus-redis.ts");
    return body.openRedisBus(settings)(member);
  };
}

function openRedisClusterBus(settings: RedisClusterBusSettings): OpenBus {
  return async (member) => {
    const body = await import("../cluster/broker/bus-redis-cluster.ts");
    return body.openRedisClusterBus(settings)(member);
  };
}

function openNatsBus(settings: NatsBusSettings): OpenBus {
  return async (member) => {
    const body = await import("../cluster/broker/bus-nats.ts");
    return body.openNatsBus(settings)(member);
  };
}

function redisOf(config: Config): RedisBusSettings {
  const { redisHost, redisSentinels } = config;
  const isSecure = config.redisTlsEnabled || redisHost.startsWith("rediss://");
  return {
    address: { host: redisHost.replace(/^rediss?:\/\//, ""), port: config.redisPort },
    sentinels:
      redisSentinels.length === 0
        ? null
        : {
            addresses: redisSentinels,
            masterName: config.redisSentinelName,
            username: config.redisSentinelUsername,
            password: config.redisSentinelPassword,
            tls: config.sentinelTlsEnabled ? sentinelTls(config) : null,
          },
    username: config.redisUsername,
    password: config.redisPassword,
    database: config.redisDatabase,
    tls: isSecure ? redisTls(config) : null,
    prefix: config.redisPrefix,
  };
}

/** The connection that the URL names, with the files of TLS beside it. */
function redisOfUrl(config: Config): RedisBusSettings {
  const { redisUrl } = config;
  if (redisUrl === null) return redisOf(config);
  const { host, port, sentinels, masterName, sentinelPassword, isSecure } = redisUrl;
  return redisOf({
    ...config,
    redisHost: host,
    redisPort: port,
    redisUsername: redisUrl.username,
    redisPassword: redisUrl.password,
    redisDatabase: redisUrl.db,
    redisSentinels: sentinels,
    redisSentinelName: masterName,
    redisSentinelUsername: "",
    redisSentinelPassword: sentinelPassword,
    redisTlsEnabled: config.redisTlsEnabled || isSecure,
  });
}

function redisClusterBusOf(config: Config, prefix: string): OpenBus {
  const { clusterNodes, redisClusterNodes } = config;
  const nodes = clusterNodes.length === 0 ? redisClusterNodes : clusterNodes;
  const [first] = nodes;
  const isSecure =
    config.clusterTlsEnabled ||
    config.redisClusterUseTls ||
    nodes.some(({ scheme }) => scheme === "rediss");
  const hasOwn = first !== undefined && first.username + first.password !== "";
  return openRedisClusterBus({
    addresses: nodes,
    username: hasOwn ? first.username : config.redisClusterUsername || config.redisUsername,
    password: hasOwn ? first.password : config.redisClusterPassword || config.redisPassword,
    tls: isSecure
      ? {
          isVerified: !config.clusterTlsAcceptInvalidCerts,
          caPath: config.clusterTlsCaPath,
          certPath: config.clusterTlsCertPath,
          keyPath: config.clusterTlsKeyPath,
        }
      : null,
    prefix,
  });
}

function natsBusOf(config: Config): OpenBus {
  const { natsServers } = config;
  const [first] = natsServers;
  const isSecure = config.natsTlsEnabled || natsServers.some(({ scheme }) => scheme === "tls");
  const hasOwn = first !== undefined && first.username !== "";
  return openNatsBus({
    servers: natsServers,
    username: hasOwn ? first.username : config.natsUsername,
    password: hasOwn ? first.password : config.natsPassword,
    token: config.natsToken,
    credentialsPath: config.natsCredentialsPath,
    nkeySeed: config.natsNkeySeed,
    tls: isSecure
      ? {
          isVerified: !config.natsTlsAcceptInvalidCerts,
          caPath: config.natsTlsCaPath,
          certPath: config.natsTlsCertPath,
          keyPath: config.natsTlsKeyPath,
        }
      : null,
    prefix: config.natsPrefix,
  });
}

function redisTls(config: Config): BrokerTls {
  return {
    isVerified: !config.redisTlsAcceptInvalidCerts,
    caPath: config.redisTlsCaPath,
    certPath: config.redisTlsCertPath,
    keyPath: config.redisTlsKeyPath,
  };
}

function sentinelTls(config: Config): BrokerTls {
  return {
    isVerified: !config.sentinelTlsAcceptInvalidCerts,
    caPath: config.sentinelTlsCaPath,
    certPath: config.sentinelTlsCertPath,
    keyPath: config.sentinelTlsKeyPath,
  };
}
