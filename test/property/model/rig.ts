// The real thing: a node with sessions over test transports. Every operation of the model is done here with
// the bytes that a real client or application would send.
import { FossilEncoder } from "../../../src/delta/fossil.ts";
import { VcdiffEncoder } from "../../../src/delta/vcdiff.ts";
import type { DeltaOptions } from "../../../src/hub/delta/options.ts";
import type { AppHub } from "../../../src/hub/app-hub.ts";
import { Hub } from "../../../src/hub/hub.ts";
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
import { hubContext, TEST_LAG } from "../../doubles/hub.ts";
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
/** More than a socket may have in its buffer while it catches up. */
const FULL_BYTES = 20_000;
/** Enough to take a socket off its topics, and not enough to close it. */
const LAGGING_BYTES = 900;
/** A lagging client may take its time, and nothing is lost however much is buffered. */
const PATIENT_LAG: LagLimits = {
  ...TEST_LAG,
  lossBytes: 1_000_000,
  progress: { maxLagMs: Infinity, minTakenBytes: 0, maxStallMs: Infinity },
};

/** What holds for a whole run. */
export interface Setting {
  readonly options: DeltaOptions;
  /** Whether there are other nodes, played by the test. */
  readonly hasCluster: boolean;
  /** What `delta` of subscriptions is taken from; at least one. */
  readonly wishes: readonly unknown[];
  /** What `filter` of subscriptions is taken from; at least one. */
  readonly filters: readonly (FilterJson | undefined)[];
}

/** A frame that the hub handed over for a topic. */
export interface Handed {
  readonly topic: string;
  readonly frame: Frame;
}

// They keep nothing from one call to the next, and are large.
const ENCODERS = { fossil: new FossilEncoder(), xdelta3: new VcdiffEncoder() };

/** What the app allows at first. */
export const OPEN_APP: ModelApp = {
  enabled: true,
  clientEvents: true,
  watchlist: true,
  maxSubscriptions: 5000,
  maxPresenceMembers: 100,
};

/** See the file's head. */
export class Rig {
  readonly app: AppHub;
  readonly node: Node;
  /** Null alone. */
  readonly cluster: SlowCluster | null;
  readonly context: SessionContext;
  readonly network: TestNetwork = new TestNetwork();
  readonly clients: readonly Client[];
  readonly setting: Setting;
  readonly tally: Tally;
  /** What each client wants to be subscribed to, by channel; without a connection, what it will subscribe to again. */
  readonly wanted: readonly Map<string, Subscribing>[];
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
        vacated: (app, channel) => this.node.openings?.vacated(app, channel),
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

  /** The client goes, without a word. */
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
    const before = client.answerCount;
    session.received(textOf(command, session.id, client.codec.dialect));
    if (this.cluster === null && command.kind === "subscribe")
      claim(client.answerCount > before, "a node alone did not answer a subscription at once");
  }

  /** Publishes as an API request does. */
  publish(channels: readonly string[], message: Message, except: number | null): void {
    const socketId = except === null ? null : (this.client(except).connection?.session.id ?? "9.9");
    const answer = publish(this.node, this.app, this.#publication(channels, message, socketId));
    claim(
      this.cluster !== null || answer === undefined,
      "a node alone did not answer a publication at once",
    );
  }

  /** Another node has published. */
  arrive(channel: string, message: Message, origin: Arrival["origin"]): void {
    const publication = this.#publication([channel], message, null);
    this.node.arrived(this.app, { publication, origin });
  }

  /** The cluster says that the channel can be entered, and what its last event was. */
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
    // Larger than an app takes by default: as much as is kept for lagging clients.
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

  /** It reads a few frames at a time, until it has caught up. */
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

  /** The app's settings are changed. */
  change(app: ModelApp): void {
    this.app.update(appOf(app));
  }

  /** All clients are sent elsewhere, as at the end of a node. */
  async drain(): Promise<void> {
    let nowMs = 0;
    const sleep = async (ms: number): Promise<void> => void (nowMs += ms);
    const clock = { nowMs: () => nowMs, sleep };
    await closeSpread([...this.app.sockets.values()], CLOSE.shuttingDown(), 1000, clock);
  }

  /** Time passes, and what is due then is done. */
  tick(ms: number): void {
    this.#nowMs += ms;
    const before = this.#unsyncedCount();
    this.node.tick();
    if (this.#unsyncedCount() < before) this.tally.add("socket that was synced");
  }

  /** Does what has to be done in the next turns of the event loop. */
  runSteps(): boolean {
    const actions = this.#later.splice(0);
    for (const action of actions) action();
    // Each operation is in a second of its own, as far as rates are concerned.
    this.context.windows.next();
    return actions.length > 0;
  }

  /** Everything has happened that waits for promises and later turns alone. */
  async settle(): Promise<void> {
    const { cluster } = this;
    for (const name of cluster?.publishes.names ?? []) {
      while (cluster?.publishes.names.includes(name)) cluster.publishes.answer(name, undefined);
    }
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

  /** The frames handed over for topics since it was last asked. */
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
