// A cohort: the sockets of one channel that must get the same bytes. It is one topic of the
// server's publish/subscribe, so that one call delivers to all of them.
import { costOf, type SelectionCost } from "../filter/cost.ts";
import { accepts, type Selection, WHOLE_CHANNEL } from "../filter/selection.ts";
import type { Tags } from "../filter/tags.ts";
import type { Algorithm } from "../protocol/delta-wish.ts";
import type { Dialect } from "../protocol/dialect.ts";
import { DIALECTS } from "../protocol/frames.ts";
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

/** The traits of sockets that want everything whole: one object for all of their cohorts. */
const PLAIN_TRAITS: ReadonlyMap<Dialect, CohortTraits> = new Map(
  DIALECTS.map((dialect) => [dialect, { dialect, selection: WHOLE_CHANNEL, delta: null }]),
);
const PLAIN_KEYS: ReadonlyMap<Dialect, string> = new Map(
  DIALECTS.map((dialect) => [dialect, `${dialect.version} `]),
);

/** What makes a socket's cohort. Equal traits are not always one object; the usual ones are. */
export function traitsOf(traits: CohortTraits): CohortTraits {
  const isPlain = traits.selection === WHOLE_CHANNEL && traits.delta === null;
  return (isPlain ? PLAIN_TRAITS.get(traits.dialect) : undefined) ?? traits;
}

/** Equal keys, same cohort. */
export function cohortKey({ dialect, selection, delta }: CohortTraits): string {
  if (delta === null && selection.key === "") return PLAIN_KEYS.get(dialect) ?? "";
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
    this.deliversTags = traits.dialect.version === 2 && channel.settings.deliverTags;
  }

  /** Sockets on its topic: those that neither lag nor wait to come in step. */
  get listenerCount(): number {
    return this.socketCount - this.slowCount - (this.delta?.fresh.size ?? 0);
  }

  /** What a socket without a state of its own holds: one object for all, which is what keeps an idle socket small. */
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
