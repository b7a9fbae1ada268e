// The random operations of clients, the application and time, each done to the model and to the real node, and
// compared right after.
import * as fc from "fast-check";
import { MAX_BACKLOG_BYTES } from "../../../src/hub/lag/backlog.ts";
import { CHANNEL_NAMES, channelNamed } from "./channels.ts";
import { clusterChoices } from "./cluster-operations.ts";
import type { ClientCommand, Subscribing } from "./commands.ts";
import { userOf } from "./deliveries.ts";
import type { Expectations, ModelApp } from "./expectations.ts";
import { type Message, messages, quote, tags, type TagsJson } from "./messages.ts";
import { type Operation, operation } from "./operation.ts";
import { OPEN_APP, type Rig } from "./rig.ts";
import { checkFrames, verify } from "./verification.ts";

/** Frames that wait behind a subscription, at most: more are handled in several steps, between which others have theirs. */
const MAX_QUEUE = 8;

/** Who a publication leaves out: one of all clients, or one of the channel's subscribers. */
interface Except {
  readonly of: "clients" | "subscribers";
  readonly at: number;
}

/** The operations of one run: some subscriptions to begin with, then anything. */
export function runs(clientCount: number): fc.Arbitrary<Iterable<Operation>> {
  const choice = choices(clientCount);
  return fc
    .tuple(
      fc.array(choice.subscribe, { maxLength: 16, size: "max" }),
      fc.commands([...weighted(choice)], { maxCommands: 250, size: "max" }),
    )
    .map(([first, rest]) => new Run(first, rest));
}

/** Two lists of operations one after the other. */
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

  /** The operations by name, those only that a failed run has come to. */
  toString(): string {
    return fc.stringify([this.#first, this.#rest]);
  }
}

/** Each operation, and the more often the more the others need it to be interesting. */
function weighted(choice: Choices): readonly fc.Arbitrary<Operation>[] {
  const weights: Readonly<Record<keyof Choices, number>> = {
    subscribe: 8,
    publish: 14,
    publishSeries: 6,
    publishToMany: 2,
    flood: 1,
    clientEvent: 2,
    unsubscribe: 2,
    repeat: 1,
    ping: 1,
    signIn: 2,
    changeApp: 1,
    drain: 1,
    letIn: 12,
    refuseEntry: 2,
    arrive: 6,
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
    repeat: fc
      .tuple(client, channel, fc.boolean())
      .map(([who, where, in_]) => repeat(who, where, in_)),
    ping: client.map((who) => send(`ping(${who})`, who, { kind: "ping" })),
    signIn: fc
      .tuple(client, fc.subarray(["user-0", "user-1", "user-2", "user-9"]))
      .map(([who, watchlist]) => signIn(who, watchlist)),
    changeApp: fc.constantFrom(...APPS).map(changeApp),
    drain: fc.tuple(client, fc.boolean()).map(([late, ends]) => drain(late, ends)),
    ...clusterChoices(channel),
  };
}

/** `delta` and `filter` are places in the lists of the run: clients that want the same are what cohorts are for. */
function subscribe(client: number, channel: string, delta: number, filter: number): Operation {
  return operation(
    `subscribe(${client}, ${channel}, delta ${delta}, filter ${filter})`,
    (model) => canSend(model, client) && !model.isWanted(client, channel),
    (model, rig) => {
      const { wishes, filters } = rig.setting;
      const subscribing: Subscribing = {
        channel,
        delta: wishes[delta % wishes.length],
        filter: filters[filter % filters.length],
        userId: userOf(client),
      };
      sendBoth(model, rig, client, { kind: "subscribe", subscribing });
    },
  );
}

function unsubscribe(client: number, channel: string): Operation {
  return send(
    `unsubscribe(${client}, ${channel})`,
    client,
    { kind: "unsubscribe", channel },
    (model) => model.isWanted(client, channel),
  );
}

/** Asks for what it has already, or to leave what it is not on. */
function repeat(client: number, channel: string, wants: boolean): Operation {
  const subscribing = { channel, delta: undefined, filter: undefined, userId: userOf(client) };
  const command: ClientCommand = wants
    ? { kind: "subscribe", subscribing }
    : { kind: "unsubscribe", channel };
  return send(
    `repeat(${client}, ${command.kind}, ${channel})`,
    client,
    command,
    (model) => model.isWanted(client, channel) === wants,
  );
}

/** The client sends a frame, whatever comes of it. */
function send(
  text: string,
  client: number,
  command: ClientCommand,
  check: (model: Readonly<Expectations>) => boolean = () => true,
): Operation {
  return operation(
    text,
    (model) => canSend(model, client) && check(model),
    (model, rig) => sendBoth(model, rig, client, command),
  );
}

function canSend(model: Readonly<Expectations>, client: number): boolean {
  return model.isConnected(client) && model.queueLength(client) < MAX_QUEUE;
}

function sendBoth(model: Expectations, rig: Rig, client: number, command: ClientCommand): void {
  model.send(client, command);
  rig.send(client, command);
}

function signIn(client: number, watchlist: readonly string[]): Operation {
  const command = { kind: "signin", userId: userOf(client), watchlist } as const;
  return send(`signIn(${client}, ${watchlist.join()})`, client, command);
}

const APPS: readonly Partial<ModelApp>[] = [
  {},
  {},
  { enabled: false },
  { clientEvents: false },
  { watchlist: false },
  { maxSubscriptions: 2 },
  { maxPresenceMembers: 1 },
];

/** The app's settings change while it has connections. */
function changeApp(given: Partial<ModelApp>): Operation {
  return operation(
    `changeApp(${JSON.stringify(given)})`,
    () => true,
    (model, rig) => {
      model.app = { ...OPEN_APP, ...given };
      rig.change(model.app);
    },
  );
}

/** The node is about to stop or, with `ends`, closes all connections; then another one takes its place. */
function drain(late: number, ends: boolean): Operation {
  return operation(
    `drain(${late}, ${ends ? "ends" : "begins"})`,
    (model) => model.draining === ends,
    async (model, rig) => {
      model.draining = !ends;
      rig.node.draining = !ends;
      if (!ends) return;
      const connected = model.closeAll();
      await rig.drain();
      rig.runSteps();
      verify(model, rig);
      for (const client of connected) if (client !== late) comeBack(model, rig, client);
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
        for (const channel of channels) model.deliveries.publish(channel, message, left);
        rig.publish(channels, message, left);
        if (channels.length === 1) checkFrames(rig, channels[0] ?? "", message, left);
        rig.runSteps();
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
  const subscribers = model.deliveries.subscribersOf(channels[0] ?? "");
  return subscribers[at % subscribers.length] ?? null;
}

/** One message that is larger than what is kept for all lagging clients of a channel. A cache channel would send it to newcomers too. */
function flood(channel: string): Operation {
  return operation(
    `flood(${channel})`,
    ({ deliveries }) =>
      !channelNamed(channel).cached &&
      deliveries.subscribersOf(channel).some((client) => deliveries.isLagging(client)),
    (model, rig) => {
      const text = "x".repeat(MAX_BACKLOG_BYTES);
      const message: Message = { name: "price", data: text, tags: {}, delta: true };
      model.deliveries.flood(channel, message);
      rig.publish([channel], message, null);
    },
  );
}

function clientEvent(client: number, channel: string, event: string, data: string): Operation {
  return send(
    `clientEvent(${client}, ${channel}, ${event})`,
    client,
    { kind: "clientEvent", channel, event, data },
    (model) => channelNamed(channel).authorised && model.isWanted(client, channel),
  );
}

function loseBase(client: number, channel: string, drops: boolean): Operation {
  return operation(
    `loseBase(${client}, ${channel}, ${drops ? "drops its state" : "keeps its state"})`,
    // Without its state it could not read what comes before it is heard.
    (model) => canSend(model, client) && !(drops && model.isWaiting(client)),
    (model, rig) => {
      if (drops) rig.client(client).forget(channel);
      sendBoth(model, rig, client, { kind: "loseBase", channel });
    },
  );
}

function enable(client: number, algorithms: readonly string[]): Operation {
  const text = `enableDelta(${client}, ${algorithms.join()})`;
  return send(text, client, { kind: "enable", algorithms });
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
      // What it still got before it was closed is of no use to it.
      if (!recovers) rig.client(client).takeDelivered();
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

/** Comes back with what it keeps of its channels, and subscribes again, as client libraries do. */
function connect(client: number): Operation {
  return operation(
    `connect(${client})`,
    (model) => !model.isConnected(client) && !model.draining,
    (model, rig) => comeBack(model, rig, client),
  );
}

function comeBack(model: Expectations, rig: Rig, client: number): void {
  model.connect(client);
  rig.connect(client);
  for (const subscribing of Array.from(rig.wanted[client]?.values() ?? []))
    sendBoth(model, rig, client, { kind: "subscribe", subscribing });
}

/** All connections break, so that all channels begin anew; all clients come back but one. */
function breakAll(late: number): Operation {
  return operation(
    `breakAll(${late})`,
    (model) => !model.draining,
    (model, rig) => {
      const { connected } = model;
      for (const client of connected) {
        model.disconnect(client);
        rig.disconnect(client);
      }
      for (const client of connected) if (client !== late) comeBack(model, rig, client);
    },
  );
}

/** Messages of one key, of which each differs a little from the one before. Of those without a key, some are empty. */
function series(key: string | null, count: number, given: TagsJson): readonly Message[] {
  return Array.from({ length: count }, (_, value) => ({
    name: "price",
    data: key === null && value % 4 === 3 ? "" : quote(key, value),
    tags: given,
    delta: true,
  }));
}
