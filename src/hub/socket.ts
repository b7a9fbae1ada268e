// A connected client: what its transport provides, and what the hub knows about it.
import type { Algorithm } from "../protocol/delta-request.ts";
import type { SignedInUser } from "../protocol/signin.ts";
import type { Peer } from "./ports.ts";
import type { Subscriptions } from "./subscriptions.ts";

/**
 * A connected client. The transport's part and the hub's part are one object, which keeps an idle connection small.
 * Only the hub changes the members that are declared here.
 */
export interface Socket extends Peer {
  /**
   * The delta algorithm for subscriptions without a request of their own; `any` if the client leaves the choice to
   * the server, null for no deltas.
   */
  deltaAlgorithm: Algorithm | "any" | null;
  /** By channel name. */
  readonly subscriptions: Subscriptions;
  /** The user that the connection is signed in as, or null. */
  user: SignedInUser | null;
  /** Whether it has ever signed in or subscribed to an authorised channel. */
  authorised: boolean;
}
