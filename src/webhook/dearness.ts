// How dear an event is: who waits shortest when an endpoint is slower than what happens, and what is
// dropped last when there is no room. Dear is what strangers cannot make happen at will: a member and
// a private channel need the application's signature, a public channel only a name that somebody invents.
import type { Fact } from "../hub/facts.ts";
import { channelKind } from "../protocol/names.ts";

/** 0 is the dearest. */
export type Dearness = 0 | 1 | 2 | 3 | 4;

/** All, the dearest first. */
export const DEARNESSES: readonly Dearness[] = [0, 1, 2, 3, 4];

/** Whose turn it is, over and over: every second is a member's, and each of the others has one. */
export const TURNS: readonly Dearness[] = [0, 1, 0, 2, 0, 3, 0, 4];

/** How dear the event of this fact is. */
export function dearnessOf({ kind, channel }: Fact): Dearness {
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
