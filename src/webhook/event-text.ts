// Writes channel events as the JSON of webhook events, with exactly the members that Pusher sends.
// Source: webhooks documentation.
import type { ChannelEvent } from "../events/app-event.ts";

/** The event as JSON text. It is built by `JSON.stringify` alone, so it is well-formed whatever clients have sent. */
export function eventText(event: ChannelEvent): string {
  return JSON.stringify(eventObject(event));
}

function eventObject(source: ChannelEvent): object {
  const { kind: name, channel } = source;
  switch (source.kind) {
    case "channel_occupied":
    case "channel_vacated":
    case "cache_miss":
      return { name, channel };
    case "member_added":
    case "member_removed":
      return { name, channel, user_id: source.userId };
    case "subscription_count":
      return { name, channel, subscription_count: source.count };
    case "client_event": {
      const { event, data, socketId, userId } = source;
      const common = { name, channel, event, data, socket_id: socketId };
      return userId === null ? common : { ...common, user_id: userId };
    }
    default:
      return source satisfies never;
  }
}
