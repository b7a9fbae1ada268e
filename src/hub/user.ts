// A signed-in user of an app, and the topics on which its watchers are.
import type { Codec } from "../protocol/codec.ts";
import type { Socket } from "./socket.ts";

/** A user. One without connections and watchers is forgotten. */
export class User {
  readonly id: string;
  readonly sockets: Set<Socket> = new Set();
  /** Its watchers are on this topic, followed by the name of their codec. */
  readonly #topic: string;
  watcherCount = 0;
  /** How often it has come online in the present second. */
  timesOnline = 0;
  /** It has gone offline, and its watchers have not been told yet. */
  isLingering = false;

  constructor(id: string, topic: string) {
    this.id = id;
    this.#topic = topic;
  }

  /** The topic of the watchers with this codec. */
  topicOf(codec: Codec): string {
    return `${this.#topic} ${codec.name}`;
  }

  get online(): boolean {
    return this.sockets.size > 0;
  }
}
