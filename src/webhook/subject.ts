// What an event is about, and which event cancels which. An endpoint needs only the final state of a
// subject: two events that cancel each other need not be sent, and of two that report the same subject
// the newer one is enough.
import type { ChannelEvent } from "../events/app-event.ts";
import type { WebhookEvent } from "../protocol/app.ts";

/** The event that cancels another. An endpoint that wants only one of a pair has to follow both, so that they can cancel out. */
export const COUNTERPART: Readonly<Partial<Record<WebhookEvent, WebhookEvent>>> = {
  channel_occupied: "channel_vacated",
  channel_vacated: "channel_occupied",
  member_added: "member_removed",
  member_removed: "member_added",
};

/** Subjects whose events are discarded when their channel was occupied and vacated before the endpoint heard of it. */
export const DISCARDED_WITH_CHANNEL: readonly string[] = ["count", "miss"];

/** The subject, unique within the event's channel; null when the event can be neither cancelled nor replaced. */
export function subjectOf(event: ChannelEvent): string | null {
  switch (event.kind) {
    case "channel_occupied":
    case "channel_vacated":
      return "channel";
    case "member_added":
    case "member_removed":
      return `member ${event.userId}`;
    case "subscription_count":
      return "count";
    case "cache_miss":
      return "miss";
    case "client_event":
      return null;
    default:
      return event satisfies never;
  }
}
