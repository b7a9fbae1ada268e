// What has happened, for those who want to be told: webhooks and metrics. The hub notes a fact in
// the step that makes it true; whoever listens must return at once and never throw.
import type { App } from "../protocol/app.ts";

/** One thing that has happened on an app's channels. Users' own channels are not told of. */
export type Fact =
  | { readonly kind: "channel_occupied"; readonly channel: string }
  | { readonly kind: "channel_vacated"; readonly channel: string }
  | { readonly kind: "member_added"; readonly channel: string; readonly userId: string }
  | { readonly kind: "member_removed"; readonly channel: string; readonly userId: string }
  | ClientEventFact
  /** Told once for all who miss together. */
  | { readonly kind: "cache_miss"; readonly channel: string }
  | { readonly kind: "subscription_count"; readonly channel: string; readonly count: number };

/** A client event that was relayed. */
export interface ClientEventFact {
  readonly kind: "client_event";
  readonly channel: string;
  readonly event: string;
  readonly data: string;
  readonly socketId: string;
  /** The sender's id on a presence channel, else null. */
  readonly userId: string | null;
}

/** Listens to facts. Called in the order in which they happened. */
export interface FactListener {
  note(app: App, fact: Fact): void;
}
