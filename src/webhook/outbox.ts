// Events that wait to be posted to one endpoint. Until a POST can be made they lie open, so that one
// may undo another that waits as well, the dear ones pass the others, and the least dear are dropped
// when there is no room.
//
// The invariant: events of one channel are taken in the order in which they came, and none while
// earlier ones of that channel are being posted. Channels pass one another. Every step takes the
// same time whatever waits.
import type { Fact } from "../hub/facts.ts";
import type { WebhookEvent } from "../protocol/app.ts";
import { type Link, LinkedList } from "../queue/linked-list.ts";
import type { WebhookCounters } from "./counters.ts";
import { DEARNESSES, type Dearness, dearnessOf, TURNS } from "./dearness.ts";
import { COUNTERPART, OF_THE_CHANNEL, subjectOf } from "./subject.ts";
import { Subjects } from "./subjects.ts";

/** How much waits for one endpoint at most. */
export interface OutboxLimits {
  readonly maxEvents: number;
  /** Texts and what the bookkeeping of an event takes. */
  readonly maxBytes: number;
}

/** 25,000 events and 16 MiB. */
export const DEFAULT_OUTBOX_LIMITS: OutboxLimits = {
  maxEvents: 25_000,
  maxBytes: 16 * 1024 * 1024,
};

/** Events that are taken together, in the order in which they came. Their channels are busy until they are released. */
export interface Parcel {
  readonly channels: readonly string[];
  readonly events: readonly WaitingEvent[];
}

/** An event that comes in. */
export interface NewEvent {
  readonly fact: Fact;
  /** JSON. */
  readonly text: string;
  /** In milliseconds since the epoch. */
  readonly happenedMs: number;
}

/** An event that waits, or is on its way. */
export interface WaitingEvent {
  readonly kind: WebhookEvent;
  readonly text: string;
  readonly happenedMs: number;
}

/** What the bookkeeping of an event takes, roughly; most are the only one of their channel. */
const EVENT_BYTES = 700;

interface Entry extends WaitingEvent {
  readonly channel: Channel;
  readonly subject: string | null;
  readonly dearness: Dearness;
  readonly sizeBytes: number;
  /** Grows from event to event. */
  readonly order: number;
  inChannel: Link<Entry> | null;
  byAge: Link<Entry> | null;
}

interface Channel {
  readonly name: string;
  readonly events: LinkedList<Entry>;
  /** The event that waits of each subject. */
  readonly subjects: Subjects<Entry>;
  /** How many events of each dearness wait. */
  readonly counts: Record<Dearness, number>;
  busy: boolean;
  /** Its place among those that may be taken, with the dearness of its dearest event. */
  place: { readonly link: Link<Channel>; readonly dearness: Dearness } | null;
}

/** What waits of one dearness. */
interface Rank {
  /** Channels that may be taken and whose dearest event is of it. */
  readonly channels: LinkedList<Channel>;
  /** All events of it, from the oldest to the newest. */
  readonly events: LinkedList<Entry>;
}

/** See the file's head. */
export class Outbox {
  readonly #limits: OutboxLimits;
  readonly #counters: WebhookCounters;
  /** Those that have events or are busy. */
  readonly #channels: Map<string, Channel> = new Map();
  readonly #ranks: Readonly<Record<Dearness, Rank>> = byDearness(() => ({
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

  /** Events that wait. */
  get size(): number {
    return this.#size;
  }

  /** Those of them whose channel is not busy. */
  get readySize(): number {
    return this.#readySize;
  }

  /** Takes an event, unless it undoes one that waits: then both are gone. */
  add(event: NewEvent): void {
    const { fact } = event;
    this.#counters.queuedEvents++;
    const waiting = this.#sameSubject(fact);
    if (waiting !== null && waiting.kind === COUNTERPART[fact.kind]) return this.#undo(waiting);
    this.#append(event);
    // After it, so that the channel keeps its place.
    if (waiting !== null) this.#withdraw(waiting);
    this.#trim();
  }

  /** Whether what the fact undoes waits here. */
  holdsCounterpart(fact: Fact): boolean {
    const waiting = this.#sameSubject(fact);
    return waiting !== null && waiting.kind === COUNTERPART[fact.kind];
  }

  /** Takes as many events as there are and are allowed, of channels in their turns. Null when none may be taken. */
  take(maxEvents: number): Parcel | null {
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

  /** Says that a parcel is delivered or given up: what has come of its channels since may be taken. */
  release(parcel: Parcel): void {
    for (const name of parcel.channels) {
      const channel = this.#channels.get(name);
      if (channel === undefined) continue;
      channel.busy = false;
      this.#readySize += channel.events.length;
      this.#settle(channel);
    }
  }

  /** The event that waits of what the fact tells. */
  #sameSubject(fact: Fact): Entry | null {
    const subject = subjectOf(fact);
    if (subject === null) return null;
    return this.#channels.get(fact.channel)?.subjects.get(subject) ?? null;
  }

  #addChannel(name: string): Channel {
    const channel: Channel = {
      name,
      events: new LinkedList(),
      subjects: new Subjects(),
      counts: byDearness(() => 0),
      busy: false,
      place: null,
    };
    this.#channels.set(name, channel);
    return channel;
  }

  #append({ fact, text, happenedMs }: NewEvent): void {
    const channel = this.#channels.get(fact.channel) ?? this.#addChannel(fact.channel);
    const dearness = dearnessOf(fact);
    const entry: Entry = {
      kind: fact.kind,
      text,
      happenedMs,
      channel,
      subject: subjectOf(fact),
      dearness,
      sizeBytes: EVENT_BYTES + Buffer.byteLength(text),
      order: this.#order++,
      inChannel: null,
      byAge: null,
    };
    entry.inChannel = channel.events.push(entry);
    entry.byAge = this.#ranks[dearness].events.push(entry);
    channel.subjects.set(entry);
    channel.counts[dearness]++;
    this.#size++;
    this.#bytes += entry.sizeBytes;
    if (!channel.busy) this.#readySize++;
    this.#settle(channel);
  }

  #remove(entry: Entry): Entry {
    const { channel, dearness } = entry;
    if (entry.inChannel !== null) channel.events.remove(entry.inChannel);
    if (entry.byAge !== null) this.#ranks[dearness].events.remove(entry.byAge);
    channel.subjects.delete(entry);
    channel.counts[dearness]--;
    this.#size--;
    this.#bytes -= entry.sizeBytes;
    if (!channel.busy) this.#readySize--;
    this.#settle(channel);
    return entry;
  }

  /** Takes back what need not be told any more. */
  #withdraw(entry: Entry): void {
    this.#remove(entry);
    this.#counters.withdrawnEvents++;
  }

  /** Takes back an event, what undoes it, and what is worth nothing without it. */
  #undo(entry: Entry): void {
    const { kind, channel } = entry;
    this.#withdraw(entry);
    this.#counters.withdrawnEvents++;
    if (kind !== "channel_occupied") return;
    for (const subject of OF_THE_CHANNEL) {
      const waiting = channel.subjects.get(subject);
      if (waiting !== null) this.#withdraw(waiting);
    }
  }

  /** The channel whose turn it is. */
  #next(): Channel | null {
    for (let tries = 0; tries < TURNS.length; tries++) {
      const dearness = TURNS[this.#turn] ?? 0;
      this.#turn = (this.#turn + 1) % TURNS.length;
      const channel = this.#ranks[dearness].channels.first;
      if (channel !== null) return channel;
    }
    return null;
  }

  /** Gives the channel the place that it must have now. */
  #settle(channel: Channel): void {
    const { place, busy, counts } = channel;
    const dearness = busy ? undefined : DEARNESSES.find((each) => counts[each] > 0);
    if (place?.dearness !== dearness) {
      if (place !== null) this.#ranks[place.dearness].channels.remove(place.link);
      channel.place =
        dearness === undefined
          ? null
          : { link: this.#ranks[dearness].channels.push(channel), dearness };
    }
    if (!busy && channel.events.length === 0) this.#channels.delete(channel.name);
  }

  /** Drops the newest of the least dear, so that it is the flood that is short of what it brings. */
  #trim(): void {
    const { maxEvents, maxBytes } = this.#limits;
    while (this.#size > maxEvents || (this.#bytes > maxBytes && this.#size > 1)) {
      const entry = this.#leastDear();
      if (entry === null) return;
      this.#counters.drop(this.#remove(entry).kind);
    }
  }

  #leastDear(): Entry | null {
    for (const dearness of LEAST_DEAR_FIRST) {
      const newest = this.#ranks[dearness].events.last;
      if (newest !== null) return newest;
    }
    return null;
  }
}

const LEAST_DEAR_FIRST: readonly Dearness[] = DEARNESSES.toReversed();

function byDearness<Value>(make: () => Value): Record<Dearness, Value> {
  return { 0: make(), 1: make(), 2: make(), 3: make(), 4: make() };
}
