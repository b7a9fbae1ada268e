// The bus of a Redis Cluster: each topic is a channel of one shard (sharded publish/subscribe, Redis 7), and a node is
// connected to the primary of every shard.
import { tlsOf, urlOf, type BrokerAddress, type BrokerTls } from "./address.ts";
import { brokerBus, type BrokerMap } from "./broker-bus.ts";
import { CONNECT_DEADLINE_MS } from "./bounds.ts";
import type { OpenBus } from "../bus.ts";
import { inTime } from "./in-time.ts";

import { connectRedis, destroyRedis, type RedisTarget } from "./redis-connection.ts";
import { connectRedisLink } from "./redis-link.ts";
import { readSlots, slotOf, type SlotMap } from "./redis-slots.ts";

/** A Redis Cluster, and what of it belongs to this bus. Empty text stands for nothing. */
export interface RedisClusterBusSettings {
  /** Some of its servers, at least one. The others are found. */
  readonly addresses: readonly BrokerAddress[];
  readonly username: string;
  readonly password: string;
  /** Null for connections without TLS. */
  readonly tls: BrokerTls | null;
  /** What every channel begins with. */
  readonly prefix: string;
}

/** What one server tells, with the age of what it knows. */
interface Testimony {
  readonly slots: SlotMap;
  readonly epoch: number;
}

/** How long the other servers are waited for when one has answered: what it knows may be old. */
const SECOND_OPINION_MS = 250;

/** A bus over a Redis Cluster. */
export function openRedisClusterBus(settings: RedisClusterBusSettings): OpenBus {
  const { addresses, prefix, password, tls } = settings;
  const targetAt = (address: BrokerAddress): RedisTarget => ({ ...accessOf(settings), ...address });
  return (member) => {
    let servers: ReadonlyMap<string, BrokerAddress> = new Map();
    return brokerBus({
      url: urlOf(tls === null ? "redis" : "rediss", addresses),
      secrets: [password],
      find: async () => {
        const all = [...addresses, ...servers.values()];
        const { slots } = await newest(all.map((address) => ask(address, targetAt(address))));
        ({ servers } = slots);
        return mapOf(slots, prefix);
      },
      connect: async (server, purpose) => {
        const address = servers.get(server);
        if (address === undefined) throw new Error(`${server} is no server of the cluster`);
        return connectRedisLink({ ...purpose, target: targetAt(address), isSharded: true, prefix });
      },
    })(member);
  };
}

function accessOf({ username, password, tls }: RedisClusterBusSettings): RedisTarget {
  return {
    ...(username === "" ? {} : { username }),
    ...(password === "" ? {} : { password }),
    ...(tls === null ? {} : { tls: tlsOf(tls) }),
  };
}

function mapOf({ primaries }: SlotMap, prefix: string): BrokerMap {
  const servers = [...new Set(primaries)].filter((server) => server !== undefined);
  return { servers, serverOf: (topic) => primaries[slotOf(prefix + topic)] };
}

/** Asks one server who has which slots. @throws when it does not say. */
async function ask(address: BrokerAddress, target: RedisTarget): Promise<Testimony> {
  const client = await connectRedis(target);
  try {
    const [reply, info] = await inTime(
      Promise.all([client.cluster("SLOTS"), client.cluster("INFO")]),
      CONNECT_DEADLINE_MS,
      "no answer in time",
    );
    const slots = readSlots(reply, address);
    if (slots.servers.size === 0) throw new Error("no server of the cluster has slots");
    return { slots, epoch: Number(/cluster_current_epoch:(\d+)/.exec(info)?.[1] ?? 0) };
  } finally {
    destroyRedis(client);
  }
}

/** The newest of the first answers. @throws when nobody answers. */
async function newest(questions: readonly Promise<Testimony>[]): Promise<Testimony> {
  const answers: Testimony[] = [];
  for (const question of questions)
    question.then(
      (answer) => answers.push(answer),
      () => undefined,
    );
  const first = await Promise.any(questions).catch((error: unknown) => {
    throw error instanceof AggregateError ? error.errors[0] : error;
  });
  await Promise.race([Promise.allSettled(questions), Bun.sleep(SECOND_OPINION_MS)]);
  return answers.reduce((best, other) => (other.epoch > best.epoch ? other : best), first);
}
