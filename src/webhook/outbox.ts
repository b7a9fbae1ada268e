// The events that are queued for one endpoint. Until a POST can be made, the queue stays open: an
// event may still cancel or replace another, higher priorities overtake lower ones, and when there is
// no room the lowest priority is dropped.
//
// The invariant: events of one channel are taken in the order in which they came, and none while
// earlier ones of that channel are being posted. Channels may overtake one another. Every operation
// takes constant time, however many events are queued.
import type { ChannelEvent } from "../events/app-event.ts";
import type { WebhookEvent } from "../protocol/app.ts";
import { type Link, LinkedList } from "../queue/linked-list.ts";
import type { WebhookCounters } from "./counters.ts";
import { PRIORITIES, type Priority, PRIORITY_TURNS, priorityOf } from "./priority.ts";
import { COUNTERPART, DISCARDED_WITH_CHANNEL, subjectOf } from "./subject.ts";
import { Subjects } from "./subjects.ts";

/** How much may be queued for one endpoint. */
export interface OutboxLimits {
  readonly maxEvents: number;
  /** The events' texts, and an allowance for the bookkeeping of each event. */
  readonly maxBytes: number;
}

/** 25,000 events and 16 MiB. */
export const DEFAULT_OUTBOX_LIMITS: OutboxLimits = {
  maxEvents: 25_000,
  maxBytes: 16 * 1024 * 1024,
};

/** Events that are posted together, in the order in which they came. Their channels are busy until the batch is released. */
export interface Batch {
  readonly channels: readonly string[];
  readonly events: readonly QueuedEvent[];
}

/** An event to be queued. */
export interface NewEvent {
  readonly event: ChannelEvent;
  /** The event as JSON. */
  readonly text: string;
  /** In milliseconds since the epoch. */
  readonly happenedMs: number;
}

/** An event that is queued or being posted. */
export interface QueuedEvent {
  readonly kind: WebhookEvent;
  readonly text: string;
  readonly happenedMs: number;
}

/** Memory that an event takes besides its text, roughly, when it is the only one of its channel as most are. */
const EVENT_BYTES = 700;

interface Entry extends QueuedEvent {
  readonly channel: Channel;
  readonly subject: string | null;
  readonly priority: Priority;
  readonly sizeBytes: number;
  /** Grows from event to event. */
  readonly order: number;
  inChannel: Link<Entry> | null;
  byAge: Link<Entry> | null;
}

interface Channel {
  readonly name: string;
  readonly events: LinkedList<Entry>;
  /** The queued events by subject. */
  readonly subjects: Subjects<Entry>;
  /** The number of queued events by priority. */
  readonly counts: Record<Priority, number>;
  /** Whether a batch with events of the channel is being posted. */
  busy: boolean;
  /** Its place among the channels that may be taken, at the highest priority of its events; null while it may not be. */
  place: { readonly link: Link<Channel>; readonly priority: Priority } | null;
}

/** What is queued at one priority. */
interface Level {
  /** Channels that may be taken and whose highest priority this is. */
  readonly channels: LinkedList<Channel>;
  /** All events of this priority, from the oldest to the newest. */
  readonly events: LinkedList<Entry>;
}

/** The queue of one endpoint. */
export class Outbox {
  readonly #limits: OutboxLimits;
  readonly #counters: WebhookCounters;
  /** Channels that have events or are busy. */
  readonly #channels: Map<string, Channel> = new Map();
  readonly #levels: Readonly<Record<Priority, Level>> = byPriority(() => ({
    channels: new LinkedList(),
    events: new LinkedList(),
  }));
  #size = 0;
  #readySize = 0;
  #bytes = 0;
  #order = 0;
  #turn = 0;

  constructor(counters: WebhookCounters, limits: OutboxLimits = DEFAULT_OUTBOX_LIMITS) {
    this.#counters = counters;
    this.#limits = limits;
  }

  /** Number of queued events. */
  get size(): number {
    return this.#size;
  }

  /** Number of queued events whose channel is not busy. */
  get readySize(): number {
    return this.#readySize;
  }

  /** Queues an event, unless it cancels a queued one: then both are gone. */
  add(added: NewEvent): void {
    const { event } = added;
    this.#counters.queuedEvents++;
    const queued = this.#sameSubject(event);
    if (queued !== null && queued.kind === COUNTERPART[event.kind]) return this.#cancel(queued);
    this.#append(added);
    // Only after the new event is in, so that the channel is never empty and keeps its place.
    if (queued !== null) this.#withdraw(queued);
    this.#trim();
  }

  /** Whether the event that this one would cancel is queued. */
  holdsCounterpart(event: ChannelEvent): boolean {
    const queued = this.#sameSubject(event);
    return queued !== null && queued.kind === COUNTERPART[event.kind];
  }

  /** Takes up to `maxEvents` events, from one channel after another by priority. Null when no channel may be taken. */
  take(maxEvents: number): Batch | null {
    const events: Entry[] = [];
    const channels: string[] = [];
    while (events.length < maxEvents) {
      const channel = this.#next();
      if (channel === null) break;
      this.#readySize -= channel.events.length;
      channel.busy = true;
      this.#settle(channel);
      channels.push(channel.name);
      while (events.length < maxEvents && channel.events.first !== null)
        events.push(this.#remove(channel.events.first));
    }
    return events.length === 0
      ? null
      : { channels, events: events.toSorted((a, b) => a.order - b.order) };
  }

  /** Ends a batch that was delivered or given up: later events of its channels may be taken now. */
  release(batch: Batch): void {
    for (const name of batch.channels) {
      const channel = this.#channels.get(name);
      if (channel === undefined) continue;
      channel.busy = false;
      this.#readySize += channel.events.length;
      this.#settle(channel);
    }
  }

  /** The queued event with the same channel and subject. */
  #sameSubject(event: ChannelEvent): Entry | null {
    const subject = subjectOf(event);
    if (subject === null) return null;
    return this.#channels.get(event.channel)?.subjects.get(subject) ?? null;
  }

  #addChannel(name: string): Channel {
    const channel: Channel = {
      name,
      events: new LinkedList(),
      subjects: new Subjects(),
      counts: byPriority(() => 0),
      busy: false,
      place: null,
    };
    this.#channels.set(name, channel);
    return channel;
  }

  #append({ event, text, happenedMs }: NewEvent): void {
    const channel = this.#channels.get(event.channel) ?? this.#addChannel(event.channel);
    const priority = priorityOf(event);
    const entry: Entry = {
      kind: event.kind,
      text,
      happenedMs,
      channel,
      subject: subjectOf(event),
      priority,
      sizeBytes: EVENT_BYTES + Buffer.byteLength(text),
      order: this.#order++,
      inChannel: null,
      byAge: null,
    };
    entry.inChannel = channel.events.push(entry);
    entry.byAge = this.#levels[priority].events.push(entry);
    channel.subjects.set(entry);
    channel.counts[priority]++;
    this.#size++;
    this.#bytes += entry.sizeBytes;
    if (!channel.busy) this.#readySize++;
    this.#settle(channel);
  }

  #remove(entry: Entry): Entry {
    const { channel, priority } = entry;
    if (entry.inChannel !== null) channel.events.remove(entry.inChannel);
    if (entry.byAge !== null) this.#levels[priority].events.remove(entry.byAge);
    channel.subjects.delete(entry);
    channel.counts[priority]--;
    this.#size--;
    this.#bytes -= entry.sizeBytes;
    if (!channel.busy) this.#readySize--;
    this.#settle(channel);
    return entry;
  }

  /** Removes an event that need not be sent any more. */
  #withdraw(entry: Entry): void {
    this.#remove(entry);
    this.#counters.withdrawnEvents++;
  }

  /** Removes an event that has been cancelled, and those that mean nothing without it. The cancelling event is not queued and counts as withdrawn. */
  #cancel(entry: Entry): void {
    const { kind, channel } = entry;
    this.#withdraw(entry);
    this.#counters.withdrawnEvents++;
    if (kind !== "channel_occupied") return;
    for (const subject of DISCARDED_WITH_CHANNEL) {
      const queued = channel.subjects.get(subject);
      if (queued !== null) this.#withdraw(queued);
    }
  }

  /** The next channel to take: the first of the next priority in turn that has one. */
  #next(): Channel | null {
    for (let tries = 0; tries < PRIORITY_TURNS.length; tries++) {
      const priority = PRIORITY_TURNS[this.#turn] ?? 0;
      this.#turn = (this.#turn + 1) % PRIORITY_TURNS.length;
      const channel = this.#levels[priority].channels.first;
      if (channel !== null) return channel;
    }
    return null;
  }

  /** Moves the channel to the level of its highest priority, or off all levels while it is busy or empty. Forgets it when it is idle and empty. */
  #settle(channel: Channel): void {
    const { place, busy, counts } = channel;
    const priority = busy ? undefined : PRIORITIES.find((each) => counts[each] > 0);
    if (place?.priority !== priority) {
      if (place !== null) this.#levels[place.priority].channels.remove(place.link);
      channel.place =
        priority === undefined
          ? null
          : { link: this.#levels[priority].channels.push(channel), priority };
    }
    if (!busy && channel.events.length === 0) this.#channels.delete(channel.name);
  }

  /** Drops the newest events of the lowest priority until the limits hold. Under a flood these are mostly the flood's own events. */
  #trim(): void {
    const { maxEvents, maxBytes } = this.#limits;
    while (this.#size > maxEvents || (this.#bytes > maxBytes && this.#size > 1)) {
      const entry = this.#newestOfLowest();
      if (entry === null) return;
      this.#counters.drop(this.#remove(entry).kind);
    }
  }

  #newestOfLowest(): Entry | null {
    for (const priority of LOWEST_FIRST) {
      const newest = this.#levels[priority].events.last;
      if (newest !== null) return newest;
    }
    return null;
  }
}

const LOWEST_FIRST: readonly Priority[] = PRIORITIES.toReversed();

function byPriority<Value>(make: () => Value): Record<Priority, Value> {
  return { 0: make(), 1: make(), 2: make(), 3: make(), 4: make() };
}
