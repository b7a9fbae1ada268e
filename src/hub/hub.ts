// The hub: which sockets each app has and which channels they are on. Synchronous state without
// I/O; time, randomness and effects come in from outside. What happens to it is written in
// subscribe.ts, publish.ts and client-event.ts.
import type { App } from "../protocol/app.ts";
import { Channel } from "./channel.ts";
import type { Sink, Socket } from "./ports.ts";

/** All apps that have had a connection or a publish. */
export class Hub {
  readonly #sink: Sink;
  readonly #apps = new Map<string, AppHub>();
  #topics = 0;

  constructor(sink: Sink) {
    this.#sink = sink;
  }

  /** The app's part of the hub, made when it is first asked for. */
  of(app: App): AppHub {
    let found = this.#apps.get(app.id);
    if (found === undefined) {
      found = new AppHub(app, this.#sink, () => (this.#topics++).toString(36));
      this.#apps.set(app.id, found);
    }
    return found;
  }

  /** Every socket of every app. */
  *sockets(): Iterable<Socket> {
    for (const app of this.#apps.values()) yield* app.sockets.values();
  }
}

/** The sockets and channels of one app. Apps never see one another: every look-up begins here. */
export class AppHub {
  readonly app: App;
  readonly sink: Sink;
  /** By socket id. */
  readonly sockets: Map<string, Socket> = new Map();
  /** By name: the channels with at least one subscriber. */
  readonly channels: Map<string, Channel> = new Map();
  readonly nextTopic: () => string;

  constructor(app: App, sink: Sink, nextTopic: () => string) {
    this.app = app;
    this.sink = sink;
    this.nextTopic = nextTopic;
  }

  /** The channel, made when nobody is subscribed to it yet. */
  open(name: string): Channel {
    let channel = this.channels.get(name);
    if (channel === undefined) {
      channel = new Channel(name);
      this.channels.set(name, channel);
    }
    return channel;
  }
}
