// The random operations of one client: it sends frames, lags and catches up.
import * as fc from "fast-check";
import { channelNamed } from "./channels.ts";
import type { ClientCommand, Subscribing } from "./commands.ts";
import { userOf } from "./deliveries.ts";
import type { Expectations } from "./expectations.ts";
import { type Choices, type Operation, operation, sendBoth } from "./operation.ts";

/**
 * The maximum number of frames behind a pending subscription. More would be handled in several steps, with frames of
 * other clients in between.
 */
const MAX_QUEUE = 8;

/** The clients and channels to choose from. */
export interface Choice {
  readonly client: fc.Arbitrary<number>;
  readonly channel: fc.Arbitrary<string>;
}

/** The operations by name. */
export function clientChoices({
  client,
  channel,
}: Choice): Choices<
  | "subscribe"
  | "unsubscribe"
  | "repeat"
  | "ping"
  | "signIn"
  | "clientEvent"
  | "loseBase"
  | "enable"
  | "beginLag"
  | "endLag"
> {
  return {
    subscribe: fc
      .tuple(client, channel, fc.nat(2), fc.nat(2))
      .map(([who, where, delta, filter]) => subscribe(who, where, delta, filter)),
    unsubscribe: fc.tuple(client, channel).map(([who, where]) => unsubscribe(who, where)),
    repeat: fc
      .tuple(client, channel, fc.boolean())
      .map(([who, where, in_]) => repeat(who, where, in_)),
    ping: client.map((who) => send(`ping(${who})`, who, { kind: "ping" })),
    signIn: fc
      .tuple(client, fc.subarray(["user-0", "user-1", "user-2", "user-9"]))
      .map(([who, watchlist]) => signIn(who, watchlist)),
    clientEvent: fc
      .tuple(client, channel, fc.constantFrom("client-a", "client-b"), fc.constantFrom("{}", "x"))
      .map(([who, where, event, data]) => clientEvent(who, where, event, data)),
    loseBase: fc
      .tuple(client, channel, fc.boolean())
      .map(([who, where, drops]) => loseBase(who, where, drops)),
    enable: fc
      .tuple(client, fc.constantFrom(["fossil", "xdelta3"], ["xdelta3"], [], ["zip"]))
      .map(([who, algorithms]) => enable(who, algorithms)),
    beginLag: client.map(beginLag),
    endLag: client.map(endLag),
  };
}

/**
 * `delta` and `filter` are indexes into the lists of the run. Short lists make clients want the same, which is what
 * cohorts are for.
 */
function subscribe(client: number, channel: string, delta: number, filter: number): Operation {
  return operation(
    `subscribe(${client}, ${channel}, delta ${delta}, filter ${filter})`,
    (model) => canSend(model, client) && !model.isWanted(client, channel),
    (model, rig) => {
      const { deltaRequests, filters } = rig.setting;
      const subscribing: Subscribing = {
        channel,
        delta: deltaRequests[delta % deltaRequests.length],
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

/** Subscribes twice to a channel, or unsubscribes from one without a subscription. */
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

function signIn(client: number, watchlist: readonly string[]): Operation {
  const command = { kind: "signin", userId: userOf(client), watchlist } as const;
  return send(`signIn(${client}, ${watchlist.join()})`, client, command);
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
    // While the frame waits, deltas still come, which it could not decode without its state.
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
      // What it got before it was closed does not matter.
      if (!recovers) rig.client(client).takeDelivered();
    },
  );
}

/** The client sends a frame, which may be refused. */
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
