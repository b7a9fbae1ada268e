// The sockets and channels of one app: state only, no I/O. The clock and all effects are passed in.
// The operations on this state are in authorise.ts, subscribe.ts, publish.ts and users.ts.
import type { ChannelEvent, EdgeEvent, TraceEvent } from "../events/app-event.ts";
import type { EventStream } from "../events/stream.ts";
import type { App } from "../protocol/app.ts";
import type { Codec } from "../protocol/codec.ts";
import { CLOSE, type LimitName } from "../protocol/faults.ts";
import type { Leniency } from "../protocol/leniency.ts";
import { type CacheLimits, EventCache } from "./cache.ts";
import { Channel, Cohort } from "./channel.ts";
import { cohortKey, type CohortTraits } from "./cohort-traits.ts";
import { Counters } from "./counters.ts";
import { ChannelSettings, type DeltaOptions } from "./delta/options.ts";
import type { Encoders } from "./delta/outgoing.ts";
import { DeltaState } from "./delta/state.ts";
import type { FilterUse } from "./filter-limits.ts";
import { BacklogPool } from "./lag/backlog-pool.ts";
import type { Lag } from "./lag/lag.ts";
import type { LagLimits } from "./lag/limits.ts";
import type { CrowdLimits, NodeUse } from "./node-use.ts";
import type { ChannelElsewhere, Peer, Sink } from "./ports.ts";
import type { Socket } from "./socket.ts";
import type { User } from "./user.ts";

/** What the hub needs from its environment. */
export interface HubContext {
  readonly sink: Sink;
  readonly events: EventStream;
  /** Called on every refusal that is due to a limit. It must return at once. */
  readonly limitHit: (app: App, limit: LimitName) => void;
  /** Called each time the server accepts something that Pusher refuses. It must return at once. */
  readonly lenient: (app: App, reason: Leniency) => void;
  /** A clock in milliseconds that never goes back. */
  readonly nowMs: () => number;
  /** Every codec that a socket can have. */
  readonly codecs: readonly Codec[];
  /** Null for a node that runs alone. */
  readonly changes: ChangeListener | null;
  readonly cache: CacheLimits;
  readonly delta: DeltaContext;
  readonly lag: LagLimits;
  readonly crowd: CrowdLimits;
}

/**
 * Hears of changes on this node that other nodes must learn of, and knows what is elsewhere. It is called inside the
 * hub's steps: no call may throw, each must return at once, and none may change what the hub knows.
 */
export interface ChangeListener {
  /** The number of the channel's subscribers here has changed. If it has become 0, the channel is still in the hub. */
  channelChanged(hub: AppHub, channel: Channel): void;
  /**
   * The user's first socket here has become a member of the presence channel, or the last one has left, whether or not
   * the user is a member elsewhere.
   */
  memberChanged(hub: AppHub, channel: Channel, userId: string): void;
  /**
   * The user's first connection here has signed in, or the last one has ended; or the user has got the first watcher
   * here, or lost the last. The user is still in the hub.
   */
  userChanged(hub: AppHub, user: User): void;
  /** The number of connections here that count towards the app's quota has changed. */
  connectionsChanged(hub: AppHub): void;
  /** The channel has lost its last subscriber here and is no longer in the hub. */
  vacated(hub: AppHub, channel: string): void;
  /**
   * What is elsewhere on a channel that has no subscriber here; null if nothing is known. Asked in the step in which a
   * presence channel's first member is authorised, and when a channel gets its first subscriber.
   */
  elsewhere(hub: AppHub, channel: string): ChannelElsewhere | null;
  /** Whether the user is online elsewhere. Asked when the user gets the first connection or watcher here. */
  isOnlineElsewhere(hub: AppHub, userId: string): boolean;
  /** The number of connections elsewhere that count towards the app's quota. Asked when the app gets its hub. */
  connectionsElsewhere(appId: string): number;
}

/** How this server does delta compression. */
export interface DeltaContext {
  readonly options: DeltaOptions;
  readonly encoders: Encoders;
}

/** The sockets and channels of one app. Every look-up starts at one app's hub, so apps cannot see one another. */
export class AppHub {
  readonly sink: Sink;
  readonly nowMs: () => number;
  readonly codecs: readonly Codec[];
  readonly delta: DeltaContext;
  readonly lag: LagLimits;
  /** By socket id. */
  readonly sockets: Map<string, Socket> = new Map();
  /** By name: the channels that have at least one subscriber. */
  readonly channels: Map<string, Channel> = new Map();
  /** By id: the users that have connections or watchers. */
  readonly users: Map<string, User> = new Map();
  readonly cache: EventCache;
  readonly counters: Counters;
  /** Channels whose subscriber count has changed and has not been sent yet. */
  readonly unsentCounts: Set<Channel> = new Set();
  /** Presence channels that a member has joined in the current second. */
  readonly unsettledChannels: Set<Channel> = new Set();
  /** Users with watchers who have come online in the current second. */
  readonly unsettledUsers: Set<User> = new Set();
  /** Cohorts that have unsynced sockets. */
  readonly unsyncedCohorts: Set<Cohort> = new Set();
  /** Cohorts that have delta chains. Kept apart because there may be very many cohorts without any. */
  readonly chainedCohorts: Set<Cohort> = new Set();
  /** Sockets that read more slowly than frames are sent to them, and sockets with large replies in their buffer. */
  readonly lags: Map<Peer, Lag> = new Map();
  readonly backlogs: BacklogPool = new BacklogPool();
  readonly crowd: CrowdLimits;
  /** Shared by all apps. */
  readonly nodeUse: NodeUse;
  /** What the filters of each connection cost. Connections without filters have no entry. */
  readonly filterUse: Map<Socket, FilterUse> = new Map();
  /** Sockets that have been told that the delta algorithm is xdelta3. */
  readonly toldXdelta3: Set<Socket> = new Set();
  /** Called each time the server accepts something that Pusher refuses. */
  readonly lenient: (reason: Leniency) => void;
  readonly events: EventStream;
  /** Null if the node runs alone. */
  readonly changes: ChangeListener | null;
  /** The number of connections elsewhere that count towards the app's quota. */
  connectionsElsewhere: number;
  #app: App;
  #settings: ChannelSettings;
  readonly #nextNumber: () => number;
  #authorisedCount = 0;

  /** `nextNumber` returns numbers that are unique across all apps. */
  constructor(app: App, context: HubContext, nodeUse: NodeUse, nextNumber: () => number) {
    this.#app = app;
    this.codecs = context.codecs;
    this.changes = context.changes;
    this.connectionsElsewhere = context.changes?.connectionsElsewhere(app.id) ?? 0;
    this.lag = context.lag;
    this.crowd = context.crowd;
    this.nodeUse = nodeUse;
    this.sink = context.sink;
    this.nowMs = context.nowMs;
    this.delta = context.delta;
    this.#nextNumber = nextNumber;
    this.#settings = new ChannelSettings(app, context.delta.options);
    this.cache = new EventCache(context.cache);
    this.counters = new Counters((limit) => context.limitHit(this.#app, limit));
    this.lenient = (reason) => context.lenient(this.#app, reason);
    this.events = context.events;
  }

  /** The current version of the app: its limits and switches may change while it has connections. */
  get app(): App {
    return this.#app;
  }

  /**
   * Replaces the app by another version of it. Limits and switches apply from now on. Open channels keep their delta
   * settings until they are vacated.
   */
  update(app: App): void {
    const countedAlike = this.#app.authorisedConnections === app.authorisedConnections;
    this.#app = app;
    this.#settings = new ChannelSettings(app, this.delta.options);
    if (!countedAlike) this.changes?.connectionsChanged(this);
  }

  /**
   * The number of connections here that count towards the app's quota. An app with authorised connections counts only
   * those.
   */
  get connectionCount(): number {
    return this.app.authorisedConnections ? this.#authorisedCount : this.sockets.size;
  }

  /** Whether the app has no room for another connection that counts towards its quota, here and elsewhere together. */
  get isFull(): boolean {
    return this.connectionCount + this.connectionsElsewhere >= this.app.limits.maxConnections;
  }

  /** The number of sockets that have missed messages. Sockets that are merely reading a large reply do not count. */
  get laggingCount(): number {
    let count = 0;
    for (const { isBehind } of this.lags.values()) if (isBehind) count++;
    return count;
  }

  /** Returns the channel, and creates it if it has no subscriber yet. The caller then calls `enter` in the same step. */
  open(name: string): Channel {
    let channel = this.channels.get(name);
    if (channel === undefined) {
      channel = new Channel(name, this.#nextNumber(), this.#settings.of(name));
      this.channels.set(name, channel);
      this.nodeUse.channelCount++;
    }
    return channel;
  }

  /** Adds a socket to the channel's cohort with these traits, and creates the cohort if it does not exist yet. */
  enter(channel: Channel, traits: CohortTraits): Cohort {
    const key = cohortKey(traits);
    let cohort = channel.cohorts.get(key);
    if (cohort === undefined) {
      const { delta } = traits;
      const state =
        delta === null ? null : new DeltaState(delta, channel.settings.maxKeys, this.nextTopic());
      cohort = new Cohort(channel, { key, traits }, this.nextTopic(), state);
      channel.cohorts.add(cohort);
    }
    cohort.socketCount++;
    channel.socketCount++;
    return cohort;
  }

  /**
   * Removes a socket from its cohort, and removes the cohort with its last socket. Returns true when the channel has
   * no subscriber left.
   */
  leave(cohort: Cohort): boolean {
    const { channel } = cohort;
    cohort.socketCount--;
    channel.socketCount--;
    if (cohort.socketCount === 0) {
      channel.cohorts.delete(cohort);
      channel.backlog?.cohorts.delete(cohort);
      this.unsyncedCohorts.delete(cohort);
      this.chainedCohorts.delete(cohort);
    }
    return channel.socketCount === 0;
  }

  /** A topic name that is not used anywhere else. */
  nextTopic(): string {
    return this.#nextNumber().toString(36);
  }

  /** Removes a channel that has lost its last subscriber. */
  vacate(channel: Channel): void {
    this.channels.delete(channel.name);
    this.nodeUse.channelCount--;
    this.unsentCounts.delete(channel);
    this.unsettledChannels.delete(channel);
    this.changes?.vacated(this, channel.name);
  }

  /** Adds a socket that has just connected. */
  connect(socket: Socket): void {
    this.sockets.set(socket.id, socket);
    this.counters.connections++;
    if (!this.app.authorisedConnections) this.changes?.connectionsChanged(this);
    if (this.events.isTapped) this.trace({ kind: "connected", socketId: socket.id });
  }

  /** Removes a socket that has closed. */
  disconnect(socket: Socket): void {
    this.sockets.delete(socket.id);
    this.toldXdelta3.delete(socket);
    if (socket.authorised) this.#authorisedCount--;
    if (socket.authorised || !this.app.authorisedConnections)
      this.changes?.connectionsChanged(this);
    if (this.events.isTapped) this.trace({ kind: "disconnected", socketId: socket.id });
  }

  /**
   * Records that the socket has signed in or has subscribed to an authorised channel. Closes it if the app has no
   * room for another authorised connection.
   */
  authorised(socket: Socket): void {
    if (socket.authorised) return;
    const { authorisedConnections } = this.app;
    const isExcess = authorisedConnections && this.isFull;
    socket.authorised = true;
    this.#authorisedCount++;
    if (authorisedConnections) this.changes?.connectionsChanged(this);
    if (isExcess) socket.close(CLOSE.overQuota());
  }

  /** Whether the socket is off the channel's topic until it has caught up. */
  isBehind(socket: Socket, channel: Channel): boolean {
    return this.lags.get(socket)?.behind.has(channel) === true;
  }

  /** Adds a channel event of this app to the event stream. */
  note(event: ChannelEvent): void {
    this.events.note(this.#app, event);
  }

  /**
   * Does the same for an event that is an edge of the whole channel. In a cluster this node cannot know those: the
   * channel's owner notes them.
   */
  noteEdge(event: EdgeEvent): void {
    if (this.changes === null) this.note(event);
  }

  /** Adds a trace event of this app to the event stream. The caller has checked `events.isTapped`. */
  trace(event: TraceEvent): void {
    this.events.trace(this.#app, event);
  }
}
