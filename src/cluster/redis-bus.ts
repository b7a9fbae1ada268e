// The bus of Redis servers, be it one or the shards of a cluster. It is whole while each server is connected and knows
// the topics that are its own; when one is lost, the others go on.
import { Backoff, MAX_MESSAGE_BYTES } from "./bus-bounds.ts";
import { openError, reasonOf, withoutSecrets } from "./bus-error.ts";
import { BusTopics } from "./bus-topics.ts";
import type { Bus, BusMember, OpenBus } from "./bus.ts";
import { inTime } from "./in-time.ts";
import type { RedisTarget } from "./redis-connection.ts";
import { connectPair, type RedisPair } from "./redis-pair.ts";

/** Which server has which channels. */
export interface RedisMap {
  /** The servers that messages may go to, by a name of the map's own. */
  readonly servers: readonly string[];
  /** The server of a channel; undefined when none has it at present. */
  readonly serverOf: (channel: string) => string | undefined;
}

/** How the servers are found. */
export interface RedisRoutes {
  /** For errors, without a password. */
  readonly url: string;
  readonly secrets: readonly (string | undefined)[];
  readonly prefix: string;
  /** Sharded publish/subscribe, as a Redis Cluster has it. */
  readonly isSharded: boolean;
  /** Finds out which servers there are now. @throws when nobody tells. */
  readonly find: () => Promise<RedisMap>;
  readonly targetOf: (server: string) => RedisTarget;
}

/** How long the topics of a connection may take to be joined again. */
const REJOIN_DEADLINE_MS = 10_000;

/** A connection that breaks sooner counts as an attempt that has failed. */
const STEADY_AFTER_MS = 5000;

/** A bus over these servers. */
export function redisBus(routes: RedisRoutes): OpenBus {
  return async (member) => {
    const bus = new RedisBus(routes, member);
    try {
      await bus.open();
      return bus;
    } catch (error) {
      await bus.close();
      throw openError(routes.url, error, routes.secrets);
    }
  };
}

class RedisBus implements Bus {
  readonly #routes: RedisRoutes;
  readonly #member: BusMember;
  readonly #pairs = new Map<string, RedisPair>();
  readonly #backoff = new Backoff();
  readonly #topics = new BusTopics(() => void setImmediate(() => this.#sendChanges()));
  #map: RedisMap = { servers: [], serverOf: () => undefined };
  #commandCount = 0;
  #state: "opening" | "whole" | "lost" | "closed" = "opening";
  #wholeSinceMs = 0;

  constructor(routes: RedisRoutes, member: BusMember) {
    this.#routes = routes;
    this.#member = member;
  }

  /** @throws when a server cannot be connected to. */
  async open(): Promise<void> {
    await this.#restore();
    if (!this.#isWhole()) throw new Error("the connection was closed");
    this.#state = "whole";
    this.#wholeSinceMs = performance.now();
  }

  publish(topic: string, text: string): boolean | Promise<boolean> {
    const channel = this.#routes.prefix + topic;
    const server = this.#map.serverOf(channel);
    const pair = server === undefined ? undefined : this.#pairs.get(server);
    return pair?.publish(channel, text) ?? false;
  }

  join(topic: string): Promise<void> {
    if (this.#state === "closed")
      return Promise.reject(new Error(`Cannot join topic "${topic}": the bus is closed`));
    return this.#topics.join(topic);
  }

  leave(topic: string): void {
    this.#topics.leave(topic);
  }

  async probe(): Promise<void> {
    const pairs = this.#map.servers.map((server) => this.#pairs.get(server));
    await Promise.all(pairs.map((pair) => pair?.probe() ?? new Promise(() => undefined)));
  }

  reconnect(): void {
    for (const pair of [...this.#pairs.values()]) pair.destroy("the bus was told to connect again");
  }

  async close(): Promise<void> {
    this.#state = "closed";
    const pairs = [...this.#pairs.values()];
    await Promise.all(pairs.map((pair) => pair.finish()));
    for (const pair of pairs) pair.destroy("the bus is closed");
    this.#topics.clear();
  }

  readonly #received = (channel: string, payload: Buffer): void => {
    const topic = channel.slice(this.#routes.prefix.length);
    if (payload.length > MAX_MESSAGE_BYTES || !this.#topics.has(topic)) return;
    this.#member.message(topic, payload.toString());
  };

  #broken(server: string, reason: string): void {
    this.#pairs.delete(server);
    this.#topics.forgotten((topic) => this.#serverOf(topic) === server);
    this.#lose(reason);
  }

  #lose(reason: string): void {
    if (this.#state !== "whole") return;
    this.#state = "lost";
    if (performance.now() - this.#wholeSinceMs > STEADY_AFTER_MS) this.#backoff.reset();
    const { url, secrets } = this.#routes;
    this.#member.lost(`${url}: ${withoutSecrets(reason, secrets)}`);
    void this.#repair();
  }

  async #repair(): Promise<void> {
    do {
      await Bun.sleep(this.#backoff.nextMs());
      if (this.#isClosed()) return;
      // Why an attempt failed is no news: the reason of the loss was told.
      await this.#restore().catch(() => undefined);
      if (this.#isClosed()) return;
    } while (!this.#isWhole());
    this.#state = "whole";
    this.#wholeSinceMs = performance.now();
    this.#member.regained();
  }

  /** Connects to every server that is missing, and joins every topic that is not. @throws what failed first. */
  async #restore(): Promise<void> {
    this.#follow(await this.#routes.find());
    const missing = this.#map.servers.filter((server) => !this.#pairs.has(server));
    const attempts = await Promise.allSettled(missing.map((server) => this.#connect(server)));
    await this.#subscribe(this.#topics.unsent());
    const failed = attempts.find((attempt) => attempt.status === "rejected");
    if (failed !== undefined) throw failed.reason;
  }

  /** Goes by a new map. What it takes from a server is forgotten there. */
  #follow(map: RedisMap): void {
    this.#topics.forgotten((topic) => this.#serverOf(topic) !== this.#serverOf(topic, map));
    this.#map = map;
    for (const [server, pair] of [...this.#pairs])
      if (!map.servers.includes(server)) pair.destroy("it is no master any more");
  }

  async #connect(server: string): Promise<void> {
    const pair = await connectPair({
      target: this.#routes.targetOf(server),
      isSharded: this.#routes.isSharded,
      probeChannel: this.#probeChannelOf(server),
      events: {
        message: this.#received,
        broken: (_, reason) => this.#broken(server, reason),
      },
    });
    if (this.#isClosed()) pair.destroy("the bus is closed");
    else this.#pairs.set(server, pair);
  }

  #sendChanges(): void {
    const { joined, left } = this.#topics.takeChanges();
    for (const [server, topics] of this.#byServer(left))
      this.#pairs.get(server)?.unsubscribe(this.#channelsOf(topics));
    void this.#subscribe(joined);
  }

  /** Joins topics, each at its server. Those whose server is away are left to the repair. Never rejects. */
  async #subscribe(topics: readonly string[]): Promise<void> {
    const commands = [...this.#byServer(topics)].map(async ([server, own]) => {
      const pair = this.#pairs.get(server);
      if (pair === undefined) return;
      const command = ++this.#commandCount;
      this.#topics.sent(own, command);
      try {
        const answer = pair.subscribe(this.#channelsOf(own));
        await inTime(answer, REJOIN_DEADLINE_MS, "topics were not joined in time");
        this.#topics.confirmed(own, command);
      } catch (error) {
        pair.destroy(reasonOf(error));
      }
    });
    await Promise.all(commands);
  }

  #byServer(topics: readonly string[]): ReadonlyMap<string, readonly string[]> {
    const groups = new Map<string, string[]>();
    for (const topic of topics) {
      const server = this.#serverOf(topic);
      if (server === undefined) this.#lose("no server has the slot of a topic");
      else if (groups.get(server)?.push(topic) === undefined) groups.set(server, [topic]);
    }
    return groups;
  }

  #serverOf(topic: string, map: RedisMap = this.#map): string | undefined {
    return map.serverOf(this.#routes.prefix + topic);
  }

  #channelsOf(topics: readonly string[]): readonly string[] {
    return topics.map((topic) => this.#routes.prefix + topic);
  }

  /** A channel of this node alone that the server has. */
  #probeChannelOf(server: string): string {
    for (let number = 0; ; number++) {
      const channel = `${this.#routes.prefix}probe ${this.#member.nodeId} ${number}`;
      if (this.#map.serverOf(channel) === server) return channel;
    }
  }

  /** Every server is connected, and knows every topic but those that are joined only now. */
  #isWhole(): boolean {
    const { servers } = this.#map;
    return servers.every((server) => this.#pairs.has(server)) && this.#topics.isComplete;
  }

  // A method, so that the compiler does not believe that the state stays what it was across an await.
  #isClosed(): boolean {
    return this.#state === "closed";
  }
}
