// The priority of a webhook event: it decides which channel is posted first while an endpoint cannot
// keep up, and which events are dropped first when the outbox is full. Events that a stranger can
// cause at will rank low: members and private channels need the application's signature, whereas
// anybody may subscribe to a public channel under any name.
import type { ChannelEvent } from "../events/app-event.ts";
import { channelKind } from "../protocol/names.ts";

/** 0 is the highest. */
export type Priority = 0 | 1 | 2 | 3 | 4;

/** All priorities, the highest first. */
export const PRIORITIES: readonly Priority[] = [0, 1, 2, 3, 4];

/** The order in which priorities are served, repeated for ever. The highest has every second turn; the others have one each, so that none starves. */
export const PRIORITY_TURNS: readonly Priority[] = [0, 1, 0, 2, 0, 3, 0, 4];

/** The priority of an event. */
export function priorityOf({ kind, channel }: ChannelEvent): Priority {
  switch (kind) {
    case "member_added":
    case "member_removed":
      return 0;
    case "channel_occupied":
    case "channel_vacated":
      return channelKind(channel).authorised ? 1 : 3;
    case "client_event":
      return 2;
    case "cache_miss":
    case "subscription_count":
      return 4;
    default:
      return kind satisfies never;
  }
}
