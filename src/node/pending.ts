// Pending subscriptions: the one that waits for its channel to be opened, and those that the same
// socket has sent after it. Their channels are all opened right away, so a client with a hundred
// channels waits once rather than a hundred times. Everything else about a subscription is done
// when its turn comes.
import type { AppHub } from "../hub/app-hub.ts";
import { authorise } from "../hub/authorise.ts";
import type { Socket } from "../hub/socket.ts";
import type { SubscribeCommand } from "../protocol/commands.ts";
import { isFault } from "../protocol/faults.ts";
import type { Opening, Openings } from "./openings.ts";

/** The maximum number of channels opened ahead for one socket. Further ones are opened when their turn comes. */
const MAX_PENDING = 100;

/** The pending subscriptions of all sockets. */
export class PendingSubscriptions {
  readonly #openings: Openings;
  /** By socket, then by channel. */
  readonly #sockets: Map<Socket, Map<string, Opening>> = new Map();

  constructor(openings: Openings) {
    this.#openings = openings;
  }

  /** Starts a pending subscription to a channel that is not open, or continues one that was started before. */
  hold(hub: AppHub, socket: Socket, channel: string): Opening {
    return this.#sockets
      .getOrInsertComputed(socket, () => new Map<string, Opening>())
      .getOrInsertComputed(channel, () => this.#openings.hold(hub, channel));
  }

  /**
   * Starts opening the channel of a subscription whose turn has not come yet, unless it will be refused or there are
   * too many already. Pending subscriptions count towards the limit of subscriptions.
   */
  add(hub: AppHub, socket: Socket, command: SubscribeCommand): void {
    const { channel } = command;
    const pendingCount = this.#sockets.get(socket)?.size ?? 0;
    if (!this.hasRoom(socket) || hub.channels.has(channel)) return;
    if (socket.subscriptions.size + pendingCount >= hub.app.limits.maxSubscriptions) return;
    if (!isFault(authorise(hub, socket, command))) this.hold(hub, socket, channel);
  }

  /** Whether one more channel may be opened ahead for the socket. */
  hasRoom(socket: Socket): boolean {
    return (this.#sockets.get(socket)?.size ?? 0) < MAX_PENDING;
  }

  /** Ends a pending subscription, which has been made or refused. Does nothing if it was not pending. */
  remove(hub: AppHub, socket: Socket, channel: string): void {
    const pending = this.#sockets.get(socket);
    const opening = pending?.get(channel);
    if (pending === undefined || opening === undefined) return;
    pending.delete(channel);
    if (pending.size === 0) this.#sockets.delete(socket);
    this.#openings.release(hub, channel, opening);
  }

  /** Ends all pending subscriptions of a socket that has closed. */
  forget(hub: AppHub, socket: Socket): void {
    for (const channel of this.#sockets.get(socket)?.keys() ?? [])
      this.remove(hub, socket, channel);
  }
}
