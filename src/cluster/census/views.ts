// What this node knows of the keys that it follows: how much is elsewhere, and which members. The owner of
// a key tells it. Pure.
import type { Follow, MemberEntry, ViewChange } from "./part.ts";

/** What is elsewhere on one key. */
export interface FollowedKey {
  readonly follow: Follow;
  readonly members: Map<string, string | null>;
  count: number;
  /** Whether the owner has told everything at least once. */
  isReady: boolean;
}

/** What changes for the sockets of this node. */
export interface ViewOutput {
  readonly changed: (key: string, change: ViewChange) => void;
  /** The owner has told everything for the first time. Called after `changed`. */
  readonly ready: (key: string) => void;
}

/** The keys that a node follows. */
export class Views {
  readonly #output: ViewOutput;
  readonly #keys: Map<string, FollowedKey> = new Map();

  constructor(output: ViewOutput) {
    this.#output = output;
  }

  get(key: string): FollowedKey | undefined {
    return this.#keys.get(key);
  }

  get keys(): Iterable<string> {
    return this.#keys.keys();
  }

  /** Returns false if the key is followed already. */
  follow(key: string, follow: Follow): boolean {
    if (this.#keys.has(key)) return false;
    this.#keys.set(key, { follow, members: new Map(), count: 0, isReady: false });
    return true;
  }

  unfollow(key: string): boolean {
    return this.#keys.delete(key);
  }

  /** The owner has told what has changed. Ignored before it has told everything. */
  change(key: string, { count, added, removed }: ViewChange): void {
    const followed = this.#keys.get(key);
    if (followed?.isReady !== true) return;
    this.#apply(key, followed, {
      count,
      added: added.filter(([userId]) => !followed.members.has(userId)),
      removed: removed.filter((userId) => followed.members.has(userId)),
    });
  }

  /** The owner has told everything. If that is not complete, members who are missing in it stay. */
  replace(key: string, count: number, members: readonly MemberEntry[], isComplete: boolean): void {
    const followed = this.#keys.get(key);
    if (followed === undefined) return;
    const stay = new Set(members.map(([userId]) => userId));
    this.#apply(key, followed, {
      count,
      added: members.filter(([userId]) => !followed.members.has(userId)),
      removed: isComplete ? [...followed.members.keys()].filter((id) => !stay.has(id)) : [],
    });
    if (followed.isReady) return;
    followed.isReady = true;
    this.#output.ready(key);
  }

  #apply(key: string, followed: FollowedKey, change: ViewChange): void {
    const { count, added, removed } = change;
    if (followed.count === count && added.length === 0 && removed.length === 0) return;
    followed.count = count;
    for (const [userId, info] of added) followed.members.set(userId, info);
    for (const userId of removed) followed.members.delete(userId);
    this.#output.changed(key, change);
  }
}
