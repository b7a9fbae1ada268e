// Client events: which clients may send which events, and how they reach the other subscribers on this
// node and on other nodes. Rules: "Events" and "WebSocket protocol" in Pusher's documentation.
import { NO_TAGS } from "../filter/tags.ts";
import type { AppHub } from "../hub/app-hub.ts";
import { publish, tracePublication } from "../hub/publish.ts";
import type { Socket } from "../hub/socket.ts";
import type { ClientEventCommand } from "../protocol/commands.ts";
import { type Fault, isFault, REFUSE } from "../protocol/faults.ts";
import { channelKind } from "../protocol/names.ts";
import { exceedsBytes, type Publication } from "../protocol/publication.ts";
import type { Node } from "./node.ts";
import { passOn } from "./publish.ts";

/** Publishes a client event, or returns why it is refused. The sender does not wait for the other nodes. */
export function relay(
  node: Node,
  hub: AppHub,
  socket: Socket,
  command: ClientEventCommand,
): Fault | null {
  const sent = sendClientEvent(hub, socket, command, (publication) => {
    if (node.cluster !== null) void passOn(node, hub, { publication, origin: "client" });
  });
  return isFault(sent) ? sent : null;
}

/**
 * Delivers the event to the other subscribers of its channel, and to the sender too if it hears its own events.
 * Returns the publication, or why the event is refused. `accepted` is called before the delivery.
 */
export function sendClientEvent(
  hub: AppHub,
  socket: Socket,
  command: ClientEventCommand,
  accepted?: (publication: Publication) => void,
): Publication | Fault {
  const { event, channel } = command;
  const { limits } = hub.app;
  if (!hub.app.clientEvents) return REFUSE.clientEventsDisabled();
  if (!channelKind(channel).authorised) return REFUSE.clientEventOnPublic();
  const subscription = socket.subscriptions.get(channel);
  if (subscription === undefined) return REFUSE.clientEventOutside(channel);
  if (event.length > limits.maxEventNameLength)
    return REFUSE.eventNameTooLong(limits.maxEventNameLength);
  // Serialised only now, because serialising costs time and the checks above may refuse the event.
  const data = typeof command.data === "string" ? command.data : JSON.stringify(command.data);
  if (exceedsBytes(data, limits.maxEventDataBytes))
    return REFUSE.clientEventTooLarge(Buffer.byteLength(data), limits.maxEventDataBytes);
  const userId = subscription.member?.userId ?? null;
  const publication: Publication = {
    event,
    data,
    channels: [channel],
    exceptSocketId: socket.traits.hearsItself ? null : socket.id,
    userId,
    tags: NO_TAGS,
    compressible: false,
  };
  accepted?.(publication);
  publish(hub, publication);
  if (hub.events.isTapped) tracePublication(hub, publication, "client");
  hub.counters.clientEvents++;
  hub.note({ kind: "client_event", channel, event, data, socketId: socket.id, userId });
  return publication;
}
