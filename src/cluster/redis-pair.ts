// The two connections to one Redis server: one publishes, one is subscribed. They live and die together: when one breaks,
// so does the other.
import type { Redis } from "ioredis";
import {
  CONNECT_DEADLINE_MS,
  MAX_UNANSWERED_CHARACTERS,
  PUBLISH_DEADLINE_MS,
} from "./bus-bounds.ts";
import { reasonOf } from "./bus-error.ts";
import { DeadlineQueue, type Waiting } from "./deadline-queue.ts";
import { inTime } from "./in-time.ts";
import { connectRedis, destroyRedis, factsOf, type RedisTarget } from "./redis-connection.ts";

/** What a pair tells. */
export interface PairEvents {
  readonly message: (channel: string, payload: Buffer) => void;
  /** The pair is broken. Called once, and never before the pair was made. */
  readonly broken: (pair: RedisPair, reason: string) => void;
}

/** How a pair is made. */
export interface PairSettings {
  readonly target: RedisTarget;
  /** Sharded publish/subscribe, as a Redis Cluster has it. */
  readonly isSharded: boolean;
  /** The channel of the probes, which belongs to this node and server alone. */
  readonly probeChannel: string;
  readonly events: PairEvents;
}

/** The publishes of one turn of the event loop, which are sent together and have one outcome. */
class Batch implements Waiting {
  readonly dueMs: number = performance.now() + PUBLISH_DEADLINE_MS;
  readonly commands: [command: string, channel: string, text: string][] = [];
  readonly outcome: Promise<boolean>;
  isSettled = false;
  characters = 0;
  readonly #resolve: (isPublished: boolean) => void;

  constructor() {
    const { promise, resolve } = Promise.withResolvers<boolean>();
    this.outcome = promise;
    this.#resolve = resolve;
  }

  settle(isPublished: boolean): void {
    this.isSettled = true;
    this.#resolve(isPublished);
  }

  expire(): void {
    this.settle(false);
  }
}

/** Topics of one SUBSCRIBE. More commands of this size are sent one after the other without waiting. */
const CHANNELS_PER_COMMAND = 500;

/** Connects to a server, and finds out whether messages may go to it. @throws why not. */
export async function connectPair(settings: PairSettings): Promise<RedisPair> {
  const { target } = settings;
  const [publisher, subscriber] = await Promise.allSettled([
    connectRedis(target),
    connectRedis(target),
  ]);
  if (publisher.status === "rejected" || subscriber.status === "rejected") {
    for (const made of [publisher, subscriber])
      if (made.status === "fulfilled") destroyRedis(made.value);
    throw publisher.status === "rejected" ? publisher.reason : failureOf(subscriber);
  }
  const pair = new RedisPair(settings, publisher.value, subscriber.value);
  try {
    await inTime(pair.begin(), CONNECT_DEADLINE_MS, "no answer in time");
    return pair;
  } catch (error) {
    pair.destroy(reasonOf(error));
    throw error;
  }
}

/** The two connections. */
export class RedisPair {
  readonly #settings: PairSettings;
  readonly #publisher: Redis;
  readonly #subscriber: Redis;
  readonly #deadlines = new DeadlineQueue();
  readonly #probes = new Map<string, () => void>();
  #probeCount = 0;
  #batch: Batch | null = null;
  #lastOutcome: Promise<boolean> = Promise.resolve(true);
  #unansweredCharacters = 0;
  #isBegun = false;
  #isBroken = false;

  constructor(settings: PairSettings, publisher: Redis, subscriber: Redis) {
    this.#settings = settings;
    this.#publisher = publisher;
    this.#subscriber = subscriber;
    for (const client of [publisher, subscriber])
      client.once("close", () => this.destroy("the connection was closed"));
    subscriber.on(
      settings.isSharded ? "smessageBuffer" : "messageBuffer",
      (channel: Buffer, payload: Buffer) => this.#received(channel.toString(), payload),
    );
    // The server has ended subscriptions, because their slots have moved. It is not told which ones.
    subscriber.on("moved", () => this.destroy("slots have moved to another server"));
  }

  /** @throws when no messages may go to this server. */
  async begin(): Promise<void> {
    const { probeChannel } = this.#settings;
    await Promise.all([mustBeMaster(this.#publisher), mustBeMaster(this.#subscriber)]);
    await this.subscribe([probeChannel]);
    if (this.#isBroken) throw new Error("the connection was closed");
    this.#isBegun = true;
  }

  /** Publishes with everything else of this turn of the event loop. False at once if that cannot be. */
  publish(channel: string, text: string): boolean | Promise<boolean> {
    if (this.#isBroken || this.#unansweredCharacters > MAX_UNANSWERED_CHARACTERS) return false;
    const batch = this.#batch ?? this.#newBatch();
    batch.commands.push([this.#settings.isSharded ? "spublish" : "publish", channel, text]);
    batch.characters += text.length;
    this.#unansweredCharacters += text.length;
    return batch.outcome;
  }

  /** Resolves when the server has subscribed to all. @throws when one is refused, or the connection breaks. */
  async subscribe(channels: readonly string[]): Promise<void> {
    await this.#send("subscribe", channels);
  }

  /** Ends subscriptions. What fails needs no answer: then the connection is broken. */
  unsubscribe(channels: readonly string[]): void {
    this.#send("unsubscribe", channels).catch((error) => this.destroy(reasonOf(error)));
  }

  /** Resolves when a message has gone through the server and back. Breaks the pair if the server is no master any more. */
  async probe(): Promise<void> {
    const text = `${++this.#probeCount}`;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#probes.set(text, resolve);
    void this.publish(this.#settings.probeChannel, text);
    await mustBeMaster(this.#publisher).catch((error) => this.destroy(reasonOf(error)));
    await promise;
  }

  /** Drops both connections. */
  destroy(reason: string): void {
    if (this.#isBroken) return;
    this.#isBroken = true;
    this.#batch?.settle(false);
    this.#batch = null;
    this.#probes.clear();
    destroyRedis(this.#publisher);
    destroyRedis(this.#subscriber);
    if (this.#isBegun) this.#settings.events.broken(this, reason);
  }

  /** Waits for what is under way, no longer than for any publish. */
  async finish(): Promise<void> {
    await this.#lastOutcome;
    this.#deadlines.clear();
  }

  #received(channel: string, payload: Buffer): void {
    if (channel !== this.#settings.probeChannel)
      return this.#settings.events.message(channel, payload);
    const text = payload.toString();
    this.#probes.get(text)?.();
    this.#probes.delete(text);
  }

  #newBatch(): Batch {
    const batch = new Batch();
    this.#batch = batch;
    this.#lastOutcome = batch.outcome;
    this.#deadlines.add(batch);
    setImmediate(() => void this.#flush(batch));
    return batch;
  }

  async #flush(batch: Batch): Promise<void> {
    if (batch.isSettled) return;
    this.#batch = null;
    const replies = (await this.#publisher.pipeline(batch.commands).exec()) ?? [];
    this.#unansweredCharacters -= batch.characters;
    const failure = replies.find(([error]) => error !== null)?.[0];
    batch.settle(failure === undefined);
    // The slot map that led here is out of date.
    if (failure?.message.startsWith("MOVED ") === true)
      this.destroy("slots have moved to another server");
  }

  async #send(command: "subscribe" | "unsubscribe", channels: readonly string[]): Promise<void> {
    const { isSharded } = this.#settings;
    const groups = isSharded ? channels.map((channel) => [channel]) : inGroups(channels);
    const name = isSharded ? `s${command}` : command;
    const pipeline = this.#subscriber.pipeline(groups.map((group) => [name, ...group]));
    for (const [error] of (await pipeline.exec()) ?? []) if (error !== null) throw error;
  }
}

/** What is published through a replica does not come to its master, and so not to other nodes. */
async function mustBeMaster(client: Redis): Promise<void> {
  const { role, mode } = await factsOf(client);
  if (role === "replica") throw new Error("it is a replica, it must be the master");
  if (mode === "sentinel") throw new Error("it is a sentinel, it must be the server itself");
}

function inGroups(channels: readonly string[]): readonly (readonly string[])[] {
  const groups: (readonly string[])[] = [];
  for (let first = 0; first < channels.length; first += CHANNELS_PER_COMMAND)
    groups.push(channels.slice(first, first + CHANNELS_PER_COMMAND));
  return groups;
}

function failureOf(result: PromiseSettledResult<unknown>): unknown {
  return result.status === "rejected" ? result.reason : undefined;
}
