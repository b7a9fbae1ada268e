// Channels that a socket is going to enter: while one of its frames waits, the subscriptions behind it have
// their channels opened already, so that a client with a hundred channels waits once and not a hundred
// times. Nothing else is done before its turn.
import type { AppHub } from "../hub/app-hub.ts";
import { authorise } from "../hub/authorise.ts";
import type { Socket } from "../hub/socket.ts";
import type { SubscribeCommand } from "../protocol/commands.ts";
import { isFault } from "../protocol/faults.ts";
import type { Opening, Openings } from "./openings.ts";

/** The channels of all sockets that wait. */
export class Prospects {
  readonly #openings: Openings;
  readonly #sockets: Map<Socket, Map<string, Opening>> = new Map();

  constructor(openings: Openings) {
    this.#openings = openings;
  }

  /** Opens the channel for a subscription that waits for its turn. Pending ones count: none is opened that would be refused then. */
  add(hub: AppHub, socket: Socket, command: SubscribeCommand): void {
    const { channel } = command;
    const pending = this.#sockets.get(socket);
    if (pending?.has(channel)) return;
    const count = socket.subscriptions.size + (pending?.size ?? 0);
    if (count >= hub.app.limits.maxSubscriptions) return;
    if (isFault(authorise(hub, socket, command))) return;
    const opening = this.#openings.hold(hub, channel);
    if (opening === null) return;
    this.#sockets.getOrInsertComputed(socket, () => new Map()).set(channel, opening);
  }

  /** The subscription has had its turn. */
  remove(hub: AppHub, socket: Socket, channel: string): void {
    const pending = this.#sockets.get(socket);
    const opening = pending?.get(channel);
    if (pending === undefined || opening === undefined) return;
    pending.delete(channel);
    if (pending.size === 0) this.#sockets.delete(socket);
    this.#openings.release(hub, channel, opening);
  }

  /** The socket has ended. */
  forget(hub: AppHub, socket: Socket): void {
    for (const channel of this.#sockets.get(socket)?.keys() ?? [])
      this.remove(hub, socket, channel);
  }
}
