// The real hub, with clients on test sockets. Every operation of the model is executed here with
// the bytes that a real client or application would send.
import { FossilEncoder } from "../../../src/delta/fossil.ts";
import { VcdiffEncoder } from "../../../src/delta/vcdiff.ts";
import type { DeltaOptions } from "../../../src/hub/delta/options.ts";
import { enableDelta, resync } from "../../../src/hub/delta/requests.ts";
import type { AppHub } from "../../../src/hub/app-hub.ts";
import { Hub } from "../../../src/hub/hub.ts";
import { beginLag, catchUp } from "../../../src/hub/lag/catch-up.ts";
import type { Frame } from "../../../src/protocol/codec.ts";
import { publishFromApi } from "../../../src/hub/publish.ts";
import { unsubscribe, unsubscribeAll } from "../../../src/hub/subscribe.ts";
import { type Command, readCommand } from "../../../src/protocol/commands.ts";
import type { Dialect } from "../../../src/protocol/dialect.ts";
import { type Fault, isFault } from "../../../src/protocol/faults.ts";
import { readEvent } from "../../../src/protocol/publication.ts";
import { sign, subscriptionText } from "../../../src/protocol/signatures.ts";
import { KEY, SECRET, testApp } from "../../doubles/app.ts";
import { hubContext, subscribe, sendClientEvent } from "../../doubles/hub.ts";
import { TestNetwork, TestSocket } from "../../doubles/network.ts";
import { CHANNEL_DELTA, channelNamed } from "./channels.ts";
import { Client } from "./client.ts";
import { type FilterJson, isCompact, type Message } from "./messages.ts";
import type { Tally } from "./tally.ts";

const FEW_FRAMES = 3;
/** More than a socket may have in its buffer while it catches up. */
const FULL_BYTES = 1_000_000;

/** What a subscription asks for. */
export interface Subscribing {
  readonly channel: string;
  readonly delta: unknown;
  readonly filter: FilterJson | undefined;
  /** The user on a presence channel. */
  readonly userId: string;
}

/** What applies to a whole run. */
export interface Setting {
  readonly options: DeltaOptions;
  /** The values for `delta` of subscriptions; at least one. */
  readonly deltaRequests: readonly unknown[];
  /** The values for `filter` of subscriptions; at least one. */
  readonly filters: readonly (FilterJson | undefined)[];
}

/** A frame that the hub published to a topic. */
export interface Handed {
  readonly topic: string;
  readonly frame: Frame;
}

// Shared, because they keep no state between calls and are large.
const ENCODERS = { fossil: new FossilEncoder(), xdelta3: new VcdiffEncoder() };

const APP = testApp({ channelDelta: CHANNEL_DELTA, subscriptionCount: true });

/** A hub, its clients, and the operations on them. */
export class Rig {
  readonly app: AppHub;
  readonly network: TestNetwork = new TestNetwork();
  readonly clients: readonly Client[];
  readonly setting: Setting;
  readonly tally: Tally;
  /** What each client is subscribed to, by channel. Without a connection: what it will subscribe to again. */
  readonly subscribed: readonly Map<string, Subscribing>[];
  readonly #hub: Hub;
  #nowMs = 0;
  #sockets = 0;
  #handed: Handed[] = [];

  constructor(dialects: readonly Dialect[], setting: Setting, tally: Tally) {
    this.setting = setting;
    this.tally = tally;
    this.#hub = new Hub(
      hubContext(this.network, {
        sink: {
          publish: (topic, frame, except) => {
            this.#handed.push({ topic, frame });
            this.network.publish(topic, frame, except);
          },
        },
        nowMs: () => this.#nowMs,
        cache: { ttlMs: 60_000, maxEntries: 10 },
        delta: { options: setting.options, encoders: ENCODERS },
      }),
    );
    this.app = this.#hub.of(APP);
    this.clients = dialects.map((dialect) => new Client(dialect, tally));
    this.subscribed = dialects.map(() => new Map<string, Subscribing>());
    for (const index of this.clients.keys()) this.connect(index);
  }

  connect(index: number): void {
    const client = this.client(index);
    const socket = new TestSocket(this.network, `1.${++this.#sockets}`, client.dialect);
    this.app.connect(socket);
    client.connect(socket);
  }

  disconnect(index: number): void {
    const socket = this.socket(index);
    socket.onFrame = null;
    for (const sockets of this.network.topics.values()) sockets.delete(socket);
    this.app.disconnect(socket);
    unsubscribeAll(this.app, socket);
    this.client(index).socket = null;
  }

  subscribe(index: number, subscribing: Subscribing): void {
    const { channel, delta, filter, userId } = subscribing;
    this.subscribed[index]?.set(channel, subscribing);
    const socket = this.socket(index);
    const traits = channelNamed(channel);
    const channelData = traits.presence ? JSON.stringify({ user_id: userId }) : null;
    const signature = sign(SECRET, subscriptionText(socket.id, channel, channelData));
    this.client(index).subscribing(channel, isCompact(delta));
    this.#obey(index, "subscribe", {
      channel,
      delta,
      filter,
      ...(traits.authorised && { auth: `${KEY}:${signature}` }),
      ...(channelData !== null && { channel_data: channelData }),
    });
  }

  unsubscribe(index: number, channel: string): void {
    this.#obey(index, "unsubscribe", { channel });
    this.client(index).unsubscribed(channel);
    this.subscribed[index]?.delete(channel);
  }

  enableDelta(index: number, algorithms: readonly string[]): void {
    this.#obey(index, "enable_delta_compression", { algorithms });
  }

  /** The client reports that it has lost a base. */
  loseBase(index: number, channel: string): void {
    this.#obey(index, "delta_sync_error", { channel });
  }

  /** Publishes as an API request does. */
  publish(channels: readonly string[], message: Message, except: number | null): void {
    const socketId = except === null ? null : (this.client(except).socket?.id ?? "9.9");
    const body = { ...message, channels, socket_id: socketId };
    // Larger than an app's default: as much as is kept for lagging clients.
    const limits = { ...this.app.app.limits, maxEventDataBytes: 1_000_000 };
    const request = readEvent(body, limits);
    if (isFault(request)) throw new Error(request.message);
    publishFromApi(this.app, request.publication);
  }

  clientEvent(index: number, channel: string, event: string, data: string): void {
    const command = readCommand(JSON.stringify({ event, channel, data }));
    if (isFault(command) || command.kind !== "clientEvent") throw new Error("not a client event");
    expectNoFault(sendClientEvent(this.app, this.socket(index), command));
  }

  beginLag(index: number): void {
    beginLag(this.app, this.socket(index));
  }

  /** The client reads a few frames at a time until it has caught up. */
  endLag(index: number): void {
    const socket = this.socket(index);
    const { onFrame } = socket;
    let room = 0;
    socket.onFrame = (frame) => {
      onFrame?.(frame);
      room--;
      if (room === 0) socket.bufferedBytes = FULL_BYTES;
    };
    while (this.app.lags.has(socket) && socket.closedWith === null) {
      room = FEW_FRAMES;
      socket.bufferedBytes = 0;
      catchUp(this.app, socket);
    }
    socket.onFrame = onFrame;
    socket.bufferedBytes = 0;
  }

  /** Lets time pass and does what is due. */
  tick(ms: number): void {
    this.#nowMs += ms;
    const before = this.#freshCount();
    this.#hub.tick();
    if (this.#freshCount() < before) this.tally.add("socket that came in step");
  }

  client(index: number): Client {
    const client = this.clients[index];
    if (client === undefined) throw new Error(`Cannot find client ${index}: there are fewer`);
    return client;
  }

  /** The connection of a client that has one. */
  socket(index: number): TestSocket {
    const { socket } = this.client(index);
    if (socket === null) throw new Error(`Cannot use client ${index}: it is not connected`);
    return socket;
  }

  /** Returns the frames published to topics since the last call. */
  takeHanded(): readonly Handed[] {
    const handed = this.#handed;
    this.#handed = [];
    return handed;
  }

  #freshCount(): number {
    let count = 0;
    for (const { delta } of this.app.unsyncedCohorts) count += delta?.unsynced.size ?? 0;
    return count;
  }

  #obey(index: number, name: string, data: unknown): void {
    const socket = this.socket(index);
    const command = readCommand(JSON.stringify({ event: `${socket.dialect.prefix}${name}`, data }));
    if (isFault(command)) throw new Error(command.message);
    expectNoFault(this.#run(socket, command));
  }

  #run(socket: TestSocket, command: Command): Fault | null {
    switch (command.kind) {
      case "subscribe":
        return subscribe(this.app, socket, command);
      case "unsubscribe":
        return unsubscribe(this.app, socket, command.channel);
      case "enableDelta":
        enableDelta(this.app, socket, command.algorithm);
        return null;
      case "deltaSyncError":
        resync(this.app, socket, command.channel);
        return null;
      case "signin":
      case "clientEvent":
      case "ping":
      case "pong":
        throw new Error(`Cannot run "${command.kind}": it is no command of this test`);
      default:
        return command satisfies never;
    }
  }
}

function expectNoFault(fault: Fault | null): void {
  if (fault !== null) throw new Error(fault.message);
}
