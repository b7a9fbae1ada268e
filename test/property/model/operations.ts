// The random operations. Each is applied to the model and to the real hub, and the results are
// compared right after.
import * as fc from "fast-check";
import { MAX_BACKLOG_BYTES } from "../../../src/hub/lag/backlog.ts";
import type { Dialect } from "../../../src/protocol/dialect.ts";
import { channelNamed } from "./channels.ts";
import { CHANNEL_NAMES, type Expectations } from "./expectations.ts";
import { type Message, messages, quote, tags, type TagsJson } from "./messages.ts";
import { claim } from "./invariants.ts";
import type { Rig, Subscribing } from "./rig.ts";
import { checkFrames, verify } from "./verification.ts";

/** One operation. */
export type Operation = fc.Command<Expectations, Rig>;

/** The client that a publication leaves out: any client, or one of the channel's subscribers. */
interface Except {
  readonly of: "clients" | "subscribers";
  readonly at: number;
}

/** The operations of one run: first some subscriptions, then any operation. */
export function runs(dialects: readonly Dialect[]): fc.Arbitrary<Iterable<Operation>> {
  const choice = choices(dialects.length);
  return fc
    .tuple(
      fc.array(choice.subscribe, { maxLength: 16, size: "max" }),
      fc.commands([...weighted(choice)], { maxCommands: 250, size: "max" }),
    )
    .map(([first, rest]) => new Run(first, rest));
}

/** Two lists of operations, one after the other. */
class Run implements Iterable<Operation> {
  readonly #first: readonly Operation[];
  readonly #rest: Iterable<Operation>;

  constructor(first: readonly Operation[], rest: Iterable<Operation>) {
    this.#first = first;
    this.#rest = rest;
  }

  *[Symbol.iterator](): Iterator<Operation> {
    yield* this.#first;
    yield* this.#rest;
  }

  /** The names of the operations that a failed run has executed. */
  toString(): string {
    return fc.stringify([this.#first, this.#rest]);
  }
}

/** Every kind of operation, weighted by how much the others depend on it to be interesting. */
function weighted(choice: Choices): readonly fc.Arbitrary<Operation>[] {
  const weights: Readonly<Record<keyof Choices, number>> = {
    subscribe: 8,
    publish: 14,
    publishSeries: 6,
    publishToMany: 2,
    flood: 1,
    clientEvent: 2,
    unsubscribe: 2,
    loseBase: 2,
    enable: 2,
    beginLag: 4,
    endLag: 3,
    tick: 2,
    disconnect: 1,
    breakAll: 2,
    connect: 6,
  };
  const byName: Readonly<Record<string, number>> = weights;
  return Object.entries(choice).flatMap(([name, arbitrary]) =>
    Array.from({ length: byName[name] ?? 0 }, () => arbitrary),
  );
}

type Choices = ReturnType<typeof choices>;

function choices(clientCount: number) {
  const client = fc.nat(clientCount - 1);
  const channel = fc.oneof(
    { weight: 1, arbitrary: fc.constant("ticker") },
    { weight: 1, arbitrary: fc.constantFrom(...CHANNEL_NAMES) },
  );
  const except = fc.option(
    fc.record({ of: fc.constantFrom("clients", "subscribers", "subscribers"), at: client }),
    { freq: 2 },
  );
  const seriesLength = fc.constantFrom(3, 8, 40);
  return {
    subscribe: fc
      .tuple(client, channel, fc.nat(2), fc.nat(2))
      .map(([who, where, delta, filter]) => subscribe(who, where, delta, filter)),
    publish: fc
      .tuple(channel, messages, except)
      .map(([where, message, who]) => publish([where], [message], who)),
    publishSeries: fc
      .tuple(channel, fc.constantFrom("BTC", "ETH", null), seriesLength, tags, except)
      .map(([where, key, count, given, who]) => publish([where], series(key, count, given), who)),
    publishToMany: fc
      .tuple(fc.subarray([...CHANNEL_NAMES], { minLength: 2 }), messages, except)
      .map(([where, message, who]) => publish(where, [message], who)),
    flood: channel.map(flood),
    clientEvent: fc
      .tuple(client, channel, fc.constantFrom("client-a", "client-b"), fc.constantFrom("{}", "x"))
      .map(([who, where, event, data]) => clientEvent(who, where, event, data)),
    unsubscribe: fc.tuple(client, channel).map(([who, where]) => unsubscribe(who, where)),
    loseBase: fc
      .tuple(client, channel, fc.boolean())
      .map(([who, where, drops]) => loseBase(who, where, drops)),
    enable: fc
      .tuple(client, fc.constantFrom(["fossil", "xdelta3"], ["xdelta3"], [], ["zip"]))
      .map(([who, algorithms]) => enable(who, algorithms)),
    beginLag: client.map(beginLag),
    endLag: client.map(endLag),
    tick: fc.constantFrom(0, 1000, 9000).map(tick),
    disconnect: client.map(disconnect),
    breakAll: client.map(breakAll),
    connect: client.map(connect),
  };
}

/**
 * `delta` and `filter` are indexes into the lists of the run. Short lists make clients want the same, which is what
 * cohorts are for.
 */
function subscribe(client: number, channel: string, delta: number, filter: number): Operation {
  return operation(
    `subscribe(${client}, ${channel}, delta ${delta}, filter ${filter})`,
    (model) => model.isConnected(client) && !model.isSubscribed(client, channel),
    (model, rig) => {
      const { deltaRequests, filters } = rig.setting;
      const subscribing: Subscribing = {
        channel,
        delta: deltaRequests[delta % deltaRequests.length],
        filter: filters[filter % filters.length],
        userId: model.userOf(client),
      };
      model.subscribe(client, channel, subscribing.filter);
      rig.subscribe(client, subscribing);
    },
  );
}

function unsubscribe(client: number, channel: string): Operation {
  return operation(
    `unsubscribe(${client}, ${channel})`,
    (model) => model.isSubscribed(client, channel),
    (model, rig) => {
      model.unsubscribe(client, channel);
      rig.unsubscribe(client, channel);
    },
  );
}

function publish(
  channels: readonly string[],
  list: readonly Message[],
  except: Except | null,
): Operation {
  const more = list.length === 1 ? "" : ` and ${list.length - 1} more`;
  const who = except === null ? "nobody" : `${except.at} of the ${except.of}`;
  return operation(
    `publish(${channels.join()}, ${JSON.stringify(list[0])}${more}, except ${who})`,
    () => true,
    (model, rig) => {
      const left = except === null ? null : choose(model, channels, except);
      for (const message of list) {
        for (const channel of channels) model.publish(channel, message, left);
        rig.publish(channels, message, left);
        if (channels.length === 1) checkFrames(rig, channels[0] ?? "", message, left);
        verify(model, rig);
      }
    },
  );
}

function choose(
  model: Expectations,
  channels: readonly string[],
  { of, at }: Except,
): number | null {
  if (of === "clients") return at;
  const subscribers = model.subscribersOf(channels[0] ?? "");
  return subscribers[at % subscribers.length] ?? null;
}

/** Publishes one message that is larger than what is kept for all lagging clients of a channel. */
function flood(channel: string): Operation {
  return operation(
    `flood(${channel})`,
    (model) => model.subscribersOf(channel).some((client) => model.isLagging(client)),
    (model, rig) => {
      const text = "x".repeat(MAX_BACKLOG_BYTES);
      const message: Message = { name: "price", data: text, tags: {}, delta: true };
      model.flood(channel, message);
      rig.publish([channel], message, null);
    },
  );
}

function clientEvent(client: number, channel: string, event: string, data: string): Operation {
  return operation(
    `clientEvent(${client}, ${channel}, ${event})`,
    (model) => channelNamed(channel).authorised && model.isSubscribed(client, channel),
    (model, rig) => {
      model.clientEvent(client, channel, event, data);
      rig.clientEvent(client, channel, event, data);
    },
  );
}

function loseBase(client: number, channel: string, drops: boolean): Operation {
  return operation(
    `loseBase(${client}, ${channel}, ${drops ? "drops its state" : "keeps its state"})`,
    (model) => model.isConnected(client),
    (_model, rig) => {
      if (drops) rig.client(client).forget(channel);
      rig.loseBase(client, channel);
    },
  );
}

function enable(client: number, algorithms: readonly string[]): Operation {
  return operation(
    `enableDelta(${client}, ${algorithms.join()})`,
    (model) => model.isConnected(client),
    (_model, rig) => rig.enableDelta(client, algorithms),
  );
}

function beginLag(client: number): Operation {
  return operation(
    `beginLag(${client})`,
    (model) => model.isConnected(client),
    (model, rig) => {
      model.beginLag(client);
      rig.beginLag(client);
    },
  );
}

function endLag(client: number): Operation {
  return operation(
    `endLag(${client})`,
    (model) => model.isConnected(client),
    (model, rig) => {
      const recovers = model.endLag(client);
      rig.endLag(client);
      if (recovers) return;
      claim(
        rig.socket(client).closedWith?.code === 4100,
        "a socket that missed dropped messages stays open",
      );
      // What it got before it was closed does not matter.
      rig.client(client).takeDelivered();
      model.disconnect(client);
      rig.disconnect(client);
    },
  );
}

function tick(ms: number): Operation {
  return operation(
    `tick(${ms})`,
    () => true,
    (model, rig) => {
      model.tick(ms);
      rig.tick(ms);
    },
  );
}

function disconnect(client: number): Operation {
  return operation(
    `disconnect(${client})`,
    (model) => model.isConnected(client),
    (model, rig) => {
      model.disconnect(client);
      rig.disconnect(client);
    },
  );
}

/** Reconnects with the state that the client kept of its channels, and subscribes again, as client libraries do. */
function connect(client: number): Operation {
  return operation(
    `connect(${client})`,
    (model) => !model.isConnected(client),
    (model, rig) => reconnect(model, rig, client),
  );
}

function reconnect(model: Expectations, rig: Rig, client: number): void {
  model.connect(client);
  rig.connect(client);
  for (const subscribing of rig.subscribed[client]?.values() ?? []) {
    model.subscribe(client, subscribing.channel, subscribing.filter);
    rig.subscribe(client, subscribing);
  }
}

/** All connections break, so that all channels start anew. All clients reconnect except one. */
function breakAll(late: number): Operation {
  return operation(
    `breakAll(${late})`,
    () => true,
    (model, rig) => {
      const connected = [...rig.clients.keys()].filter((client) => model.isConnected(client));
      for (const client of connected) {
        model.disconnect(client);
        rig.disconnect(client);
      }
      for (const client of connected) if (client !== late) reconnect(model, rig, client);
    },
  );
}

/** Messages of one key, each slightly different from the one before. Of those without a key, some are empty. */
function series(key: string | null, count: number, given: TagsJson): readonly Message[] {
  return Array.from({ length: count }, (_, value) => ({
    name: "price",
    data: key === null && value % 4 === 3 ? "" : quote(key, value),
    tags: given,
    delta: true,
  }));
}

function operation(
  text: string,
  check: (model: Readonly<Expectations>) => boolean,
  run: (model: Expectations, rig: Rig) => void,
): Operation {
  return {
    check,
    run: (model, rig) => {
      run(model, rig);
      verify(model, rig);
    },
    toString: () => text,
  };
}
