// What all apps of a node share, and who has to stand back when it becomes scarce. A channel that nobody
// else is on costs the node far more than a place on one that exists. Anybody may have many as long as
// there are few in all; when the node is crowded, those who have many get no more of their own.
import { type Fault, REFUSE } from "../protocol/faults.ts";
import type { AppHub } from "./app-hub.ts";
import type { Socket } from "./socket.ts";

/** Why the socket may not open the channel, or null: it exists, there is room, or the socket has few. */
export function refuseWhenCrowded(hub: AppHub, socket: Socket, channel: string): Fault | null {
  const { maxChannels, maxSubscriptions } = hub.crowd;
  if (hub.nodeUse.channelCount < maxChannels) return null;
  if (socket.subscriptions.size < maxSubscriptions || hub.channels.has(channel)) return null;
  return REFUSE.crowded(maxSubscriptions);
}
