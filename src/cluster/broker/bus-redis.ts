// The bus of one Redis server, or of the master that sentinels name.
import type { OpenBus } from "../bus.ts";
import { tlsOf, urlOf, type BrokerAddress, type BrokerTls } from "./address.ts";
import { brokerBus, type BrokerMap } from "./broker-bus.ts";
import type { RedisTarget } from "./redis-connection.ts";
import type { BrokerLink, LinkPurpose } from "./link.ts";
import { connectRedisLink } from "./redis-link.ts";
import { watchSentinels } from "./redis-sentinels.ts";

/** The sentinels of a server. */
export interface SentinelSettings {
  readonly addresses: readonly BrokerAddress[];
  /** What they call the master. */
  readonly masterName: string;
  readonly username: string;
  readonly password: string;
  /** Null for connections without TLS. */
  readonly tls: BrokerTls | null;
}

/** A Redis server, and what of it belongs to this bus. Empty text stands for nothing. */
export interface RedisBusSettings {
  /** Of the server itself; not used when there are sentinels. */
  readonly address: BrokerAddress;
  readonly sentinels: SentinelSettings | null;
  readonly username: string;
  readonly password: string;
  /** The database. Messages are the same in all of them. */
  readonly database: number;
  /** Null for connections without TLS. */
  readonly tls: BrokerTls | null;
  /** What every channel begins with. */
  readonly prefix: string;
}

/** The only server of the map: whoever is the master now. */
const MASTER = "master";
const MAP: BrokerMap = { servers: [MASTER], serverOf: () => MASTER };

/** A bus over one Redis server. */
export function openRedisBus(settings: RedisBusSettings): OpenBus {
  const { sentinels, password } = settings;
  return brokerBus({
    url: shownUrl(settings),
    secrets: [password, sentinels?.password],
    find: () => Promise.resolve(MAP),
    connect: (_, purpose) => connect(settings, purpose),
  });
}

async function connect(settings: RedisBusSettings, purpose: LinkPurpose): Promise<BrokerLink> {
  const { sentinels, prefix } = settings;
  const target = targetOf(settings);
  let unwatch: (() => void) | null = null;
  const broken = (reason: string): void => {
    unwatch?.();
    purpose.events.broken(reason);
  };
  const events = { ...purpose.events, broken };
  const link = await connectRedisLink({ ...purpose, events, target, isSharded: false, prefix });
  if (sentinels !== null)
    unwatch = watchSentinels(target, () => link.destroy("the sentinels have named another master"));
  return link;
}

function targetOf(settings: RedisBusSettings): RedisTarget {
  const { address, sentinels, username, password, database, tls } = settings;
  return {
    ...(username === "" ? {} : { username }),
    ...(password === "" ? {} : { password }),
    db: database,
    ...(tls === null ? {} : { tls: tlsOf(tls) }),
    ...(sentinels === null ? address : sentinelTarget(sentinels, tls !== null)),
  };
}

function sentinelTarget(sentinels: SentinelSettings, isMasterSecure: boolean): RedisTarget {
  const { addresses, masterName, username, password, tls } = sentinels;
  return {
    sentinels: [...addresses],
    name: masterName,
    enableTLSForSentinelMode: isMasterSecure,
    ...(username === "" ? {} : { sentinelUsername: username }),
    ...(password === "" ? {} : { sentinelPassword: password }),
    ...(tls === null ? {} : { sentinelTLS: tlsOf(tls) }),
  };
}

function shownUrl({ address, sentinels, tls }: RedisBusSettings): string {
  const scheme = tls === null ? "redis" : "rediss";
  if (sentinels === null) return urlOf(scheme, [address]);
  return `${urlOf(`${scheme}+sentinel`, sentinels.addresses)}/${sentinels.masterName}`;
}
