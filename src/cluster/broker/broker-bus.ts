// The bus of a broker, be it one server or the shards of a cluster. It is whole while each server has a link and knows the
// topics that are its own; when one link is lost, the others go on. A link that breaks is replaced, and every topic
// joined again before the bus says that it is back.
import { Backoff, CONNECT_DEADLINE_MS, MAX_MESSAGE_BYTES } from "./bounds.ts";
import { openError, reasonOf, withoutSecrets } from "./bus-error.ts";
import type { BrokerLink, LinkPurpose } from "./link.ts";
import { BusTopics } from "./topics.ts";
import type { Bus, BusMember, OpenBus } from "../bus.ts";
import { inTime } from "./in-time.ts";

/** Which server has which topics. */
export interface BrokerMap {
  /** The servers that messages go to, by a name of the map's own. */
  readonly servers: readonly string[];
  /** The server of a topic; undefined when none has it at present. */
  readonly serverOf: (topic: string) => string | undefined;
}

/** A broker as a bus needs it. */
export interface BrokerRoutes {
  /** For people, without a password. */
  readonly url: string;
  readonly secrets: readonly (string | undefined)[];
  /** Finds out which servers there are now. @throws when nobody tells. */
  readonly find: () => Promise<BrokerMap>;
  /** @throws why there is no link. */
  readonly connect: (server: string, purpose: LinkPurpose) => Promise<BrokerLink>;
}

/** How long a server may take to join topics. */
const JOIN_DEADLINE_MS = 10_000;

/** A bus that is lost again sooner counts as an attempt that has failed. */
const STEADY_AFTER_MS = 5000;

/** UTF-8 has at most three bytes for each unit of a text. */
const MAX_BYTES_PER_UNIT = 3;

/** A bus over these servers. */
export function brokerBus(routes: BrokerRoutes): OpenBus {
  return async (member) => {
    const bus = new BrokerBus(routes, member);
    try {
      await bus.open();
      return bus;
    } catch (error) {
      await bus.close();
      throw openError(routes.url, error, routes.secrets);
    }
  };
}

class BrokerBus implements Bus {
  readonly #routes: BrokerRoutes;
  readonly #member: BusMember;
  readonly #links = new Map<string, BrokerLink>();
  readonly #backoff = new Backoff();
  readonly #topics = new BusTopics(() => void setImmediate(() => this.#sendChanges()));
  #map: BrokerMap = { servers: [], serverOf: () => undefined };
  #commandCount = 0;
  #state: "opening" | "whole" | "lost" | "closed" = "opening";
  #wholeSinceMs = 0;

  constructor(routes: BrokerRoutes, member: BusMember) {
    this.#routes = routes;
    this.#member = member;
  }

  /** @throws when a server cannot be reached. */
  async open(): Promise<void> {
    await this.#restore();
    if (!this.#isWhole()) throw new Error("the connection was closed");
    this.#becomeWhole();
  }

  publish(topic: string, text: string): boolean | Promise<boolean> {
    const server = this.#map.serverOf(topic);
    const link = server === undefined ? undefined : this.#links.get(server);
    if (link === undefined || isTooLong(text)) return false;
    return link.publish(topic, text);
  }

  join(topic: string): Promise<void> {
    if (this.#isClosed())
      return Promise.reject(new Error(`Cannot join topic "${topic}": the bus is closed`));
    return this.#topics.join(topic);
  }

  leave(topic: string): void {
    this.#topics.leave(topic);
  }

  async probe(): Promise<void> {
    const links = this.#map.servers.map((server) => this.#links.get(server));
    // A server without a link does not answer.
    await Promise.all(links.map((link) => link?.probe() ?? new Promise(() => undefined)));
  }

  reconnect(): void {
    for (const link of this.#links.values()) link.destroy("the bus was told to connect again");
  }

  async close(): Promise<void> {
    this.#state = "closed";
    const links = [...this.#links.values()];
    this.#links.clear();
    await Promise.all(links.map((link) => link.finish()));
    for (const link of links) link.destroy("the bus is closed");
    this.#topics.clear();
  }

  readonly #received = (topic: string, bytes: Uint8Array): void => {
    if (bytes.length > MAX_MESSAGE_BYTES || !this.#topics.has(topic)) return;
    this.#member.message(topic, textOf(bytes));
  };

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
    this.#becomeWhole();
    this.#member.regained();
  }

  #becomeWhole(): void {
    this.#state = "whole";
    this.#wholeSinceMs = performance.now();
  }

  /** Connects to every server without a link, and joins every topic that is not. @throws what failed first. */
  async #restore(): Promise<void> {
    this.#follow(await this.#routes.find());
    const missing = this.#map.servers.filter((server) => !this.#links.has(server));
    const attempts = await Promise.allSettled(missing.map((server) => this.#connect(server)));
    await this.#subscribe(this.#topics.unsent());
    const failed = attempts.find((attempt) => attempt.status === "rejected");
    if (failed !== undefined) throw failed.reason;
  }

  /** Goes by a new map. A topic that has another server now is unknown to it. */
  #follow(map: BrokerMap): void {
    this.#topics.forgotten((topic) => this.#map.serverOf(topic) !== map.serverOf(topic));
    this.#map = map;
    for (const [server, link] of this.#links)
      if (!map.servers.includes(server)) link.destroy("no topics belong to the server any more");
  }

  async #connect(server: string): Promise<void> {
    let made: BrokerLink | null = null;
    const early = Promise.withResolvers<never>();
    early.promise.catch(() => undefined);
    const probeTopic = this.#probeTopicOf(server);
    const link = await this.#routes.connect(server, {
      nodeId: this.#member.nodeId,
      probeTopic,
      events: {
        message: this.#received,
        broken: (reason) => {
          if (made === null) early.reject(new Error(reason));
          else if (this.#links.get(server) === made) this.#broken(server, reason);
        },
      },
    });
    try {
      const probed = link.subscribe([probeTopic]).then(() => link.probe());
      const outcome = Promise.race([probed, early.promise]);
      await inTime(outcome, CONNECT_DEADLINE_MS, "no answer in time");
      if (this.#isClosed()) throw new Error("the bus is closed");
    } catch (error) {
      link.destroy(reasonOf(error));
      throw error;
    }
    made = link;
    this.#links.set(server, link);
  }

  #broken(server: string, reason: string): void {
    this.#links.delete(server);
    this.#topics.forgotten((topic) => this.#map.serverOf(topic) === server);
    this.#lose(reason);
  }

  #sendChanges(): void {
    const { joined, left } = this.#topics.takeChanges();
    for (const [server, topics] of this.#byServer(left))
      this.#links.get(server)?.unsubscribe(topics);
    void this.#subscribe(joined);
  }

  /** Joins topics, each at its server. Those whose server is away are left to the repair. Never rejects. */
  async #subscribe(topics: readonly string[]): Promise<void> {
    const commands = [...this.#byServer(topics)].map(async ([server, own]) => {
      const link = this.#links.get(server);
      if (link === undefined) return;
      const command = ++this.#commandCount;
      this.#topics.sent(own, command);
      try {
        await inTime(link.subscribe(own), JOIN_DEADLINE_MS, "topics were not joined in time");
        this.#topics.confirmed(own, command);
      } catch (error) {
        link.destroy(reasonOf(error));
      }
    });
    await Promise.all(commands);
  }

  #byServer(topics: readonly string[]): ReadonlyMap<string, readonly string[]> {
    const groups = new Map<string, string[]>();
    for (const topic of topics) {
      const server = this.#map.serverOf(topic);
      if (server === undefined) this.#lose("no server has the slot of a topic");
      else if (groups.get(server)?.push(topic) === undefined) groups.set(server, [topic]);
    }
    return groups;
  }

  /** A topic of this node alone that the server has. No topic of the node's contains its id. */
  #probeTopicOf(server: string): string {
    for (let number = 0; ; number++) {
      const topic = `probe ${this.#member.nodeId} ${number}`;
      if (this.#map.serverOf(topic) === server) return topic;
    }
  }

  /** Whether every server has a link, and knows every topic but those that are joined only now. */
  #isWhole(): boolean {
    const { servers } = this.#map;
    return servers.every((server) => this.#links.has(server)) && this.#topics.isComplete;
  }

  // A method, so that the compiler does not believe that the state stays what it was across an await.
  #isClosed(): boolean {
    return this.#state === "closed";
  }
}

function isTooLong(text: string): boolean {
  return (
    text.length * MAX_BYTES_PER_UNIT > MAX_MESSAGE_BYTES &&
    Buffer.byteLength(text) > MAX_MESSAGE_BYTES
  );
}

function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString();
}
