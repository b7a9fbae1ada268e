// What the register knows of one key: the parts of all nodes, and the members that follow from them.
import { FOLLOW, type Follow, type MemberEntry } from "./part.ts";

/** How much the register knows of an entry; see `register.ts`. */
export type Status = "known" | "partial" | "fresh";

/** The part of one node. */
export interface Part {
  readonly node: string;
  count: number;
  follow: Follow;
  /** The count that the follower was told last, or -1. */
  toldCount: number;
}

/** A member of a channel. */
export interface Holder {
  info: string | null;
  /** The nodes that the user has sockets on. */
  readonly nodes: Set<string>;
  /** Whether the member counts as present although no part here has it: seen by others, and not known to be gone. */
  isOrphan: boolean;
  /** Whether the member was told as added, and not yet as removed. */
  isTold: boolean;
}

/** What is known of a key. */
export class Entry {
  readonly key: string;
  readonly parts: Part[] = [];
  /** By user id; null while there are no members. */
  holders: Map<string, Holder> | null = null;
  status: Status;
  /** Whether the key was told as occupied, and not yet as vacated. */
  isTold = false;

  constructor(key: string, status: Status) {
    this.key = key;
    this.status = status;
  }

  /** The count of all nodes together. */
  get total(): number {
    let total = 0;
    for (const { count } of this.parts) total += count;
    return total;
  }

  get isOccupied(): boolean {
    return this.parts.some(({ count }) => count > 0);
  }

  partOf(node: string): Part | undefined {
    return this.parts.find((part) => part.node === node);
  }

  /** The node's part, empty if it had none. */
  openPart(node: string): Part {
    const present = this.partOf(node);
    if (present !== undefined) return present;
    const part = { node, count: 0, follow: FOLLOW.nothing, toldCount: -1 };
    this.parts.push(part);
    return part;
  }

  removePart(node: string): void {
    const index = this.parts.findIndex((part) => part.node === node);
    if (index >= 0) this.parts.splice(index, 1);
  }

  /** The member with this id, absent if it is new. */
  openHolder(userId: string, info: string | null): Holder {
    this.holders ??= new Map();
    return this.holders.getOrInsertComputed(userId, () => ({
      info,
      nodes: new Set(),
      isOrphan: false,
      isTold: false,
    }));
  }

  removeHolder(userId: string): void {
    this.holders?.delete(userId);
    if (this.holders?.size === 0) this.holders = null;
  }

  /** The members who have a socket on the node. */
  *heldBy(node: string): Iterable<readonly [userId: string, holder: Holder]> {
    for (const member of this.holders ?? []) if (member[1].nodes.has(node)) yield member;
  }

  /** The members who are on a node other than this one. */
  elsewhere(node: string): readonly MemberEntry[] {
    const members: MemberEntry[] = [];
    for (const [userId, holder] of this.holders ?? [])
      if (isElsewhere(holder, node)) members.push([userId, holder.info]);
    return members;
  }
}

/** Whether the member is anywhere, as far as is known. */
export function isPresent({ nodes, isOrphan }: Holder): boolean {
  return isOrphan || nodes.size > 0;
}

/** Whether the member is on a node other than this one, as far as is known. */
export function isElsewhere({ nodes, isOrphan }: Holder, node: string): boolean {
  return isOrphan || nodes.size > (nodes.has(node) ? 1 : 0);
}
