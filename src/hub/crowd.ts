// The limit on channels per node, which protects a resource that all apps share. A channel of one's
// own costs the node far more than a subscription to a channel that exists. While the node has few
// channels, any socket may open many. When the node is crowded, sockets with many subscriptions can
// open no further channels.
import { type Fault, REFUSE } from "../protocol/faults.ts";
import type { AppHub } from "./app-hub.ts";
import type { Socket } from "./socket.ts";

/**
 * Why the socket may not open the channel. Null if the channel exists already, if the node has room, or if the socket
 * has few subscriptions.
 */
export function refuseWhenCrowded(hub: AppHub, socket: Socket, channel: string): Fault | null {
  const { maxChannels, maxSubscriptions } = hub.crowd;
  if (hub.nodeUse.channelCount < maxChannels) return null;
  if (socket.subscriptions.size < maxSubscriptions || hub.channels.has(channel)) return null;
  return REFUSE.crowded(maxSubscriptions);
}
