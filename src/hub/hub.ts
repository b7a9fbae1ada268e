// The hub: which sockets each app has and which channels they are on. Synchronous state without
// I/O; time, randomness and effects come in from outside. What happens to it is written in
// subscribe.ts, publish.ts, client-event.ts and users.ts.
import type { ChannelEvent, TraceEvent } from "../events/app-event.ts";
import type { EventStream } from "../events/stream.ts";
import type { App } from "../protocol/app.ts";
import { CLOSE, type LimitName } from "../protocol/faults.ts";
import type { Leniency } from "../protocol/leniency.ts";
import { BacklogPool } from "./backlogs.ts";
import { type CacheLimits, EventCache } from "./cache.ts";
import { Channel } from "./channel.ts";
import { Cohort, cohortKey, type CohortTraits } from "./cohort.ts";
import { Counters } from "./counters.ts";
import type { CrowdLimits, NodeUse } from "./crowd.ts";
import { promote } from "./delta-cohort.ts";
import { ChannelSettings, type DeltaOptions } from "./delta-options.ts";
import { DeltaState } from "./delta-state.ts";
import { settleMembers } from "./membership.ts";
import type { FilterUse } from "./filter-use.ts";
import type { Lag } from "./lag.ts";
import type { Encoders } from "./outgoing.ts";
import type { Sink, Socket } from "./ports.ts";
import type { SlowLimits } from "./slow.ts";
import { tellCounts } from "./subscription-count.ts";
import { settleUsers, type User } from "./users.ts";

/** What the hub needs of the outside. */
export interface HubContext {
  readonly sink: Sink;
  readonly events: EventStream;
  /** Told of every refusal by a limit; it must return at once. */
  readonly limitHit: (app: App, limit: LimitName) => void;
  /** Told each time that something is let in which Pusher refuses; it must return at once. */
  readonly lenient: (app: App, reason: Leniency) => void;
  /** A clock in milliseconds that never goes back. */
  readonly nowMs: () => number;
  readonly cache: CacheLimits;
  readonly delta: DeltaContext;
  readonly slow: SlowLimits;
  readonly crowd: CrowdLimits;
}

/** Delta compression on this server. */
export interface DeltaContext {
  readonly options: DeltaOptions;
  readonly encoders: Encoders;
}

/** All apps that have had a connection or a request. */
export class Hub {
  readonly #context: HubContext;
  readonly #apps = new Map<string, AppHub>();
  readonly #use: NodeUse = { backlogs: new BacklogPool(), channelCount: 0 };
  #names = 0;

  constructor(context: HubContext) {
    this.#context = context;
  }

  /** The app's part of the hub, made when it is first asked for. */
  of(app: App): AppHub {
    let found = this.#apps.get(app.id);
    if (found === undefined) {
      found = new AppHub(app, this.#context, this.#use, () => this.#names++);
      this.#apps.set(app.id, found);
    }
    return found;
  }

  get apps(): Iterable<AppHub> {
    return this.#apps.values();
  }

  /** Every socket of every app. */
  *sockets(): Iterable<Socket> {
    for (const app of this.#apps.values()) yield* app.sockets.values();
  }

  /** Does what is due: to be called about once a second. */
  tick(): void {
    for (const app of this.#apps.values()) app.tick();
  }
}

/** The sockets and channels of one app. Apps never see one another: every look-up begins here. */
export class AppHub {
  readonly app: App;
  readonly sink: Sink;
  readonly nowMs: () => number;
  readonly delta: DeltaContext;
  readonly slow: SlowLimits;
  /** By socket id. */
  readonly sockets: Map<string, Socket> = new Map();
  /** By name: the channels with at least one subscriber. */
  readonly channels: Map<string, Channel> = new Map();
  /** By id: the users with connections or watchers. */
  readonly users: Map<string, User> = new Map();
  readonly cache: EventCache;
  readonly counters: Counters;
  /** Channels whose changed count waits to be told. */
  readonly countsToTell: Set<Channel> = new Set();
  /** Presence channels on which somebody came in the present second. */
  readonly unsettled: Set<Channel> = new Set();
  /** Users with watchers who came in the present second. */
  readonly unsettledUsers: Set<User> = new Set();
  /** Cohorts with sockets that are not in step yet. */
  readonly freshCohorts: Set<Cohort> = new Set();
  /** Cohorts with chains: of very many channels few may have any. */
  readonly chainedCohorts: Set<Cohort> = new Set();
  /** Sockets that do not read as fast as they are sent to. */
  readonly lags: Map<Socket, Lag> = new Map();
  readonly backlogs: BacklogPool = new BacklogPool();
  readonly crowd: CrowdLimits;
  /** Shared by all apps. */
  readonly nodeUse: NodeUse;
  /** What the filters of a connection cost, of those that have any. */
  readonly filterUse: Map<Socket, FilterUse> = new Map();
  /** Sockets that were told of another algorithm for deltas than Fossil's. */
  readonly bilingual: Set<Socket> = new Set();
  /** Told each time that something is let in which Pusher refuses. */
  readonly lenient: (reason: Leniency) => void;
  readonly events: EventStream;
  readonly #settings: ChannelSettings;
  readonly #nextNumber: () => number;
  #authorisedCount = 0;

  /** `nextNumber` gives numbers that no other app gets. */
  constructor(app: App, context: HubContext, nodeUse: NodeUse, nextNumber: () => number) {
    this.app = app;
    this.slow = context.slow;
    this.crowd = context.crowd;
    this.nodeUse = nodeUse;
    this.sink = context.sink;
    this.nowMs = context.nowMs;
    this.delta = context.delta;
    this.#nextNumber = nextNumber;
    this.#settings = new ChannelSettings(app, context.delta.options);
    this.cache = new EventCache(context.cache);
    this.counters = new Counters((limit) => context.limitHit(app, limit));
    this.lenient = (reason) => context.lenient(app, reason);
    this.events = context.events;
  }

  /** Connections that count against the app's quota: with authorised connections only those. */
  get connectionCount(): number {
    return this.app.authorisedConnections ? this.#authorisedCount : this.sockets.size;
  }

  /** Sockets that have fallen behind, without those that only read a large answer. */
  get laggingCount(): number {
    let count = 0;
    for (const { isBehind } of this.lags.values()) if (isBehind) count++;
    return count;
  }

  /** The channel, made when nobody is subscribed to it yet. */
  open(name: string): Channel {
    let channel = this.channels.get(name);
    if (channel === undefined) {
      channel = new Channel(name, this.#nextNumber(), this.#settings.of(name));
      this.channels.set(name, channel);
      this.nodeUse.channelCount++;
    }
    return channel;
  }

  /** Adds a socket to the channel's cohort with these traits, which is made when nobody is in it yet. */
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

  /** Removes a socket from its cohort, and the cohort with its last one. True when the channel has no subscriber left. */
  leave(cohort: Cohort): boolean {
    const { channel } = cohort;
    cohort.socketCount--;
    channel.socketCount--;
    if (cohort.socketCount === 0) {
      channel.cohorts.delete(cohort);
      channel.backlog?.cohorts.delete(cohort);
      this.freshCohorts.delete(cohort);
      this.chainedCohorts.delete(cohort);
    }
    return channel.socketCount === 0;
  }

  /** A topic that nobody else has. */
  nextTopic(): string {
    return this.#nextNumber().toString(36);
  }

  /** Forgets a channel that has lost its last subscriber. */
  vacate(channel: Channel): void {
    this.channels.delete(channel.name);
    this.nodeUse.channelCount--;
    this.countsToTell.delete(channel);
    this.unsettled.delete(channel);
  }

  /** Adds a socket that has just connected. */
  connect(socket: Socket): void {
    this.sockets.set(socket.id, socket);
    this.counters.connections++;
    if (this.events.isTapped) this.trace({ kind: "connected", socketId: socket.id });
  }

  /** Removes a socket that has closed. */
  disconnect(socket: Socket): void {
    this.sockets.delete(socket.id);
    this.bilingual.delete(socket);
    if (socket.authorised) this.#authorisedCount--;
    if (this.events.isTapped) this.trace({ kind: "disconnected", socketId: socket.id });
  }

  /** Notes that the socket has signed in or subscribed to an authorised channel. */
  authorised(socket: Socket): void {
    if (socket.authorised) return;
    const full =
      this.app.authorisedConnections && this.#authorisedCount >= this.app.limits.maxConnections;
    socket.authorised = true;
    this.#authorisedCount++;
    if (full) socket.close(CLOSE.overQuota());
  }

  /** Whether the socket has left the channel's topic because it lags. */
  isBehind(socket: Socket, channel: Channel): boolean {
    return this.lags.get(socket)?.behind.has(channel) === true;
  }

  /** Puts a channel event of this app on the stream. */
  note(event: ChannelEvent): void {
    this.events.note(this.app, event);
  }

  /** Puts a trace event of this app on the stream. The caller has checked `events.isTapped`. */
  trace(event: TraceEvent): void {
    this.events.trace(this.app, event);
  }

  /** Does what is due: counts to be told, sockets to come in step, events and chains to be forgotten. */
  tick(): void {
    if (this.countsToTell.size > 0) tellCounts(this);
    if (this.unsettled.size > 0) settleMembers(this);
    if (this.unsettledUsers.size > 0) settleUsers(this);
    for (const cohort of this.freshCohorts) promote(this, cohort);
    this.cache.sweep(this.nowMs());
    const oldestMs = this.nowMs() - this.delta.options.maxStateAgeMs;
    if (oldestMs <= 0) return;
    for (const cohort of this.chainedCohorts)
      if (cohort.delta?.forgetChains(oldestMs) !== true) this.chainedCohorts.delete(cohort);
  }
}
