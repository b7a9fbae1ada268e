// A channel that has subscribers on this node: its cohorts and, on a presence channel, its members.
import { Candidates } from "../filter/candidates.ts";
import type { Tags } from "../filter/tags.ts";
import { channelSuffix } from "../protocol/frames.ts";
import { type ChannelKind, channelKind } from "../protocol/names.ts";
import type { Backlog } from "./backlog.ts";
import type { Cohort } from "./cohort.ts";
import type { ChannelDeltaSettings } from "./delta-options.ts";
import { type Member, Presence } from "./presence.ts";

/** A socket's place on a channel. Shared by all sockets of a cohort that need no state of their own. */
export interface Subscription {
  readonly cohort: Cohort;
  /** On a presence channel the user, else null. */
  readonly member: Member | null;
  /** Whether the subscription itself said what it wants of deltas, so that the connection's setting does not count. */
  readonly ownDelta: boolean;
}

/** See the file's head. A channel without subscribers does not exist. */
export class Channel {
  readonly name: string;
  readonly kind: ChannelKind;
  /** The end of each of its frames. */
  readonly suffix: string;
  /** Names it in compact frames. */
  readonly number: number;
  readonly settings: ChannelDeltaSettings;
  readonly presence: Presence | null;
  /** By key. */
  readonly cohorts: Map<string, Cohort> = new Map();
  socketCount: number = 0;
  /** When its subscribers were last told how many they are. */
  countToldMs: number = -Infinity;
  /** Whether somebody has been told that there is no cached event, since there was one. */
  missTold: boolean = false;
  /** What slow sockets will be sent, while there are any. */
  backlog: Backlog | null = null;
  /** Comparisons that its filters need for one message, at most. */
  comparisons: number = 0;
  #seq = 0;
  /** Cohorts without a filter of tags. */
  readonly #open: Cohort[] = [];
  #filtered: Candidates<Cohort> | null = null;

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

  /** Its only cohort, when that wants everything whole and bare and nobody lags: the usual case, with the shortest way. */
  get only(): Cohort | null {
    const cohort = this.#open[0];
    const plain =
      this.cohorts.size === 1 &&
      this.backlog === null &&
      cohort?.delta === null &&
      !cohort.deliversTags &&
      cohort.traits.selection.key === "";
    return plain ? cohort : null;
  }

  /** Forgets the chains on which nothing was sent since then. */
  forgetChains(usedMs: number): void {
    for (const { delta } of this.cohorts.values()) {
      if (delta === null) continue;
      delta.chains.forgetBefore(usedMs);
      delta.sync = null;
    }
  }

  add(cohort: Cohort): void {
    this.cohorts.set(cohort.key, cohort);
    this.comparisons += cohort.cost.comparisons;
    const { filter } = cohort.traits.selection;
    if (filter === undefined) this.#open.push(cohort);
    else (this.#filtered ??= new Candidates()).add(filter, cohort);
  }

  remove(cohort: Cohort): void {
    this.cohorts.delete(cohort.key);
    this.comparisons -= cohort.cost.comparisons;
    const index = this.#open.indexOf(cohort);
    if (index >= 0) this.#open.splice(index, 1);
    else this.#filtered?.remove(cohort);
  }

  /** Visits the cohorts that want an event with these tags, at a cost that follows their number and not that of all. */
  forEachWanting(event: string, tags: Tags, visit: (cohort: Cohort) => void): void {
    for (const cohort of this.#open) if (cohort.wants(event, tags)) visit(cohort);
    this.#filtered?.forEachCandidate(tags, (cohort, proven) => {
      const { events } = cohort.traits.selection;
      if (proven ? events?.has(event) !== false : cohort.wants(event, tags)) visit(cohort);
    });
  }
}
