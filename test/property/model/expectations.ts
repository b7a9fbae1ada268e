// The model of a node. It executes the frames of each client in order, keeps those behind a pending
// subscription, and says which replies each client must get and with which code it must be closed. The
// models that it consists of say what each client must get on its channels.
import type { Message } from "./messages.ts";
import type { Dialect } from "../../../src/protocol/dialect.ts";
import { CLOSE, type Fault, REFUSE } from "../../../src/protocol/faults.ts";
import { OPEN_TIMEOUT_MS } from "../../../src/node/openings.ts";
import { CONNECTED, deltas, PONG, refused, SIGNED_IN, subscribed } from "./replies.ts";
import { channelNamed } from "./channels.ts";
import type { ClientCommand, Subscribing } from "./commands.ts";
import { type Cached, Deliveries } from "./deliveries.ts";
import { type ModelArrival, type ModelOpening, ModelOpenings, type Waiter } from "./openings.ts";
import type { Tally } from "./tally.ts";
import { type Watcher, Watching } from "./watching.ts";

/** The app's switches and limits. */
export interface ModelApp {
  readonly enabled: boolean;
  readonly clientEvents: boolean;
  readonly watchlist: boolean;
  readonly maxSubscriptions: number;
  readonly maxPresenceMembers: number;
}

/** What applies to a whole run. */
export interface ModelSetting {
  readonly hasCluster: boolean;
  readonly app: ModelApp;
  readonly tally: Tally;
}

/** One connection of a client. */
interface Connection extends Waiter, Watcher {
  readonly client: number;
  /** Connections are numbered in the order in which they were opened. */
  readonly number: number;
  /** The channel of the pending subscription, or null. While there is one, later frames are queued. */
  waitsFor: string | null;
  readonly queue: ClientCommand[];
}

/** The model of a node. Clients are identified by numbers. */
export class Expectations {
  readonly deliveries: Deliveries;
  readonly openings: ModelOpenings;
  readonly watching: Watching = new Watching();
  /** Whether there are other nodes. */
  readonly hasCluster: boolean;
  app: ModelApp;
  draining = false;
  readonly #dialects: readonly Dialect[];
  readonly #tally: Tally;
  readonly #tasks: (() => void)[] = [];
  readonly #connections: (Connection | null)[];
  /** By client: the replies since they were last taken. */
  readonly #replies: string[][];
  /** By client: the code with which the server closed its last connection, or null. */
  readonly #closeCodes: (number | null)[];
  #connectionCount = 0;
  #nowMs = 0;

  constructor(dialects: readonly Dialect[], { hasCluster, app, tally }: ModelSetting) {
    this.hasCluster = hasCluster;
    this.app = app;
    this.#tally = tally;
    this.#dialects = dialects;
    this.deliveries = new Deliveries(dialects);
    this.openings = new ModelOpenings(OPEN_TIMEOUT_MS, this.#tasks, tally, (channel, kept) =>
      this.#remember(channel, kept),
    );
    this.#connections = dialects.map(() => null);
    this.#replies = dialects.map(() => []);
    this.#closeCodes = dialects.map(() => null);
    for (const client of dialects.keys()) this.connect(client);
  }

  get nowMs(): number {
    return this.#nowMs;
  }

  /** Clients with a connection. */
  get connected(): readonly number[] {
    return [...this.#connections.keys()].filter((client) => this.isConnected(client));
  }

  isConnected(client: number): boolean {
    return (this.#connections[client] ?? null) !== null;
  }

  isWaiting(client: number): boolean {
    return (this.#connections[client]?.waitsFor ?? null) !== null;
  }

  /** The number of frames that wait behind the client's pending subscription. */
  queueLength(client: number): number {
    return this.#connections[client]?.queue.length ?? 0;
  }

  /** The code with which the server closed the client's last connection, or null. */
  closeCodeOf(client: number): number | null {
    return this.#closeCodes[client] ?? null;
  }

  /** Whether the client is or will be subscribed once its queued frames are executed, if no limit stops it. */
  isWanted(client: number, channel: string): boolean {
    const isMeant = (command: ClientCommand): boolean =>
      (command.kind === "subscribe" && command.subscribing.channel === channel) ||
      (command.kind === "unsubscribe" && command.channel === channel);
    const connection = this.#connections[client] ?? null;
    const last = connection?.queue.findLast(isMeant);
    if (last !== undefined) return last.kind === "subscribe";
    return connection?.waitsFor === channel || this.deliveries.isSubscribed(client, channel);
  }

  /** Returns the replies to the client since the last call. */
  takeReplies(client: number): readonly string[] {
    return this.#replies[client]?.splice(0) ?? [];
  }

  connect(client: number): void {
    const replies = this.#replies[client] ?? [];
    replies.push(CONNECTED);
    this.#closeCodes[client] = null;
    this.#connections[client] = {
      client,
      number: this.#connectionCount++,
      waitsFor: null,
      queue: [],
      held: new Map(),
      user: null,
      watchlist: [],
      replies,
    };
    this.deliveries.connect(client);
  }

  /** Ends the connection. `fault` is the reason if the server closes it. */
  disconnect(client: number, fault: Fault | null = null): void {
    const connection = this.#connections[client] ?? null;
    if (connection === null) return;
    if (connection.waitsFor !== null && fault === null)
      this.#tally.add("disconnect during a pending subscription");
    // Sockudo's dialect is sent the reason as an event too.
    if (fault !== null && this.#dialects[client]?.version === 2) refuse(connection, fault);
    this.#connections[client] = null;
    this.#closeCodes[client] = fault?.code ?? null;
    for (const channel of Array.from(connection.held.keys())) this.#release(connection, channel);
    this.deliveries.disconnect(client);
    this.watching.signOut(connection);
  }

  /**
   * Closes all connections because the node stops, first those without buffered data. Returns the clients whose
   * connections they were.
   */
  closeAll(): readonly number[] {
    const clients = this.connected.toSorted((a, b) => this.#numberOf(a) - this.#numberOf(b));
    const isLagging = (client: number): boolean => this.deliveries.isLagging(client);
    const order = [...clients.filter((client) => !isLagging(client)), ...clients.filter(isLagging)];
    for (const client of order) this.disconnect(client, CLOSE.shuttingDown());
    return clients;
  }

  #numberOf(client: number): number {
    return this.#connections[client]?.number ?? -1;
  }

  /** The client sends a frame. */
  send(client: number, command: ClientCommand): void {
    const connection = this.#connections[client] ?? null;
    if (connection === null) throw new Error(`Client ${client} sends without a connection`);
    if (connection.waitsFor === null) return this.#execute(connection, command);
    connection.queue.push(command);
    this.#tally.add(`${command.kind} behind a pending subscription`);
    if (command.kind === "subscribe") this.#foresee(connection, command.subscribing);
  }

  /** The application publishes on this node. */
  publish(channel: string, message: Message, except: number | null): void {
    const isOpen = this.deliveries.isOpen(channel);
    const number = except === null ? null : this.#numberOf(except);
    if (!isOpen && this.openings.keep(channel, { message, isCached: true, except: number })) return;
    this.deliveries.publish(channel, message, except);
  }

  /** A publication arrives from another node. */
  arrive(channel: string, arrival: ModelArrival): void {
    if (this.deliveries.isOpen(channel)) this.#deliver(channel, arrival);
    else this.openings.keep(channel, arrival);
  }

  #deliver(channel: string, { message, isCached, except }: ModelArrival): void {
    const left = this.connected.find((client) => this.#numberOf(client) === except) ?? null;
    if (isCached) this.deliveries.publish(channel, message, left);
    else this.deliveries.deliver(channel, message, left);
  }

  #remember(channel: string, kept: readonly ModelArrival[]): void {
    for (const { message, isCached } of kept)
      if (isCached) this.deliveries.remember(channel, message);
  }

  /** The cluster has opened the channel and knows its cached event. */
  opened(channel: string, cached: Cached | null): void {
    if (!this.openings.answer(channel, "ready")) return;
    if (cached !== null) this.deliveries.restore(channel, cached);
  }

  /** The cluster cannot open the channel. */
  failed(channel: string): void {
    this.openings.answer(channel, "failed");
  }

  /** Lets time pass and does what is due. */
  tick(ms: number): void {
    this.#nowMs += ms;
    this.deliveries.tick(ms);
    this.openings.expire(this.#nowMs);
    this.watching.tick();
  }

  /** The server notices that much data is buffered for the client. */
  beginLag(client: number): void {
    if (this.deliveries.hasDropped(client)) this.disconnect(client, CLOSE.readsTooSlowly());
    else this.deliveries.beginLag(client);
  }

  /** Returns false if the client cannot catch up; then it is closed. */
  endLag(client: number): boolean {
    const recovers = this.deliveries.endLag(client);
    if (!recovers) this.disconnect(client, CLOSE.readsTooSlowly());
    return recovers;
  }

  /** Runs what the operations so far have made ready to run. */
  settle(): void {
    for (let task = this.#tasks.shift(); task !== undefined; task = this.#tasks.shift()) task();
  }

  #execute(connection: Connection, command: ClientCommand): void {
    const { client, replies } = connection;
    switch (command.kind) {
      case "subscribe":
        return this.#subscribe(connection, command.subscribing);
      case "unsubscribe":
        if (this.deliveries.isSubscribed(client, command.channel))
          this.deliveries.unsubscribe(client, command.channel);
        else refuse(connection, REFUSE.notSubscribed(command.channel));
        return;
      case "clientEvent": {
        const fault = this.#judgeClientEvent(client, command.channel);
        if (fault !== null) return refuse(connection, fault);
        return this.deliveries.clientEvent(client, command.channel, command.event, command.data);
      }
      case "ping":
        replies.push(PONG);
        return;
      case "enable":
        replies.push(deltas(""));
        // The server checks the connection's buffer then, and notices the gap.
        if (this.deliveries.hasDropped(client)) this.disconnect(client, CLOSE.readsTooSlowly());
        return;
      case "loseBase":
        return;
      case "signin":
        return this.#signIn(connection, command.userId, command.watchlist);
      default:
        return command satisfies never;
    }
  }

  #subscribe(connection: Connection, subscribing: Subscribing): void {
    const { client } = connection;
    const { channel } = subscribing;
    const fault = this.#judge(client, subscribing);
    if (fault !== null || !this.hasCluster || this.deliveries.isOpen(channel)) {
      if (fault === null) this.#enter(connection, subscribing);
      this.#release(connection, channel);
      if (fault !== null) refuse(connection, fault);
      return;
    }
    const opening = this.openings.hold(connection, channel, this.#nowMs);
    connection.waitsFor = channel;
    const wake = (): void => this.#wake(connection, subscribing, opening);
    if (opening.state === "asked") opening.toWake.push(wake);
    else this.#tasks.push(wake);
  }

  /** Continues a pending subscription after the cluster's answer. */
  #wake(connection: Connection, subscribing: Subscribing, opening: ModelOpening): void {
    const { client } = connection;
    if (this.#connections[client] !== connection) return;
    if (opening.state === "failed") return this.disconnect(client, CLOSE.channelNotOpened());
    if (this.draining) return this.disconnect(client, CLOSE.shuttingDown());
    if (!this.app.enabled) return this.disconnect(client, CLOSE.disabledApp());
    const fault = this.#judge(client, subscribing);
    if (fault === null) this.#enter(connection, subscribing);
    this.#release(connection, subscribing.channel);
    if (fault !== null) refuse(connection, fault);
    connection.waitsFor = null;
    this.#tasks.push(() => this.#goOn(connection));
  }

  #goOn(connection: Connection): void {
    const isOver = (): boolean => this.#connections[connection.client] !== connection;
    while (!isOver() && connection.waitsFor === null) {
      const command = connection.queue.shift();
      if (command === undefined) return;
      this.#execute(connection, command);
    }
  }

  /** Starts opening a channel before the turn of its subscription, unless that would be refused. Pending subscriptions count. */
  #foresee(connection: Connection, subscribing: Subscribing): void {
    const { client, held } = connection;
    const count = this.deliveries.subscriptionCount(client) + held.size;
    if (count >= this.app.maxSubscriptions || this.deliveries.isOpen(subscribing.channel)) return;
    if (this.#judge(client, subscribing) === null)
      this.openings.hold(connection, subscribing.channel, this.#nowMs);
  }

  #judge(client: number, { channel, userId }: Subscribing): Fault | null {
    const { maxSubscriptions, maxPresenceMembers } = this.app;
    if (this.deliveries.isSubscribed(client, channel)) return REFUSE.alreadySubscribed(channel);
    if (this.deliveries.subscriptionCount(client) >= maxSubscriptions)
      return REFUSE.tooManySubscriptions(maxSubscriptions);
    const members = this.deliveries.membersOf(channel) ?? [];
    if (members.length < maxPresenceMembers || members.includes(userId)) return null;
    return REFUSE.presenceFull(channel, maxPresenceMembers);
  }

  #judgeClientEvent(client: number, channel: string): Fault | null {
    if (!this.app.clientEvents) return REFUSE.clientEventsDisabled();
    if (!channelNamed(channel).authorised) return REFUSE.clientEventOnPublic();
    const isSubscribed = this.deliveries.isSubscribed(client, channel);
    return isSubscribed ? null : REFUSE.clientEventOutside(channel);
  }

  #enter({ client, replies }: Connection, { channel, filter, delta }: Subscribing): void {
    replies.push(subscribed(channel));
    if (delta !== undefined) replies.push(deltas(channel));
    this.deliveries.subscribe(client, channel, filter);
  }

  #release(connection: Connection, channel: string): void {
    const isOpen = this.deliveries.isOpen(channel);
    const due = this.openings.release(connection, channel, isOpen);
    if (!isOpen) return this.#remember(channel, due);
    for (const arrival of due) this.#deliver(channel, arrival);
  }

  #signIn(connection: Connection, userId: string, watchlist: readonly string[]): void {
    const isFirst = connection.user === null;
    if (isFirst) this.watching.signIn(connection, userId);
    connection.replies.push(SIGNED_IN);
    if (isFirst && this.app.watchlist) this.watching.watch(connection, watchlist);
  }
}

function refuse({ replies }: Connection, { code, message }: Fault): void {
  replies.push(refused(code, message));
}
