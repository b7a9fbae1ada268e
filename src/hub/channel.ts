// A channel that has subscribers on this node: its cohorts and, on a presence channel, its members.
// A cohort is the set of a channel's sockets that get exactly the same bytes. Each cohort is one
// topic of the runtime's publish/subscribe, so one call delivers a frame to all of its sockets.
import { costOf, type SelectionCost } from "../filter/cost.ts";
import { accepts } from "../filter/selection.ts";
import type { Tags } from "../filter/tags.ts";
import { channelSuffix } from "../protocol/json-codec.ts";
import { type ChannelKind, channelKind } from "../protocol/names.ts";
import type { CohortTraits } from "./cohort-traits.ts";
import { Cohorts } from "./cohorts.ts";
import type { ChannelDeltaSettings } from "./delta/options.ts";
import type { DeltaState } from "./delta/state.ts";
import type { Backlog } from "./lag/backlog.ts";
import { type Member, Presence } from "./presence.ts";

/** One socket's subscription to a channel. Sockets of a cohort that need no state of their own share one object. */
export interface Subscription {
  readonly cohort: Cohort;
  /** The socket's member on a presence channel, otherwise null. */
  readonly member: Member | null;
  /**
   * Whether the subscription itself asked for deltas or for none. If so, the connection's delta setting does not
   * apply to it.
   */
  readonly ownDelta: boolean;
}

/** A channel. It exists only while it has subscribers. */
export class Channel {
  readonly name: string;
  readonly kind: ChannelKind;
  /** The JSON text at the end of each of its frames. */
  readonly suffix: string;
  /** The number that stands for the channel's name in compact delta frames. */
  readonly number: number;
  readonly settings: ChannelDeltaSettings;
  readonly presence: Presence | null;
  readonly cohorts: Cohorts<Cohort> = new Cohorts();
  /** The number of its subscribers here. */
  socketCount: number = 0;
  /** The number of its subscriptions elsewhere. */
  elsewhereCount: number = 0;
  /** When its subscribers were last sent their number. */
  countSentMs: number = -Infinity;
  /** Whether a subscriber has been sent a cache miss since the channel last had a cached event. */
  missSent: boolean = false;
  /** The messages that lagging sockets have missed. Null when no socket of the channel lags. */
  backlog: Backlog | null = null;
  #seq = 0;

  constructor(name: string, number: number, settings: ChannelDeltaSettings) {
    this.name = name;
    this.number = number;
    this.settings = settings;
    this.kind = channelKind(name);
    this.suffix = channelSuffix(name);
    this.presence = this.kind.presence ? new Presence() : null;
  }

  /** The number of its subscribers, here and elsewhere. */
  get subscriptionCount(): number {
    return this.socketCount + this.elsewhereCount;
  }

  /** The sequence number of the last frame, or -1 if there was none. */
  get lastSeq(): number {
    return this.#seq - 1;
  }

  /** Allocates the sequence number of the next frame. */
  nextSeq(): number {
    return this.#seq++;
  }

  /**
   * The channel's only cohort, provided that it gets every message, whole and without tags, and that none of its
   * sockets lags; otherwise null. This is the usual case, and `publish` has a fast path for it.
   */
  get only(): Cohort | null {
    const cohort = this.cohorts.only;
    const plain =
      cohort !== null &&
      this.backlog === null &&
      cohort.delta === null &&
      !cohort.deliversTags &&
      cohort.traits.selection.key === "";
    return plain ? cohort : null;
  }
}

/** A cohort. It exists only while it has sockets. */
export class Cohort {
  readonly channel: Channel;
  readonly key: string;
  readonly traits: CohortTraits;
  /** The name of its topic: short, and unique in the process. */
  readonly topic: string;
  /** Its delta chains, or null if it gets whole messages only. */
  readonly delta: DeltaState | null;
  /** The cost of its filter. */
  readonly cost: SelectionCost;
  /** Whether its frames include the tags. Frames for Pusher's clients never do. */
  readonly deliversTags: boolean;
  socketCount = 0;
  /** How many of its sockets are behind on the channel: they are on none of its topics until they have caught up. */
  laggingCount = 0;
  #implicit: Subscription | null = null;
  #explicit: Subscription | null = null;

  constructor(
    channel: Channel,
    { key, traits }: { readonly key: string; readonly traits: CohortTraits },
    topic: string,
    delta: DeltaState | null,
  ) {
    this.channel = channel;
    this.key = key;
    this.traits = traits;
    this.topic = topic;
    this.cost = costOf(traits.selection);
    this.delta = delta;
    this.deliversTags = traits.codec.dialect.version === 2 && channel.settings.deliverTags;
  }

  /** The number of sockets on its topic: all but those that lag and those that are not synced yet. */
  get listenerCount(): number {
    return this.socketCount - this.laggingCount - (this.delta?.unsynced.size ?? 0);
  }

  /**
   * The subscription of a socket without state of its own. All such sockets share the object, which keeps an idle
   * socket small.
   */
  subscription(ownDelta: boolean): Subscription {
    const member = null;
    if (ownDelta) return (this.#explicit ??= { cohort: this, member, ownDelta });
    return (this.#implicit ??= { cohort: this, member, ownDelta });
  }

  /** Whether its sockets should get an event with this name and these tags. */
  wants(event: string, tags: Tags): boolean {
    return accepts(this.traits.selection, event, tags);
  }
}
