// What an event is about, and which event undoes which. Of one subject an endpoint is told in the end
// what holds in the end: two that undo each other need not be told, and of two that tell the same the
// newer does.
import type { Fact } from "../hub/facts.ts";
import type { WebhookEvent } from "../protocol/app.ts";

/** What undoes it. Where one is wanted, the other must be watched as well: together they cancel out. */
export const COUNTERPART: Readonly<Partial<Record<WebhookEvent, WebhookEvent>>> = {
  channel_occupied: "channel_vacated",
  channel_vacated: "channel_occupied",
  member_added: "member_removed",
  member_removed: "member_added",
};

/** Subjects that mean nothing any more when their channel has come and gone. */
export const OF_THE_CHANNEL: readonly string[] = ["count", "miss"];

/** What of its channel the fact tells; null when it stands for itself. */
export function subjectOf(fact: Fact): string | null {
  switch (fact.kind) {
    case "channel_occupied":
    case "channel_vacated":
      return "channel";
    case "member_added":
    case "member_removed":
      return `member ${fact.userId}`;
    case "subscription_count":
      return "count";
    case "cache_miss":
      return "miss";
    case "client_event":
      return null;
    default:
      return fact satisfies never;
  }
}
