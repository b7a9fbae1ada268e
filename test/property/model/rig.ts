// The real node, with sessions over test transports. Every operation of the model is executed here with the
// bytes that a real client or application would send.
import { FossilEncoder } from "../../../src/delta/fossil.ts";
import { VcdiffEncoder } from "../../../src/delta/vcdiff.ts";
import type { DeltaOptions } from "../../../src/hub/delta/options.ts";
import type { AppHub } from "../../../src/hub/app-hub.ts";
import { Hub } from "../../../src/hub/hub.ts";
import type { ChannelElsewhere } from "../../../src/hub/ports.ts";
import type { Arrival } from "../../../src/hub/publish.ts";
import type { LagLimits } from "../../../src/hub/lag/limits.ts";
import type { Node } from "../../../src/node/node.ts";
import { publish } from "../../../src/node/publish.ts";
import { PUSHER_CLIENT } from "../../../src/protocol/client-traits.ts";
import type { Codec, Frame } from "../../../src/protocol/codec.ts";
import { CODECS } from "../../../src/protocol/codecs.ts";
import { CLOSE, isFault } from "../../../src/protocol/faults.ts";
import { type Publication, readEvent } from "../../../src/protocol/publication.ts";
import { closeSpread } from "../../../src/session/drain.ts";
import { Session, type SessionContext } from "../../../src/session/session.ts";
import { Steps } from "../../../src/session/steps.ts";
import { testApp } from "../../doubles/app.ts";
import { BYTES_V1, BYTES_V2, isByteFrame } from "../../doubles/byte-codec.ts";
import { changeListener, hubContext, TEST_LAG } from "../../doubles/hub.ts";
import { TestNetwork } from "../../doubles/network.ts";
import { SlowCluster, testNode } from "../../doubles/node.ts";
import { NO_RATES, testSessions } from "../../doubles/sessions.ts";
import { TestTransport } from "../../doubles/transport.ts";
import { CHANNEL_DELTA } from "./channels.ts";
import { Client, type ClientConnection } from "./client.ts";
import { type ClientCommand, type Subscribing, textOf } from "./commands.ts";
import { type Cached, CACHE_TTL_MS } from "./deliveries.ts";
import type { ModelApp } from "./expectations.ts";
import { claim } from "./invariants.ts";
import type { FilterJson, Message } from "./messages.ts";
import type { Tally } from "./tally.ts";

const FEW_FRAMES = 3;
/** More than a socket may have buffered while it catches up. */
const FULL_BYTES = 20_000;
/** Enough for a socket to be lagging, and too little for it to be closed. */
const LAGGING_BYTES = 900;
/** Lagging clients are closed only if something that they missed was dropped. */
const PATIENT_LAG: LagLimits = {
  ...TEST_LAG,
  lossBytes: 1_000_000,
  progress: { maxLagMs: Infinity, minTakenBytes: 0, maxStallMs: Infinity },
};

/** What applies to a whole run. */
export interface Setting {
  readonly options: DeltaOptions;
  /** Whether there is a cluster, which the test plays. */
  readonly hasCluster: boolean;
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

/** The app at the beginning of a run. */
export const OPEN_APP: ModelApp = {
  enabled: true,
  clientEvents: true,
  watchlist: true,
  maxSubscriptions: 5000,
  maxPresenceMembers: 100,
};

/** A node, its clients, and the operations on them. */
export class Rig {
  readonly app: AppHub;
  readonly node: Node;
  /** Null if the node runs alone. */
  readonly cluster: SlowCluster | null;
  readonly context: SessionContext;
  readonly network: TestNetwork = new TestNetwork();
  readonly clients: readonly Client[];
  readonly setting: Setting;
  readonly tally: Tally;
  /** What each client has subscribed to, by channel. Without a connection: what it will subscribe to again. */
  readonly wanted: readonly Map<string, Subscribing>[];
  /** What is elsewhere on each channel. */
  readonly elsewhere: Map<string, ChannelElsewhere> = new Map();
  /** The users that are online elsewhere. */
  readonly onlineElsewhere: Set<string> = new Set();
  readonly #hub: Hub;
  #nowMs = 0;
  #sockets = 0;
  #handed: Handed[] = [];
  /** Work for the next turn of the event loop. */
  readonly #later: (() => void)[] = [];

  constructor(codecs: readonly Codec[], setting: Setting, tally: Tally) {
    this.setting = setting;
    this.tally = tally;
    this.cluster = setting.hasCluster ? new SlowCluster() : null;
    this.#hub = this.#makeHub();
    const nowMs = (): number => this.#nowMs;
    this.node = testNode(this.#hub, { cluster: this.cluster, nowMs }).node;
    this.context = testSessions({
      node: this.node,
      rates: NO_RATES,
      steps: new Steps({ nowMs: () => 0, later: (action) => void this.#later.push(action) }),
      nowMs,
    });
    this.app = this.#hub.of(appOf(OPEN_APP));
    this.clients = codecs.map((codec) => new Client(codec, tally));
    this.wanted = codecs.map(() => new Map<string, Subscribing>());
    for (const index of this.clients.keys()) this.connect(index);
  }

  #makeHub(): Hub {
    return new Hub(
      hubContext(this.network, {
        sink: {
          publish: (topic, frame, except) => {
            this.#handed.push({ topic, frame });
            this.network.publish(topic, frame, except);
          },
        },
        nowMs: () => this.#nowMs,
        codecs: [...CODECS, BYTES_V1, BYTES_V2],
        changes: changeListener({
          vacated: (app, channel) => this.node.openings?.vacated(app, channel),
          elsewhere: (_app, channel) => this.elsewhere.get(channel) ?? null,
          isOnlineElsewhere: (_app, userId) => this.onlineElsewhere.has(userId),
        }),
        cache: { ttlMs: CACHE_TTL_MS, maxEntries: 10 },
        delta: { options: this.setting.options, encoders: ENCODERS },
        lag: PATIENT_LAG,
      }),
    );
  }

  connect(index: number): void {
    const client = this.client(index);
    const id = `1.${++this.#sockets}`;
    const session = new Session(this.context, this.app, {
      id,
      protocol: client.codec.dialect.version === 2 ? 2 : 7,
      carrier: this.network.carrier,
      address: "",
      traits: PUSHER_CLIENT,
      codec: client.codec,
    });
    const transport = new TestTransport(session, this.network, id);
    client.connect({ session, transport });
    session.opened(transport);
  }

  /** The client's connection breaks. */
  disconnect(index: number): void {
    this.connection(index).transport.end(1006);
    this.client(index).connection = null;
  }

  send(index: number, command: ClientCommand): void {
    const client = this.client(index);
    const { session } = this.connection(index);
    if (command.kind === "subscribe")
      this.wanted[index]?.set(command.subscribing.channel, command.subscribing);
    if (command.kind === "unsubscribe") {
      this.wanted[index]?.delete(command.channel);
      client.leaving(command.channel);
    }
    const before = client.replyCount;
    session.received(textOf(command, session.id, client.codec.dialect));
    if (this.cluster === null && command.kind === "subscribe")
      claim(client.replyCount > before, "a node alone did not reply to a subscription at once");
  }

  /** Publishes as an API request does. */
  publish(channels: readonly string[], message: Message, except: number | null): void {
    const socketId = except === null ? null : (this.client(except).connection?.session.id ?? "9.9");
    const result = publish(this.node, this.app, this.#publication(channels, message, socketId));
    claim(this.cluster !== null || result === undefined, "a node alone made a publication wait");
  }

  /** A publication arrives from another node. */
  arrive(channel: string, message: Message, origin: Arrival["origin"]): void {
    const publication = this.#publication([channel], message, null);
    this.node.arrived(this.app, { publication, origin });
  }

  /** The cluster has opened the channel and knows its cached event. */
  letIn(channel: string, cached: Cached | null): void {
    if (cached === null) return this.cluster?.letIn(channel);
    const { event, data, tags } = this.#publication([channel], cached.message, null);
    this.cluster?.letIn(channel, { event, data, tags, expiresMs: cached.expiresMs });
  }

  #publication(
    channels: readonly string[],
    message: Message,
    socketId: string | null,
  ): Publication {
    const body = { ...message, channels, socket_id: socketId };
    // Larger than an app's default: as much as is kept for lagging clients.
    const limits = { ...this.app.app.limits, maxEventDataBytes: 1_000_000 };
    const request = readEvent(body, limits);
    if (isFault(request)) throw new Error(request.message);
    return request.publication;
  }

  beginLag(index: number): void {
    const { session, transport } = this.connection(index);
    transport.buffered = LAGGING_BYTES;
    transport.waits = true;
    session.checkBuffer();
  }

  /** The client reads a few frames at a time until it has caught up. */
  endLag(index: number): void {
    const { session, transport } = this.connection(index);
    const { onFrame } = transport;
    let room = 0;
    transport.onFrame = (frame) => {
      onFrame?.(frame);
      if (typeof frame !== "string" && isByteFrame(frame))
        this.tally.add("message in bytes to a lagging client");
      room--;
      if (room === 0) transport.buffered = FULL_BYTES;
    };
    transport.waits = false;
    do {
      room = FEW_FRAMES;
      transport.buffered = 0;
      session.drained();
    } while (this.app.lags.has(session) && session.isOpen);
    transport.onFrame = onFrame;
    transport.buffered = 0;
  }

  /** Changes the app's settings. */
  change(app: ModelApp): void {
    this.app.update(appOf(app));
  }

  /** Closes all connections, as at the end of a drain. */
  async drain(): Promise<void> {
    let nowMs = 0;
    const sleep = async (ms: number): Promise<void> => void (nowMs += ms);
    const clock = { nowMs: () => nowMs, sleep };
    await closeSpread([...this.app.sockets.values()], CLOSE.shuttingDown(), 1000, clock);
  }

  /** Lets time pass and does what is due. */
  tick(ms: number): void {
    this.#nowMs += ms;
    const before = this.#unsyncedCount();
    this.node.tick();
    if (this.#unsyncedCount() < before) this.tally.add("socket that was synced");
  }

  /** Does the work for the next turn of the event loop. Returns false if there was none. */
  runSteps(): boolean {
    const actions = this.#later.splice(0);
    for (const action of actions) action();
    // Each operation is in a second of its own as far as the rate windows are concerned.
    this.context.windows.next();
    return actions.length > 0;
  }

  /** Waits until everything has happened that depends only on settled promises and later turns of the event loop. */
  async settle(): Promise<void> {
    this.cluster?.publishes.answerAll("cluster");
    do await new Promise((done) => void setImmediate(done));
    while (this.runSteps());
  }

  client(index: number): Client {
    const client = this.clients[index];
    if (client === undefined) throw new Error(`Cannot find client ${index}: there are fewer`);
    return client;
  }

  /** The connection of a client that has one. */
  connection(index: number): ClientConnection {
    const { connection } = this.client(index);
    if (connection === null) throw new Error(`Cannot use client ${index}: it is not connected`);
    return connection;
  }

  /** Returns the frames published to topics since the last call. */
  takeHanded(): readonly Handed[] {
    const handed = this.#handed;
    this.#handed = [];
    return handed;
  }

  #unsyncedCount(): number {
    let count = 0;
    for (const { delta } of this.app.unsyncedCohorts) count += delta?.unsynced.size ?? 0;
    return count;
  }
}

function appOf({ maxSubscriptions, maxPresenceMembers, ...given }: ModelApp) {
  return testApp(
    { ...given, channelDelta: CHANNEL_DELTA, subscriptionCount: true },
    { maxSubscriptions, maxPresenceMembers, maxClientEventsPerSecond: Infinity },
  );
}
