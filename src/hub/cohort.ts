// A cohort: the sockets of one channel that must get the same bytes. It is one topic of the
// server's publish/subscribe, so that one call delivers to all of them.
import { costOf, type SelectionCost } from "../filter/cost.ts";
import { accepts, type Selection } from "../filter/selection.ts";
import type { Tags } from "../filter/tags.ts";
import type { Algorithm } from "../protocol/delta-wish.ts";
import type { Dialect } from "../protocol/dialect.ts";
import type { Channel, Subscription } from "./channel.ts";
import type { DeltaState } from "./delta-state.ts";

/** What makes sockets belong together. */
export interface CohortTraits {
  readonly dialect: Dialect;
  readonly selection: Selection;
  /** Null where messages are always whole. */
  readonly delta: DeltaFormat | null;
}

/** How deltas are written. */
export interface DeltaFormat {
  readonly algorithm: Algorithm;
  readonly compact: boolean;
}

/** Equal keys, same cohort. */
export function cohortKey({ dialect, selection, delta }: CohortTraits): string {
  const format = delta === null ? "" : `${delta.algorithm}${delta.compact ? "!" : ""}`;
  return `${dialect.version}${format} ${selection.key}`;
}

/** See the file's head. A cohort without sockets does not exist. */
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
  /** Whether its frames have the tags. Pusher's clients never do. */
  readonly deliversTags: boolean;
  socketCount = 0;
  /** Those of them that lag, and so are on no topic. */
  slowCount = 0;
  readonly #shared: [implicit: Subscription, explicit: Subscription];

  constructor(channel: Channel, traits: CohortTraits, topic: string, delta: DeltaState | null) {
    this.channel = channel;
    this.key = cohortKey(traits);
    this.traits = traits;
    this.topic = topic;
    this.cost = costOf(traits.selection);
    this.delta = delta;
    this.deliversTags = traits.dialect.version === 2 && channel.settings.deliverTags;
    this.#shared = [
      { cohort: this, member: null, ownDelta: false },
      { cohort: this, member: null, ownDelta: true },
    ];
  }

  /** Sockets on its topic: those that neither lag nor wait to come in step. */
  get listenerCount(): number {
    return this.socketCount - this.slowCount - (this.delta?.fresh.size ?? 0);
  }

  /** What a socket without a state of its own holds: one object for all, which is what keeps an idle socket small. */
  subscription(ownDelta: boolean): Subscription {
    return this.#shared[ownDelta ? 1 : 0];
  }

  /** Whether its sockets want an event with these tags. */
  wants(event: string, tags: Tags): boolean {
    return accepts(this.traits.selection, event, tags);
  }
}
