// A channel that has subscribers on this node: its cohorts and, on a presence channel, its members.
// A cohort is the set of a channel's sockets that must get the same bytes. It is one topic of the
// server's publish/subscribe, so that one call delivers to all of them.
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

/** A socket's place on a channel. Shared by all sockets of a cohort that need no state of their own. */
export interface Subscription {
  readonly cohort: Cohort;
  /** On a presence channel the user, else null. */
  readonly member: Member | null;
  /** Whether the subscription itself asked for deltas or for none, so that the connection's setting does not count. */
  readonly ownDelta: boolean;
}

/** A channel exists as long as it has subscribers. */
export class Channel {
  readonly name: string;
  readonly kind: ChannelKind;
  /** The end of each of its frames. */
  readonly suffix: string;
  /** Its name in compact frames. */
  readonly number: number;
  readonly settings: ChannelDeltaSettings;
  readonly presence: Presence | null;
  readonly cohorts: Cohorts<Cohort> = new Cohorts();
  socketCount: number = 0;
  /** When its subscribers were last told how many they are. */
  countToldMs: number = -Infinity;
  /** Whether a subscriber has been told that there is no cached event, since there last was one. */
  missTold: boolean = false;
  /** What lagging sockets will be sent, while there are any. */
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

  /** The last number given to a frame, -1 when there was none. */
  get lastSeq(): number {
    return this.#seq - 1;
  }

  /** The number of the next frame. */
  nextSeq(): number {
    return this.#seq++;
  }

  /** The channel's only cohort, if that wants every message whole and without tags, and none of its sockets lags: the usual case, with the shortest way. */
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

/** A cohort exists as long as it has sockets. */
export class Cohort {
  readonly channel: Channel;
  readonly key: string;
  readonly traits: CohortTraits;
  /** Short and unique in the process. */
  readonly topic: string;
  /** Its chains, or null where messages are always whole. */
  readonly delta: DeltaState | null;
  /** What its filter costs. */
  readonly cost: SelectionCost;
  /** Whether its frames have the tags. Those of Pusher's clients never do. */
  readonly deliversTags: boolean;
  socketCount = 0;
  /** Those of its sockets that lag, and so are on no topic. */
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

  /** Sockets on its topic: those that neither lag nor are still unsynced. */
  get listenerCount(): number {
    return this.socketCount - this.laggingCount - (this.delta?.unsynced.size ?? 0);
  }

  /** The subscription of a socket without a state of its own: one object for all such sockets, which keeps an idle socket small. */
  subscription(ownDelta: boolean): Subscription {
    const member = null;
    if (ownDelta) return (this.#explicit ??= { cohort: this, member, ownDelta });
    return (this.#implicit ??= { cohort: this, member, ownDelta });
  }

  /** Whether its sockets want an event with these tags. */
  wants(event: string, tags: Tags): boolean {
    return accepts(this.traits.selection, event, tags);
  }
}
