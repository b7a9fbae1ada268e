// A channel that has subscribers on this node: its cohorts and, on a presence channel, its members.
import { channelSuffix } from "../protocol/frames.ts";
import { type ChannelKind, channelKind } from "../protocol/names.ts";
import { Cohort } from "./cohort.ts";
import { type Member, Presence } from "./presence.ts";

/** A socket's place on a channel. Shared by all sockets of a cohort that need no state of their own. */
export interface Subscription {
  readonly cohort: Cohort;
  /** On a presence channel the user, else null. */
  readonly member: Member | null;
}

/** See the file's head. A channel without subscribers does not exist. */
export class Channel {
  readonly name: string;
  readonly kind: ChannelKind;
  /** The end of each of its frames. */
  readonly suffix: string;
  readonly presence: Presence | null;
  readonly cohorts: Cohort[] = [];
  /** When its subscribers were last told how many they are. */
  countToldMs: number = -Infinity;
  /** Whether somebody has been told that there is no cached event, since there was one. */
  missTold: boolean = false;

  constructor(name: string) {
    this.name = name;
    this.kind = channelKind(name);
    this.suffix = channelSuffix(name);
    this.presence = this.kind.presence ? new Presence() : null;
  }

  /** Sockets subscribed on this node. */
  get subscriptionCount(): number {
    let count = 0;
    for (const cohort of this.cohorts) count += cohort.socketCount;
    return count;
  }

  /** Adds a socket and returns the cohort it belongs to. `nextTopic` names the topic if the cohort is new. */
  enter(nextTopic: () => string): Cohort {
    let cohort = this.cohorts[0];
    if (cohort === undefined) {
      cohort = new Cohort(this, nextTopic());
      this.cohorts.push(cohort);
    }
    cohort.socketCount++;
    return cohort;
  }

  /** Removes a socket of the cohort, and the cohort with its last one. True when the channel has no subscriber left. */
  exit(cohort: Cohort): boolean {
    cohort.socketCount--;
    if (cohort.socketCount === 0) this.cohorts.splice(this.cohorts.indexOf(cohort), 1);
    return this.cohorts.length === 0;
  }
}
