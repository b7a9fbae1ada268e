// One app's hub on a node of a cluster. The test says what is elsewhere, and reads what the hub told
// its listener and its sockets.
import type { ChannelEvent } from "../../../src/events/app-event.ts";
import type { AppHub } from "../../../src/hub/app-hub.ts";
import { Hub, tickApp } from "../../../src/hub/hub.ts";
import type { ChannelElsewhere } from "../../../src/hub/ports.ts";
import { unsubscribe, unsubscribeAll } from "../../../src/hub/subscribe.ts";
import { signIn, signOut } from "../../../src/hub/users.ts";
import type { App } from "../../../src/protocol/app.ts";
import type { Fault } from "../../../src/protocol/faults.ts";
import type { Identity } from "../../../src/protocol/member.ts";
import { sign, subscriptionText } from "../../../src/protocol/signatures.ts";
import { KEY, SECRET, testApp } from "../../doubles/app.ts";
import { changeListener, eventStream, hubContext, subscribe } from "../../doubles/hub.ts";
import { TestNetwork, TestSocket } from "../../doubles/network.ts";

/** The hub, its clock and its listener. */
export class ElsewhereRig {
  readonly network: TestNetwork = new TestNetwork();
  readonly hub: AppHub;
  readonly clock: { nowMs: number } = { nowMs: 10_000 };
  /** The channel events that the hub noted. */
  readonly events: ChannelEvent[] = [];
  /** What is elsewhere when a channel gets its first subscriber. */
  readonly channels: Map<string, ChannelElsewhere> = new Map();
  /** Who is online elsewhere when a user gets the first connection or watcher. */
  readonly online: Set<string> = new Set();
  readonly #changes: string[] = [];
  #ids = 0;

  /** `connections` is how many are elsewhere when the app gets its hub. */
  constructor(app: App = testApp(), connections = 0) {
    const note = (text: string): void => void this.#changes.push(text);
    const changes = changeListener({
      channelChanged: (_hub, { name, socketCount }) => note(`${name} has ${socketCount}`),
      memberChanged: (_hub, { name, presence }, userId) =>
        note(`${userId} is ${presence?.isHere(userId) === true ? "on" : "off"} ${name}`),
      userChanged: (_hub, { id, sockets, watcherCount }) =>
        note(`${id} has ${sockets.size} and ${watcherCount} watchers`),
      connectionsChanged: (hub) => note(`${hub.connectionCount} connections`),
      vacated: (hub, channel) => note(`${channel} is ${hub.channels.has(channel) ? "on" : "gone"}`),
      elsewhere: (_hub, channel) => this.channels.get(channel) ?? null,
      isOnlineElsewhere: (_hub, userId) => this.online.has(userId),
      connectionsElsewhere: () => connections,
    });
    const hub = new Hub(
      hubContext(this.network, {
        changes,
        events: eventStream({ note: (_app, event) => void this.events.push(event) }),
        nowMs: () => this.clock.nowMs,
      }),
    );
    this.hub = hub.of(app);
  }

  connect(): TestSocket {
    const socket = new TestSocket(this.network, `1.${++this.#ids}`);
    this.hub.connect(socket);
    return socket;
  }

  /** Subscribes a new socket, as this member if the channel is a presence channel. */
  join(channel: string, userId: string | null = null): TestSocket {
    const socket = this.connect();
    const fault = this.subscribe(socket, channel, userId);
    if (fault !== null) throw new Error(fault.message);
    return socket;
  }

  subscribe(socket: TestSocket, channel: string, userId: string | null = null): Fault | null {
    const channelData = userId === null ? null : JSON.stringify({ user_id: userId });
    const auth = `${KEY}:${sign(SECRET, subscriptionText(socket.id, channel, channelData))}`;
    return subscribe(this.hub, socket, { kind: "subscribe", channel, auth, channelData });
  }

  /** Joins the channel with a new socket and leaves it, so many times. */
  comeAndGo(channel: string, userId: string, times: number): void {
    for (let time = 0; time < times; time++)
      unsubscribe(this.hub, this.join(channel, userId), channel);
  }

  /** Signs a new socket in. */
  signIn(id: string, watchlist: readonly string[] = []): TestSocket {
    const socket = this.connect();
    const userData = JSON.stringify({ id, watchlist });
    const auth = `${KEY}:${sign(SECRET, `${socket.id}::user::${userData}`)}`;
    const fault = signIn(this.hub, socket, { kind: "signin", auth, userData });
    if (fault !== null) throw new Error(fault.message);
    return socket;
  }

  /** Ends the socket's connection. */
  end(socket: TestSocket): void {
    this.network.leaveAll(socket);
    unsubscribeAll(this.hub, socket);
    signOut(this.hub, socket);
    this.hub.disconnect(socket);
  }

  /** Lets a second pass. */
  tick(): void {
    this.clock.nowMs += 1000;
    tickApp(this.hub);
  }

  /** Returns what the listener was told since the last call. */
  takeChanges(): readonly string[] {
    return this.#changes.splice(0);
  }
}

/** Members without a user object. */
export function members(...userIds: readonly string[]): readonly Identity[] {
  return userIds.map((userId) => ({ userId, userInfo: null }));
}

/** Returns which members the socket was told of since the last call: `+id` for each added, `-id` for each removed. */
export function takeMembers(socket: TestSocket): readonly string[] {
  return socket.take().flatMap(([event, data]) => {
    if (event !== "pusher_internal:member_added" && event !== "pusher_internal:member_removed")
      return [];
    const { user_id: id }: { user_id: string } = JSON.parse(String(data));
    return `${event.endsWith("added") ? "+" : "-"}${id}`;
  });
}

/** Returns the counts that the socket was sent since the last call. */
export function takeCounts(socket: TestSocket): readonly number[] {
  return socket.take().flatMap(([event, data]) => {
    if (event !== "pusher_internal:subscription_count") return [];
    const { subscription_count: count }: { subscription_count: number } = JSON.parse(String(data));
    return count;
  });
}

/** Returns which users the socket was told to be online or offline since the last call, as `+id` and `-id`. */
export function takeWatched(socket: TestSocket): readonly string[] {
  return socket.take().flatMap(([event, data]) => {
    if (event !== "pusher_internal:watchlist_events") return [];
    const { events }: { events: { name: string; user_ids: string[] }[] } = JSON.parse(String(data));
    return events.flatMap(({ name, user_ids: ids }) =>
      ids.map((id) => `${name === "online" ? "+" : "-"}${id}`),
    );
  });
}

/** The ids of the roster that the socket was sent last. */
export function rosterIds(socket: TestSocket): readonly string[] {
  const [, data] = socket.take().findLast(([event]) => event.endsWith("_succeeded")) ?? [];
  const { presence }: { presence: { ids: string[] } } = JSON.parse(String(data));
  return presence.ids;
}
