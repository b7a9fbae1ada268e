// Facts as the JSON of webhook events, with exactly the members that Pusher sends.
// Source: webhooks documentation.
import type { Fact } from "../hub/facts.ts";

/** The event's JSON text. Stringifying whole objects keeps it well-formed whatever clients sent. */
export function eventText(fact: Fact): string {
  return JSON.stringify(eventOf(fact));
}

function eventOf(fact: Fact): object {
  const { kind: name, channel } = fact;
  switch (fact.kind) {
    case "channel_occupied":
    case "channel_vacated":
    case "cache_miss":
      return { name, channel };
    case "member_added":
    case "member_removed":
      return { name, channel, user_id: fact.userId };
    case "subscription_count":
      return { name, channel, subscription_count: fact.count };
    case "client_event": {
      const { event, data, socketId, userId } = fact;
      const common = { name, channel, event, data, socket_id: socketId };
      return userId === null ? common : { ...common, user_id: userId };
    }
    default:
      return fact satisfies never;
  }
}
