// The link to one Redis server: one connection publishes, the other is subscribed.
import type { Redis } from "ioredis";
import { CONNECT_DEADLINE_MS, MAX_UNANSWERED_BYTES, PUBLISH_COST_BYTES } from "./bounds.ts";
import { reasonOf } from "./bus-error.ts";
import type { BrokerLink, LinkPurpose } from "./link.ts";
import { DeadlineQueue } from "./deadline-queue.ts";
import { inTime } from "./in-time.ts";
import { Probes } from "./probes.ts";
import { PublishBatch } from "./publish-batch.ts";
import { connectRedis, destroyRedis, factsOf, type RedisTarget } from "./redis-connection.ts";

/** How a link is made. */
export interface RedisLinkSettings extends LinkPurpose {
  readonly target: RedisTarget;
  /** Sharded publish/subscribe, as a Redis Cluster has it. */
  readonly isSharded: boolean;
  /** What every channel begins with. */
  readonly prefix: string;
}

/** A command: its name, and what follows. */
type Command = readonly [name: string, ...args: readonly string[]];

/** Channels of one SUBSCRIBE. More of these commands are sent one after the other without waiting. */
const CHANNELS_PER_COMMAND = 500;

const MOVED = "slots have moved to another server";

/** Connects to a server, if it is one that messages may go to. @throws why not. */
export async function connectRedisLink(settings: RedisLinkSettings): Promise<RedisLink> {
  const attempts = await Promise.allSettled([
    connectRedis(settings.target),
    connectRedis(settings.target),
  ]);
  const made = attempts.flatMap((attempt) => (attempt.status === "fulfilled" ? attempt.value : []));
  try {
    for (const attempt of attempts) if (attempt.status === "rejected") throw attempt.reason;
    await inTime(Promise.all(made.map(mustBeMaster)), CONNECT_DEADLINE_MS, "no answer in time");
    const [publisher, subscriber] = made;
    if (publisher === undefined || subscriber === undefined) throw new Error("no connection");
    return new RedisLink(settings, publisher, subscriber);
  } catch (error) {
    for (const client of made) destroyRedis(client);
    throw error;
  }
}

/** The link. */
export class RedisLink implements BrokerLink {
  readonly #settings: RedisLinkSettings;
  readonly #publisher: Redis;
  readonly #subscriber: Redis;
  readonly #deadlines = new DeadlineQueue();
  readonly #probes = new Probes();
  /** What is published next: the first of a turn of the event loop at once, all others of the turn at its end. */
  #batch: PublishBatch | null = null;
  #commands: Command[] = [];
  #isInTurn = false;
  #lastOutcome: Promise<boolean> = Promise.resolve(true);
  #unansweredBytes = 0;
  #isBroken = false;

  constructor(settings: RedisLinkSettings, publisher: Redis, subscriber: Redis) {
    this.#settings = settings;
    this.#publisher = publisher;
    this.#subscriber = subscriber;
    for (const client of [publisher, subscriber])
      client.once("close", () => this.destroy("the connection was closed"));
    subscriber.on(settings.isSharded ? "smessageBuffer" : "messageBuffer", this.#received);
    // The server has ended subscriptions because their slots have moved. Which ones, ioredis does not tell.
    subscriber.on("moved", () => this.destroy(MOVED));
  }

  publish(topic: string, text: string): boolean | Promise<boolean> {
    if (this.#isBroken || this.#unansweredBytes > MAX_UNANSWERED_BYTES) return false;
    const batch = this.#batch ?? this.#newBatch();
    const { isSharded, prefix } = this.#settings;
    this.#commands.push([isSharded ? "spublish" : "publish", prefix + topic, text]);
    batch.bytes += text.length + PUBLISH_COST_BYTES;
    this.#unansweredBytes += text.length + PUBLISH_COST_BYTES;
    if (!this.#isInTurn) this.#beginTurn(batch);
    return batch.outcome;
  }

  async subscribe(topics: readonly string[]): Promise<void> {
    await this.#send("subscribe", topics);
  }

  unsubscribe(topics: readonly string[]): void {
    this.#send("unsubscribe", topics).catch((error) => this.destroy(reasonOf(error)));
  }

  /** Breaks the link if the server is no master any more. */
  async probe(): Promise<void> {
    const { text, answered } = this.#probes.begin();
    void this.publish(this.#settings.probeTopic, text);
    await mustBeMaster(this.#publisher).catch((error) => this.destroy(reasonOf(error)));
    await answered;
  }

  destroy(reason: string): void {
    if (this.#isBroken) return;
    this.#isBroken = true;
    this.#batch?.settle(false);
    this.#probes.clear();
    destroyRedis(this.#publisher);
    destroyRedis(this.#subscriber);
    this.#settings.events.broken(reason);
  }

  async finish(): Promise<void> {
    await this.#lastOutcome;
    this.#deadlines.clear();
  }

  readonly #received = (channel: Buffer, payload: Buffer): void => {
    if (this.#isBroken) return;
    const { prefix, probeTopic, events } = this.#settings;
    const topic = channel.toString().slice(prefix.length);
    if (topic === probeTopic) this.#probes.arrived(payload);
    else events.message(topic, payload);
  };

  #newBatch(): PublishBatch {
    const batch = new PublishBatch();
    this.#batch = batch;
    this.#lastOutcome = batch.outcome;
    this.#deadlines.add(batch);
    return batch;
  }

  #beginTurn(first: PublishBatch): void {
    this.#isInTurn = true;
    void this.#flush(first);
    setImmediate(() => {
      this.#isInTurn = false;
      if (this.#batch !== null) void this.#flush(this.#batch);
    });
  }

  async #flush(batch: PublishBatch): Promise<void> {
    const commands = this.#commands;
    this.#batch = null;
    this.#commands = [];
    if (batch.isSettled) return;
    const failure = await failureOf(this.#publisher, commands);
    this.#unansweredBytes -= batch.bytes;
    batch.settle(failure === null);
    if (failure?.message.startsWith("MOVED ") === true) this.destroy(MOVED);
  }

  async #send(command: "subscribe" | "unsubscribe", topics: readonly string[]): Promise<void> {
    const { isSharded, prefix } = this.#settings;
    const name = isSharded ? `s${command}` : command;
    // Channels of one sharded command must be of one slot.
    const channelsPerCommand = isSharded ? 1 : CHANNELS_PER_COMMAND;
    const commands: Command[] = [];
    for (let first = 0; first < topics.length; first += channelsPerCommand) {
      const group = topics.slice(first, first + channelsPerCommand);
      commands.push([name, ...group.map((topic) => prefix + topic)]);
    }
    const failure = await failureOf(this.#subscriber, commands);
    if (failure !== null) throw failure;
  }
}

/** Sends the commands together, and waits for all replies. The first that is an error, or null. */
async function failureOf(client: Redis, commands: readonly Command[]): Promise<Error | null> {
  const replies = await client.pipeline(commands.map((command) => [...command])).exec();
  for (const [error] of replies ?? []) if (error !== null) return error;
  return null;
}

/** What is published through a replica does not come to its master, and so not to other nodes. */
async function mustBeMaster(client: Redis): Promise<void> {
  const { role, mode } = await factsOf(client);
  if (role === "replica") throw new Error("it is a replica, it must be the master");
  if (mode === "sentinel") throw new Error("it is a sentinel, it must be the server itself");
}
