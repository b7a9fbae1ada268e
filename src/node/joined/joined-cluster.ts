// The cluster of a node that has joined others: it connects the hub, which knows sockets, with the station, which knows
// keys.
import { FOLLOW, type ViewChange } from "../../cluster/census/part.ts";
import { appKey, channelKey, readKey, userKey } from "../../cluster/keys.ts";
import type { StationCounts, StationSettings } from "../../cluster/ports.ts";
import { Station } from "../../cluster/station.ts";
import type { OpenBus } from "../../cluster/bus.ts";
import type { AppHub, ChangeListener } from "../../hub/app-hub.ts";
import { changeElsewhere, setUserElsewhere } from "../../hub/elsewhere.ts";
import type { Arrival } from "../../hub/publish.ts";
import { closeUser } from "../../hub/users.ts";
import type { CachedEvent } from "../../hub/cache.ts";
import type { App } from "../../protocol/app.ts";
import { CLOSE, type Fault } from "../../protocol/faults.ts";
import { channelKind } from "../../protocol/names.ts";
import type { Publication } from "../../protocol/publication.ts";
import { allReady, type Awaitable, whenReady } from "../awaitable.ts";
import type { ChannelFigures, Cluster, ClusterAnswer, OpenedChannel, Reach } from "../cluster.ts";
import type { Node } from "../node.ts";
import { changeListener } from "./changes.ts";
import { answerQuestion } from "./answers.ts";
import { Edges } from "./edges.ts";
import { readArrival, readCached, writeArrival, writeCached } from "./exchange.ts";
import { keysOf, memberOf, partOf } from "./parts.ts";
import { QUESTION_MS, Queries } from "./queries.ts";

/** How long a topic stays joined after its last subscriber, so that clients that reconnect do not burden the broker. */
const LINGER_MS = 5000;

/** What is counted about a cluster. */
export interface JoinedFigures extends StationCounts {
  readonly isConnected: boolean;
  readonly isSettled: boolean;
  readonly peerCount: number;
  readonly unreachableCount: number;
  readonly topics: number;
  readonly keys: number;
  readonly partialAnswers: number;
}

/** How long the owner of a cache channel may take to keep an event. */
const STORE_MS = 900;
const NOTHING: readonly Awaitable<boolean>[] = [];

/** The other nodes, as one that has joined them sees them. */
export class JoinedCluster implements Cluster {
  readonly station: Station;
  /** What the hub tells. */
  readonly changes: ChangeListener;
  readonly #node: () => Node;
  readonly #nowMs: () => number;
  readonly #edges: Edges;
  /** Topics without a subscriber here: since when. */
  readonly #lingering: Map<string, number> = new Map();
  /** What waits until the owner of a key has told what is elsewhere. */
  readonly #waiting: Map<string, PromiseWithResolvers<void>> = new Map();

  readonly #queries: Queries;

  /** `node` is called once the node exists. `connection` is told when the broker is lost and there again. */
  constructor(
    settings: StationSettings,
    node: () => Node,
    connection: (isThere: boolean, reason: string) => void,
  ) {
    this.#node = node;
    this.#nowMs = settings.nowMs;
    this.#edges = new Edges(node);
    this.changes = changeListener(this, node);
    this.station = new Station(settings, {
      part: (key) => partOf(node().hub, key),
      member: (key, userId) => memberOf(node().hub, key, userId),
      keys: () => keysOf(node().hub),
      changed: (key, change) => this.#changed(key, change),
      ready: (key) => this.#ready(key),
      edge: (key, edge) => {
        const subject = readKey(key);
        if (subject?.kind === "channel") this.#edges.tell(subject, edge);
      },
      carried: (key, value) => this.#carried(key, value),
      reowned: () => this.#carryAll(),
      arrived: (key, body) => this.#arrived(key, body),
      commanded: (body) => this.#commanded(body),
      question: (body) => this.#answer(body),
      connection,
    });
    this.#queries = new Queries(this.station);
  }

  /** What the metrics say of the cluster. */
  get figuresNow(): JoinedFigures {
    const { census, counts, isConnected, topicCount } = this.station;
    return {
      ...counts,
      isConnected,
      isSettled: census.isSettled,
      peerCount: [...census.peers.alive()].length,
      unreachableCount: [...census.peers.unreachable()].length,
      topics: topicCount,
      keys: census.registeredCount,
      partialAnswers: this.#queries.partialCount,
    };
  }

  /** Joins the others. Rejects if the bus cannot be opened or another cluster is behind it. */
  openBus(openBus: OpenBus): Promise<void> {
    return this.station.open(openBus);
  }

  async open(hub: AppHub, channel: string): Promise<OpenedChannel> {
    const key = channelKey(hub.app.id, channel);
    const isStillJoined = this.#lingering.delete(key) && !this.station.isJoining(key);
    if (!isStillJoined) await this.station.join(key);
    const kind = channelKind(channel);
    if (kind.presence) await this.#follow(key);
    else this.#followCount(hub, channel, key);
    return { cached: kind.cached ? await this.#cachedOf(hub, key) : null };
  }

  reopen(hub: AppHub, channel: string): boolean {
    const kind = channelKind(channel);
    const key = channelKey(hub.app.id, channel);
    if (kind.presence || kind.cached || this.station.isJoining(key)) return false;
    if (!this.#lingering.delete(key)) return false;
    this.#followCount(hub, channel, key);
    return true;
  }

  close(hub: AppHub, channel: string): void {
    const key = channelKey(hub.app.id, channel);
    this.#lingering.set(key, this.#nowMs());
    this.unfollow(key);
  }

  publish(hub: AppHub, arrival: Arrival): Awaitable<Reach> {
    const { publication, origin } = arrival;
    const body = writeArrival(arrival);
    const sent = publication.channels.map((channel) => {
      const key = channelKey(hub.app.id, channel);
      return this.station.publish(key, body);
    });
    const stored = origin === "api" ? this.#store(hub, publication) : NOTHING;
    return whenReady(allReady([...sent, ...stored]), reachOf);
  }

  terminate(hub: AppHub, userId: string, { code }: Fault): Awaitable<Reach> {
    const sent = this.station.command(["terminate", hub.app.id, userId, code ?? 0]);
    return whenReady(sent, (isSent) => reachOf([isSent]));
  }

  learnUsers(hub: AppHub, userIds: readonly string[]): Awaitable<void> {
    const keys = userIds.map((userId) => userKey(hub.app.id, userId));
    const { census } = this.station;
    const unknown = keys.filter((key) => !census.follow(key, FOLLOW.count));
    if (unknown.length === 0) return undefined;
    const ready = unknown.map((key) => this.#waitFor(key));
    this.station.flushNow();
    return Promise.all(ready).then(() => undefined);
  }

  forgetUsers(hub: AppHub, userIds: readonly string[]): void {
    for (const userId of userIds) {
      if ((hub.users.get(userId)?.watcherCount ?? 0) > 0) continue;
      this.unfollow(userKey(hub.app.id, userId));
      setUserElsewhere(hub, userId, false);
    }
  }

  figures(hub: AppHub, channel: string): Awaitable<ClusterAnswer<ChannelFigures>> {
    return this.#queries.figures(hub, channel);
  }

  userIds(hub: AppHub, channel: string): Awaitable<ClusterAnswer<readonly string[]>> {
    return this.#queries.userIds(hub, channel);
  }

  channels(
    hub: AppHub,
    prefix: string,
  ): Promise<ClusterAnswer<ReadonlyMap<string, ChannelFigures>>> {
    return this.#queries.channels(hub, prefix);
  }

  tick(): void {
    const nowMs = this.#nowMs();
    this.#edges.tick();
    for (const [key, sinceMs] of this.#lingering) {
      // In the order in which they were left.
      if (nowMs - sinceMs < LINGER_MS) break;
      this.#lingering.delete(key);
      this.station.leave(key);
    }
    this.station.tick();
  }

  /** Follows the connections of an app on other nodes, so that its quota holds for all nodes. */
  followAppOf({ id, limits }: App): void {
    if (limits.maxConnections === Infinity) return;
    this.station.census.follow(appKey(id), FOLLOW.count);
    this.station.flushSoon();
  }

  #changed(key: string, { count, added, removed }: ViewChange): void {
    const subject = readKey(key);
    const hub = subject === null ? null : this.#node().hub.find(subject.appId);
    if (subject === null || hub === null) return;
    switch (subject.kind) {
      case "channel":
        return changeElsewhere(hub, subject.name, {
          subscriptionCount: count,
          added: added.map(([userId, userInfo]) => ({ userId, userInfo })),
          removed,
        });
      case "user":
        return setUserElsewhere(hub, subject.name, count > 0);
      case "app":
        hub.connectionsElsewhere = count;
        return;
      default:
        subject.kind satisfies never;
    }
  }

  /** Follows the members of a channel. Resolves when they are known. */
  #follow(key: string): Promise<void> | undefined {
    if (this.station.census.follow(key, FOLLOW.members)) return undefined;
    const ready = this.#waitFor(key);
    this.station.flushNow();
    return ready;
  }

  /** Follows the number of subscriptions, if clients are told. They need not wait for it. */
  #followCount(hub: AppHub, channel: string, key: string): void {
    if (!hub.app.subscriptionCount || channelKind(channel).user) return;
    this.station.census.follow(key, FOLLOW.count);
    this.station.flushSoon();
  }

  #waitFor(key: string): Promise<void> {
    return this.#waiting.getOrInsertComputed(key, () => Promise.withResolvers<void>()).promise;
  }

  #ready(key: string): void {
    const waiting = this.#waiting.get(key);
    this.#waiting.delete(key);
    waiting?.resolve();
  }

  /** Follows a key no longer. What still waits for it goes on, since it is over. */
  unfollow(key: string): void {
    this.station.census.unfollow(key);
    this.station.flushSoon();
    this.#ready(key);
  }

  #arrived(key: string, body: unknown): void {
    const subject = readKey(key);
    if (subject?.kind !== "channel") return;
    const node = this.#node();
    const hub = node.hub.find(subject.appId);
    const arrival = readArrival(subject.name, body);
    if (hub !== null && arrival !== null) node.arrived(hub, arrival);
  }

  #commanded(body: unknown): void {
    if (!Array.isArray(body)) return;
    const [kind, appId, userId, code]: unknown[] = body;
    if (kind !== "terminate" || typeof appId !== "string" || typeof userId !== "string") return;
    const hub = this.#node().hub.find(appId);
    const fault = code === CLOSE.reconnect().code ? CLOSE.reconnect() : CLOSE.terminated();
    if (hub !== null) closeUser(hub, userId, fault);
  }

  #answer(question: unknown): readonly unknown[] | null {
    const [kind, key, value]: unknown[] = Array.isArray(question) ? question : [];
    if (kind !== "cache" || typeof key !== "string")
      return answerQuestion(this.station.census, this.#node().hub, question);
    this.#cache(key, value);
    return [true];
  }

  /** The last event of a cache channel, from the channel's owner. */
  async #cachedOf(hub: AppHub, key: string): Promise<CachedEvent | null> {
    const { census } = this.station;
    const owner = census.ownerOf(key);
    // What the owner has is in its own hub already.
    if (owner === census.self.id) return null;
    const [cached] = await this.#ask(owner, ["cached", key]);
    return readCached(cached, hub.nowMs());
  }

  /**
   * Gives the event to the owners of the cache channels among its channels. The owner keeps the event that comes last, so
   * the publisher is answered only then: what it publishes next, on any node, comes later.
   */
  #store(hub: AppHub, publication: Publication): readonly Awaitable<boolean>[] {
    const cacheChannels = publication.channels.filter((channel) => channelKind(channel).cached);
    if (cacheChannels.length === 0) return NOTHING;
    const nowMs = hub.nowMs();
    const value = writeCached(hub.cache.entryOf(publication, nowMs), nowMs);
    return cacheChannels.map((channel) => this.#storeAt(channelKey(hub.app.id, channel), value));
  }

  #storeAt(key: string, value: unknown): Awaitable<boolean> {
    const { census, isConnected } = this.station;
    const owner = census.ownerOf(key);
    if (owner === census.self.id) return true;
    // Later, in order with everything else.
    const carry = (): boolean => {
      census.carry(key, value);
      this.station.flushSoon();
      return false;
    };
    if (!isConnected) return carry();
    return this.station.ask(owner, ["cache", key, value], STORE_MS).then(() => true, carry);
  }

  /** An event that was published on another node, for a channel that this one owns. */
  #cache(key: string, value: unknown): void {
    this.#withApp(key, (hub, channel) => {
      const cached = readCached(value, hub.nowMs());
      if (cached !== null) hub.cache.replace(channel, cached);
    });
  }

  /** An event that another node has cached. This one may know a newer one. */
  #carried(key: string, value: unknown): void {
    this.#withApp(key, (hub, channel) => {
      const cached = readCached(value, hub.nowMs());
      if (cached !== null) hub.cache.restore(channel, cached);
    });
  }

  #withApp(key: string, act: (hub: AppHub, channel: string) => void): void {
    const subject = readKey(key);
    if (subject?.kind !== "channel") return;
    const node = this.#node();
    void Promise.resolve(
      whenReady(node.apps.byId(subject.appId), (hub) => {
        if (hub !== null) act(hub, subject.name);
      }),
    ).catch(node.report);
  }

  /** Sends what is cached here to the owners that the channels have now. */
  #carryAll(): void {
    for (const hub of this.#node().hub.apps) {
      const nowMs = hub.nowMs();
      for (const [channel, cached] of hub.cache.entries)
        this.station.census.carry(channelKey(hub.app.id, channel), writeCached(cached, nowMs));
    }
  }

  #ask(nodeId: string, question: unknown): Promise<readonly unknown[]> {
    return this.station.ask(nodeId, question, QUESTION_MS);
  }
}

function reachOf(sent: readonly boolean[]): Reach {
  return sent.every(Boolean) ? "cluster" : "node";
}
