// A channel that has subscribers on this node: its cohorts and, on a presence channel, its members.
import { channelSuffix } from "../protocol/frames.ts";
import { type ChannelKind, channelKind } from "../protocol/names.ts";
import type { Backlog } from "./backlog.ts";
import type { Cohort } from "./cohort.ts";
import { Cohorts } from "./cohorts.ts";
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
  readonly cohorts: Cohorts = new Cohorts();
  socketCount: number = 0;
  /** When its subscribers were last told how many they are. */
  countToldMs: number = -Infinity;
  /** Whether somebody has been told that there is no cached event, since there was one. */
  missTold: boolean = false;
  /** What slow sockets will be sent, while there are any. */
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

  /** Its only cohort, when that wants everything whole and bare and nobody lags: the usual case, with the shortest way. */
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
