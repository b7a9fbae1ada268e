// pusher-js as applications use it, with promises for what it tells by callbacks. Its Node build
// brings a WebSocket client of its own (faye-websocket over node:net) and works on Bun unchanged.
import Pusher, { type Channel, type Options, type PresenceChannel } from "pusher-js";
import { within } from "./deadline.ts";
import { Inbox } from "./inbox.ts";
import { isObject } from "./json.ts";
import type { Scope } from "./scope.ts";
import type { Target } from "./target.ts";

/** What pusher-js calls back with. */
export interface Received {
  readonly event: string;
  readonly data: unknown;
  /** Who sent a client event on a presence channel. */
  readonly userId: string | null;
}

/** Whatever events can be bound to: a channel, a connection, a client. */
export interface Emitter {
  bind(event: string, callback: (data: unknown, metadata?: unknown) => void): unknown;
  unbind(event: string, callback: (data: unknown) => void): unknown;
}

/** The options of pusher-js that say where the server is. */
export type Direction = Pick<
  Required<Options>,
  "cluster" | "wsHost" | "wsPort" | "forceTLS" | "enabledTransports"
>;

/** Options that lead to the server, and nowhere else: without `enabledTransports`, pusher-js tries Pusher's own hosts as well. */
export function directTo({ host, port }: Target): Direction {
  return { cluster: "", wsHost: host, wsPort: port, forceTLS: false, enabledTransports: ["ws"] };
}

/** A client that has begun to connect. */
export function startPusher(scope: Scope, target: Target, options: Partial<Options> = {}): Pusher {
  const pusher = new Pusher(target.key, { ...directTo(target), ...options });
  scope.add(() => pusher.disconnect());
  return pusher;
}

/** A client that is connected. */
export async function connectPusher(
  scope: Scope,
  target: Target,
  options: Partial<Options> = {},
): Promise<Pusher> {
  const pusher = startPusher(scope, target, options);
  await connected(pusher);
  return pusher;
}

/** Waits until the client is connected. */
export async function connected(pusher: Pusher): Promise<void> {
  if (pusher.connection.state !== "connected") await occurrence(pusher.connection, "connected");
}

/** The data of the next `event`. */
export function occurrence(emitter: Emitter, event: string): Promise<unknown> {
  const { promise, resolve } = Promise.withResolvers<unknown>();
  const callback = (data: unknown): void => {
    emitter.unbind(event, callback);
    resolve(data);
  };
  emitter.bind(event, callback);
  return within(promise, `event "${event}"`);
}

/** Subscribes and waits until the server has agreed. */
export async function subscribe(pusher: Pusher, name: string): Promise<Channel> {
  const channel = pusher.subscribe(name);
  if (!channel.subscribed) await occurrence(channel, "pusher:subscription_succeeded");
  return channel;
}

/** The same, for a presence channel. */
export async function join(pusher: Pusher, name: string): Promise<PresenceChannel> {
  const channel = await subscribe(pusher, name);
  if (!isPresence(channel)) throw new Error(`Cannot join "${name}": it must begin with presence-`);
  return channel;
}

/** Collects these events from now on. */
export function listen(emitter: Emitter, ...events: readonly string[]): Inbox<Received> {
  const inbox = new Inbox<Received>();
  for (const event of events)
    emitter.bind(event, (data, metadata) => {
      const userId = isObject(metadata) ? metadata["user_id"] : null;
      inbox.push({ event, data, userId: typeof userId === "string" ? userId : null });
    });
  return inbox;
}

/** pusher-js makes the channel's class from the name's prefix; its types do not say so. */
function isPresence(channel: Channel): channel is PresenceChannel {
  return "members" in channel;
}
