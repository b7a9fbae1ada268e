// A connected client: what its transport offers, and what the hub knows of it.
import type { Algorithm } from "../protocol/delta-request.ts";
import type { SignedInUser } from "../protocol/signin.ts";
import type { Peer } from "./ports.ts";
import type { Subscriptions } from "./subscriptions.ts";

/** One object serves for both halves, which keeps an idle connection small. Only the hub changes what is declared here. */
export interface Socket extends Peer {
  /** The delta algorithm of subscriptions that do not ask for one themselves, `any` where the choice is left to the server; null for none. */
  deltaAlgorithm: Algorithm | "any" | null;
  /** By channel name. */
  readonly subscriptions: Subscriptions;
  /** The user that the connection is signed in as, or null. */
  user: SignedInUser | null;
  /** Whether it has signed in or been on an authorised channel. */
  authorised: boolean;
}
