// A cohort: the sockets of one channel that must get the same bytes. It is one topic of the
// server's publish/subscribe, so that one call delivers to all of them.
import type { Channel, Subscription } from "./channel.ts";

/** See the file's head. A cohort without sockets does not exist. */
export class Cohort {
  readonly channel: Channel;
  /** Short and unique in the process. */
  readonly topic: string;
  /** What a socket without a state of its own holds: one object for all, which is what keeps an idle socket small. */
  readonly subscription: Subscription;
  socketCount = 0;

  constructor(channel: Channel, topic: string) {
    this.channel = channel;
    this.topic = topic;
    this.subscription = { cohort: this, member: null };
  }
}
