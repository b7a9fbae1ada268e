// Queries about all nodes: the owner of a channel is asked about it, and every node for the channels that it owns. An answer
// that may lack something says so, and is counted.
import { channelKey } from "../../cluster/keys.ts";
import type { Station } from "../../cluster/station.ts";
import type { AppHub } from "../../hub/app-hub.ts";
import { type Awaitable, whenReady } from "../awaitable.ts";
import type { ChannelFigures, ClusterAnswer } from "../cluster.ts";
import { channelsHere, figuresHere, userIdsHere } from "./answers.ts";
import { readCached } from "./exchange.ts";
import { joinParts, NO_PARTS } from "./parted-answer.ts";

/** How long another node may take for an answer. */
export const QUESTION_MS = 2000;

/** Asks the other nodes. */
export class Queries {
  readonly #station: Station;
  #partialCount = 0;

  constructor(station: Station) {
    this.#station = station;
  }

  /** Answers that may have lacked something. */
  get partialCount(): number {
    return this.#partialCount;
  }

  /** The figures of a channel. Its cached event is in the hub's cache then. */
  figures(hub: AppHub, channel: string): Awaitable<ClusterAnswer<ChannelFigures>> {
    const key = channelKey(hub.app.id, channel);
    return this.#counted(
      this.#ofOwner(key, {
        here: () => figuresHere(this.#station.census, key),
        question: ["figures", key],
        read: ([answer]) => readFigures(hub, channel, answer),
        known: () => knownFigures(hub, channel),
      }),
    );
  }

  /** The members of a presence channel. */
  userIds(hub: AppHub, channel: string): Awaitable<ClusterAnswer<readonly string[]>> {
    const key = channelKey(hub.app.id, channel);
    return this.#counted(
      this.#ofOwner(key, {
        here: () => userIdsHere(this.#station.census, key),
        question: ["users", key],
        read: (parts) => {
          const { entries, isComplete } = joinParts(parts);
          return { value: entries.filter((id) => typeof id === "string"), isComplete };
        },
        known: () => [...(hub.channels.get(channel)?.presence?.userIds ?? [])],
      }),
    );
  }

  /** The occupied channels whose names begin with the prefix. */
  async channels(
    hub: AppHub,
    prefix: string,
  ): Promise<ClusterAnswer<ReadonlyMap<string, ChannelFigures>>> {
    const { census, isConnected } = this.#station;
    this.#station.flushNow();
    const asked = isConnected ? [...census.peers.alive()] : [];
    const others = asked.map(({ id }) =>
      this.#station
        .ask(id, ["channels", hub.app.id, prefix], QUESTION_MS)
        .then(joinParts, () => NO_PARTS),
    );
    const here = channelsHere(census, hub.app.id, prefix);
    const channels = new Map(here.value);
    let isComplete = here.isComplete && isConnected;
    for (const { entries, isComplete: isWhole } of await Promise.all(others)) {
      isComplete &&= isWhole;
      for (const entry of entries) addChannel(channels, entry);
    }
    return this.#counted({ value: channels, isComplete });
  }

  /** Asks the owner of the key, who may be this node. If it does not answer, what this node knows must do. */
  #ofOwner<Value>(key: string, query: OwnerQuery<Value>): Awaitable<ClusterAnswer<Value>> {
    const { census, isConnected } = this.#station;
    this.#station.flushNow();
    const owner = census.ownerOf(key);
    if (owner === census.self.id) return query.here();
    const partly = (): ClusterAnswer<Value> => ({ value: query.known(), isComplete: false });
    if (!isConnected) return partly();
    return this.#station.ask(owner, query.question, QUESTION_MS).then(query.read, partly);
  }

  #counted<Answer extends Awaitable<ClusterAnswer<unknown>>>(answer: Answer): Answer {
    void whenReady<ClusterAnswer<unknown>, void>(answer, ({ isComplete }) => {
      if (!isComplete) this.#partialCount++;
    });
    return answer;
  }
}

/** A query about one key. */
interface OwnerQuery<Value> {
  /** The answer if this node owns the key. */
  readonly here: () => ClusterAnswer<Value>;
  readonly question: unknown;
  /** Reads the answer of another node, of which nothing is certain. */
  readonly read: (parts: readonly unknown[]) => ClusterAnswer<Value>;
  /** What this node knows without being the owner. */
  readonly known: () => Value;
}

function readFigures(hub: AppHub, channel: string, answer: unknown): ClusterAnswer<ChannelFigures> {
  const [isComplete, count, userCount, cached]: unknown[] = Array.isArray(answer) ? answer : [];
  const event = readCached(cached, hub.nowMs());
  if (event !== null) hub.cache.restore(channel, event);
  const value = { subscriptionCount: numberOf(count), userCount: numberOf(userCount) };
  return { value, isComplete: isComplete === true };
}

function knownFigures(hub: AppHub, name: string): ChannelFigures {
  const channel = hub.channels.get(name);
  return {
    subscriptionCount: channel?.subscriptionCount ?? 0,
    userCount: channel?.presence?.userCount ?? 0,
  };
}

function addChannel(channels: Map<string, ChannelFigures>, entry: unknown): void {
  if (!Array.isArray(entry)) return;
  const [name, count, userCount]: unknown[] = entry;
  if (typeof name !== "string") return;
  channels.set(name, { subscriptionCount: numberOf(count), userCount: numberOf(userCount) });
}

function numberOf(value: unknown): number {
  return typeof value === "number" && value >= 0 ? value : 0;
}
