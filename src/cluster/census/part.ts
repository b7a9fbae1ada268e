// What a node has on a key. A key stands for a channel, a signed-in user, or an app; see `keys.ts`. Only the
// node itself changes its part.

/** A member of a presence channel: the user's id and the JSON text of the user's info, if there is any. */
export type MemberEntry = readonly [userId: string, userInfo: string | null];

/** What a node wants to hear about a key: nothing, how many there are elsewhere, or which members. */
export const FOLLOW = { nothing: 0, count: 1, members: 2 } as const;
export type Follow = (typeof FOLLOW)[keyof typeof FOLLOW];

/** A node's part of a key. */
export interface OwnPart {
  /** Subscriptions to the channel, connections of the user or of the app. */
  readonly count: number;
  readonly follow: Follow;
  /** The members with a socket on this node. */
  readonly members: Iterable<MemberEntry>;
}

/** A whole part, as it comes from its node. */
export interface WholePart {
  readonly count: number;
  readonly follow: Follow;
  readonly members: readonly MemberEntry[];
  /** What the node sees elsewhere. */
  readonly seen: readonly MemberEntry[];
  /** Whether what the node has and sees was told by an owner that is no more. */
  readonly wasTold: boolean;
}

/** What changes in the part of a node. */
export interface PartChange {
  readonly count: number;
  readonly follow: Follow;
  readonly added: readonly MemberEntry[];
  readonly removed: readonly string[];
}

/** What has changed for a follower: what is elsewhere, that is on all other nodes together. */
export interface ViewChange {
  readonly count: number;
  readonly added: readonly MemberEntry[];
  readonly removed: readonly string[];
}

/** Something that became true for all nodes together. The owner of the key alone tells it. */
export type Edge =
  | { readonly kind: "occupied" | "vacated" }
  | { readonly kind: "added" | "removed"; readonly userId: string }
  | { readonly kind: "count"; readonly count: number };

/** What the owner knows of a key. */
export interface KeyFigures {
  readonly count: number;
  readonly userIds: readonly string[];
  /** False while parts of some nodes may be unknown. */
  readonly isComplete: boolean;
}
