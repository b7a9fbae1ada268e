// Events that clients send to one another: who may, and with what. The relay itself is publish.ts.
// Rules: "Events" and "WebSocket protocol" of Pusher's documentation.
import { NO_TAGS } from "../filter/tags.ts";
import type { ClientEventCommand } from "../protocol/commands.ts";
import { type Fault, REFUSE } from "../protocol/faults.ts";
import { channelKind } from "../protocol/names.ts";
import { exceedsBytes, type Publication } from "../protocol/publication.ts";
import type { AppHub } from "./app-hub.ts";
import { publish } from "./publish.ts";
import type { Socket } from "./socket.ts";

/** Relays the event to the other subscribers of its channel, and to the sender if it hears itself, or returns why not. */
export function sendClientEvent(
  hub: AppHub,
  socket: Socket,
  command: ClientEventCommand,
): Publication | Fault {
  const { event, channel } = command;
  const { limits } = hub.app;
  if (!hub.app.clientEvents) return REFUSE.clientEventsDisabled();
  if (!channelKind(channel).authorised) return REFUSE.clientEventOnPublic();
  const subscription = socket.subscriptions.get(channel);
  if (subscription === undefined) return REFUSE.clientEventOutside(channel);
  if (event.length > limits.maxEventNameLength)
    return REFUSE.eventNameTooLong(limits.maxEventNameLength);
  // Not before: whoever may not send is not to have it written.
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
  publish(hub, publication);
  hub.counters.clientEvents++;
  hub.note({ kind: "client_event", channel, event, data, socketId: socket.id, userId });
  return publication;
}
