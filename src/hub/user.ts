// A signed-in user of an app, and the topics of its watchers.
import type { Codec } from "../protocol/codec.ts";
import type { Socket } from "./socket.ts";

/** A user. It is removed when it has neither connections nor watchers here, even if it is online elsewhere. */
export class User {
  readonly id: string;
  /** Its connections here. */
  readonly sockets: Set<Socket> = new Set();
  /** Whether it is online elsewhere. Kept up to date while it has connections or watchers here. */
  isElsewhere = false;
  /** The first part of the names of its watchers' topics; the name of their codec follows. */
  readonly #topic: string;
  watcherCount = 0;
  /** How often the user has come online in the current second. */
  timesOnline = 0;
  /** Whether the user has gone offline and its watchers have not been told yet. */
  isLingering = false;

  constructor(id: string, topic: string) {
    this.id = id;
    this.#topic = topic;
  }

  /** The topic of the watchers that use this codec. */
  topicOf(codec: Codec): string {
    return `${this.#topic} ${codec.name}`;
  }

  /** Whether it has connections here. */
  get isHere(): boolean {
    return this.sockets.size > 0;
  }

  /** Whether it has connections here or elsewhere. */
  get online(): boolean {
    return this.isHere || this.isElsewhere;
  }
}
