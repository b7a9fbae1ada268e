// The register of the keys that a node owns: the parts of all nodes, merged. It says what followers
// must be told, and what has become true for all nodes together. Pure.
//
// A register entry is *known* when the parts of all nodes are here. After a change of the nodes, an entry
// that was taken over is *fresh* until all of them have sent their parts: nobody is told anything. If that
// takes too long, or if nodes cannot be reached, it is *partial*: followers hear of who is there, and of
// nobody who has gone.
import type { MemberEntry, Edge, Follow, KeyFigures, ViewChange } from "./part.ts";
import { FOLLOW } from "./part.ts";

/** What the register tells. */
export interface RegisterOutput {
  /** What is elsewhere has changed for a follower. */
  readonly changed: (follower: string, key: string, change: ViewChange) => void;
  /** All that is elsewhere, for a follower. */
  readonly viewed: (follower: string, key: string, view: View) => void;
  readonly edge: (key: string, edge: Edge) => void;
}

/** All that is elsewhere for a follower. */
export interface View {
  readonly count: number;
  readonly members: readonly MemberEntry[];
  readonly isComplete: boolean;
}

/** How much the register knows of an entry. */
export type Status = "known" | "partial" | "fresh";

/** The part of one node. */
interface Part {
  readonly node: string;
  count: number;
  follow: Follow;
  /** The count that the follower was told last, or -1. */
  toldCount: number;
}

/** A member of a channel. */
interface Holder {
  info: string | null;
  /** The nodes that the user has sockets on. */
  readonly nodes: Set<string>;
  /** Present on a node that has not sent its part: seen by others, and not known to be gone. */
  isOrphan: boolean;
  /** Whether the member was told as added, and not yet as removed. */
  isTold: boolean;
}

/** What is known of a key. */
interface Entry {
  readonly key: string;
  readonly parts: Part[];
  holders: Map<string, Holder> | null;
  status: Status;
  /** Whether the key was told as occupied, and not yet as vacated. */
  isTold: boolean;
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

/** The keys of which a node has parts, whether or not it owns them. */
export class Register {
  readonly #output: RegisterOutput;
  /** How much is known of a key of which there is no entry yet. */
  readonly #statusOf: (key: string) => Status;
  readonly #isOwner: (key: string) => boolean;
  readonly #entries: Map<string, Entry> = new Map();
  /** Entries that are not known. */
  readonly #unknown: Set<Entry> = new Set();
  /** Entries whose followers must be told another count. */
  readonly #recounted: Set<Entry> = new Set();

  constructor(
    output: RegisterOutput,
    isOwner: (key: string) => boolean,
    statusOf: (key: string) => Status,
  ) {
    this.#output = output;
    this.#isOwner = isOwner;
    this.#statusOf = statusOf;
  }

  /** The number of entries. */
  get size(): number {
    return this.#entries.size;
  }

  /** Whether any entry of this owner may lack parts. */
  get isPartial(): boolean {
    return this.#unknown.size > 0;
  }

  /** The keys that this node owns. */
  *keys(): Iterable<string> {
    for (const key of this.#entries.keys()) if (this.#isOwner(key)) yield key;
  }

  figures(key: string): KeyFigures {
    const entry = this.#entries.get(key);
    if (entry === undefined)
      return { count: 0, userIds: [], isComplete: this.#statusOf(key) === "known" };
    const userIds = entry.holders === null ? [] : [...entry.holders.keys()];
    return { count: totalOf(entry), userIds, isComplete: entry.status === "known" };
  }

  /** The number of members of the key. */
  memberCount(key: string): number {
    return this.#entries.get(key)?.holders?.size ?? 0;
  }

  /** Sets a node's part. Members that are not in it are gone there. */
  set(node: string, key: string, whole: WholePart): void {
    const entry = this.#open(key);
    if (whole.wasTold && whole.count > 0) entry.isTold ||= entry.status !== "known";
    if (entry.status !== "known")
      for (const [userId, info] of whole.seen) this.#see(entry, userId, info, whole.wasTold);
    const stay = new Set(whole.members.map(([userId]) => userId));
    const gone: string[] = [];
    for (const [userId, { nodes }] of entry.holders ?? [])
      if (nodes.has(node) && !stay.has(userId)) gone.push(userId);
    const followed = entry.parts.find((part) => part.node === node)?.follow ?? FOLLOW.nothing;
    this.#apply(entry, node, { ...whole, added: whole.members, removed: gone });
    if (whole.wasTold)
      for (const userId of stay) {
        const holder = entry.holders?.get(userId);
        if (holder !== undefined && entry.status !== "known") holder.isTold = true;
      }
    // The link may have been broken, so the follower may have missed something.
    if (followed !== FOLLOW.nothing) this.#view(entry, node);
  }

  /** Changes a node's part. */
  change(
    node: string,
    key: string,
    change: Pick<WholePart, "count" | "follow"> & {
      readonly added: readonly MemberEntry[];
      readonly removed: readonly string[];
    },
  ): void {
    if (change.count === 0 && change.follow === FOLLOW.nothing && !this.#entries.has(key)) return;
    this.#apply(this.#open(key), node, change);
  }

  /** The node has sent its part to another owner: it is not gone, but it is not here any more. */
  moved(node: string, key: string): void {
    const entry = this.#entries.get(key);
    if (entry === undefined) return;
    this.#setStatus(entry, "fresh");
    for (const [userId, holder] of entry.holders ?? []) {
      if (!holder.nodes.delete(node)) continue;
      if (this.#isOwner(key)) holder.isOrphan = true;
      else this.#tellMember(entry, userId, holder);
    }
    this.#removePart(entry, node);
    this.#close(entry);
  }

  /** What the former owner of a key had told. */
  told(key: string, isOccupied: boolean, userIds: readonly string[]): void {
    const entry = this.#open(key);
    if (entry.status === "known") return this.#close(entry);
    entry.isTold ||= isOccupied;
    for (const userId of userIds) {
      const holder = this.#holder(entry, userId, null);
      holder.isTold = true;
      // Judged like the others once all parts are here.
      holder.isOrphan = true;
    }
  }

  /** Removes the parts of a node that has ended. */
  drop(node: string): void {
    for (const entry of this.#entries.values())
      if (entry.parts.some((part) => part.node === node)) this.#leave(entry, node);
  }

  /**
   * Handles the parts of a node that it has not repeated. If the node agrees about who owns what, it has them no longer.
   */
  keepOnly(node: string, keys: ReadonlySet<string>, hasAgreed: boolean): void {
    for (const entry of this.#entries.values()) {
      if (keys.has(entry.key) || !entry.parts.some((part) => part.node === node)) continue;
      if (hasAgreed) this.#leave(entry, node);
      else this.moved(node, entry.key);
    }
  }

  /** Takes over entries that this node owns now, and returns what it told of those that it no longer owns. */
  reassign(
    owned: (key: string) => boolean,
  ): readonly (readonly [key: string, isOccupied: boolean, userIds: readonly string[]])[] {
    const handed: (readonly [string, boolean, readonly string[]])[] = [];
    for (const entry of this.#entries.values()) {
      const { key } = entry;
      const isMine = this.#isOwner(key);
      if (isMine === owned(key)) continue;
      if (!isMine) {
        const holders = [...(entry.holders ?? [])];
        const userIds = holders.flatMap(([id, { isTold }]) => (isTold ? [id] : []));
        if (entry.isTold || userIds.length > 0) handed.push([key, entry.isTold, userIds]);
        entry.isTold = false;
        for (const [, holder] of holders) holder.isTold = false;
      }
      this.#setStatus(entry, "fresh");
    }
    return handed;
  }

  /** The node may have missed what other nodes told: nothing is judged until all parts are here again. */
  doubt(): void {
    for (const entry of this.#entries.values())
      if (this.#isOwner(entry.key)) this.#setStatus(entry, "fresh");
  }

  /** Sends a follower all of its views. */
  viewAll(node: string): void {
    for (const entry of this.#entries.values()) this.#view(entry, node);
  }

  /** All nodes that can be reached have sent their parts. If there are others, the entries are still partial. */
  settle(isComplete: boolean): void {
    for (const entry of this.#unknown) {
      if (!this.#isOwner(entry.key)) continue;
      if (!isComplete && entry.status === "partial") continue;
      this.#setStatus(entry, isComplete ? "known" : "partial");
      if (isComplete) this.#judge(entry);
      for (const part of entry.parts) this.#view(entry, part.node);
      this.#close(entry);
    }
  }

  /** Tells followers the counts that have changed. To be called when a batch of changes has been made. */
  flush(): void {
    for (const entry of this.#recounted) {
      if (entry.status === "fresh" || !this.#isOwner(entry.key)) continue;
      const total = totalOf(entry);
      if (total > 0) this.#output.edge(entry.key, { kind: "count", count: total });
      for (const part of entry.parts) {
        const count = total - part.count;
        if (part.follow !== FOLLOW.count || part.toldCount === count) continue;
        part.toldCount = count;
        this.#output.changed(part.node, entry.key, { count, added: [], removed: [] });
      }
    }
    this.#recounted.clear();
  }

  #apply(
    entry: Entry,
    node: string,
    change: {
      readonly count: number;
      readonly follow: Follow;
      readonly added: readonly MemberEntry[];
      readonly removed: readonly string[];
    },
  ): void {
    const { count, follow, added, removed } = change;
    let part = entry.parts.find((each) => each.node === node);
    if (part === undefined) {
      if (count === 0 && follow === FOLLOW.nothing) return this.#close(entry);
      part = { node, count: 0, follow: FOLLOW.nothing, toldCount: -1 };
      entry.parts.push(part);
    }
    const isNewFollower = follow !== FOLLOW.nothing && part.follow === FOLLOW.nothing;
    part.follow = follow;
    this.#count(entry, part, count);
    for (const [userId, info] of added) this.#add(entry, node, userId, info);
    for (const userId of removed) this.#remove(entry, node, userId);
    if (count === 0 && follow === FOLLOW.nothing) return this.#leave(entry, node);
    if (isNewFollower) this.#view(entry, node);
    this.#close(entry);
  }

  #leave(entry: Entry, node: string): void {
    const part = entry.parts.find((each) => each.node === node);
    if (part === undefined) return;
    part.follow = FOLLOW.nothing;
    for (const [userId, { nodes }] of entry.holders ?? [])
      if (nodes.has(node)) this.#remove(entry, node, userId);
    this.#count(entry, part, 0);
    this.#removePart(entry, node);
    this.#close(entry);
  }

  #removePart(entry: Entry, node: string): void {
    const index = entry.parts.findIndex((each) => each.node === node);
    if (index >= 0) entry.parts.splice(index, 1);
  }

  #count(entry: Entry, part: Part, count: number): void {
    if (part.count === count) return;
    part.count = count;
    this.#recounted.add(entry);
    if (entry.status === "known" && this.#isOwner(entry.key)) this.#tellOccupation(entry);
  }

  #tellOccupation(entry: Entry): void {
    const isOccupied = entry.parts.some((part) => part.count > 0);
    if (isOccupied === entry.isTold) return;
    entry.isTold = isOccupied;
    this.#output.edge(entry.key, { kind: isOccupied ? "occupied" : "vacated" });
  }

  #add(entry: Entry, node: string, userId: string, info: string | null): void {
    const holder = this.#holder(entry, userId, info);
    if (holder.nodes.has(node)) return;
    if (holder.nodes.size === 0 && !holder.isOrphan) holder.info = info;
    const had = this.#presentFor(entry, holder);
    holder.nodes.add(node);
    this.#tellFollowers(entry, userId, holder, had);
    if (entry.status === "known") this.#tellMember(entry, userId, holder);
  }

  #remove(entry: Entry, node: string, userId: string): void {
    const holder = entry.holders?.get(userId);
    if (holder === undefined || !holder.nodes.has(node)) return;
    const had = this.#presentFor(entry, holder);
    holder.nodes.delete(node);
    if (entry.status === "fresh") {
      // Another node may have the user and has not said so yet.
      if (this.#isOwner(entry.key)) holder.isOrphan = true;
      else this.#tellMember(entry, userId, holder);
      return;
    }
    this.#tellFollowers(entry, userId, holder, had);
    if (entry.status === "known" || !isPresent(holder)) this.#tellMember(entry, userId, holder);
  }

  #see(entry: Entry, userId: string, info: string | null, wasTold: boolean): void {
    const holder = this.#holder(entry, userId, info);
    holder.info ??= info;
    holder.isTold ||= wasTold;
    holder.isOrphan = true;
  }

  #holder(entry: Entry, userId: string, info: string | null): Holder {
    entry.holders ??= new Map();
    return entry.holders.getOrInsertComputed(userId, () => ({
      info,
      nodes: new Set(),
      isOrphan: false,
      isTold: false,
    }));
  }

  /** The followers for which the member is elsewhere. */
  #presentFor(entry: Entry, holder: Holder): readonly boolean[] {
    return entry.parts.map((part) => isElsewhere(holder, part.node));
  }

  #tellFollowers(entry: Entry, userId: string, holder: Holder, had: readonly boolean[]): void {
    if (entry.status === "fresh" || !this.#isOwner(entry.key)) return;
    const total = totalOf(entry);
    for (const [index, part] of entry.parts.entries()) {
      const has = isElsewhere(holder, part.node);
      if (part.follow !== FOLLOW.members || had[index] === has) continue;
      const count = total - part.count;
      this.#output.changed(
        part.node,
        entry.key,
        has
          ? { count, added: [[userId, holder.info]], removed: [] }
          : { count, added: [], removed: [userId] },
      );
    }
  }

  /** Tells that the member was added or removed, if that is so, and forgets members who are gone. */
  #tellMember(entry: Entry, userId: string, holder: Holder): void {
    const isThere = isPresent(holder);
    if (!isThere) {
      entry.holders?.delete(userId);
      if (entry.holders?.size === 0) entry.holders = null;
    }
    if (!this.#isOwner(entry.key) || isThere === holder.isTold) return;
    holder.isTold = isThere;
    this.#output.edge(entry.key, { kind: isThere ? "added" : "removed", userId });
  }

  /** All parts are here: whoever is in none of them is gone. */
  #judge(entry: Entry): void {
    for (const [userId, holder] of entry.holders ?? []) {
      holder.isOrphan = false;
      this.#tellMember(entry, userId, holder);
    }
    this.#tellOccupation(entry);
    this.#recounted.add(entry);
  }

  #view(entry: Entry, node: string): void {
    if (entry.status === "fresh" || !this.#isOwner(entry.key)) return;
    const part = entry.parts.find((each) => each.node === node);
    if (part === undefined || part.follow === FOLLOW.nothing) return;
    const count = totalOf(entry) - part.count;
    part.toldCount = count;
    const members: MemberEntry[] = [];
    if (part.follow === FOLLOW.members)
      for (const [userId, holder] of entry.holders ?? [])
        if (isElsewhere(holder, node)) members.push([userId, holder.info]);
    this.#output.viewed(node, entry.key, { count, members, isComplete: entry.status === "known" });
  }

  #open(key: string): Entry {
    let entry = this.#entries.get(key);
    if (entry === undefined) {
      entry = { key, parts: [], holders: null, status: "known", isTold: false };
      this.#entries.set(key, entry);
      this.#setStatus(entry, this.#statusOf(key));
    }
    return entry;
  }

  /** Forgets an entry of which nothing is left. */
  #close(entry: Entry): void {
    if (entry.parts.length > 0 || entry.holders !== null) return;
    if (entry.status !== "known" && entry.isTold && this.#isOwner(entry.key)) return;
    this.#entries.delete(entry.key);
    this.#unknown.delete(entry);
    if (entry.status !== "known") this.#recounted.delete(entry);
  }

  #setStatus(entry: Entry, status: Status): void {
    entry.status = status;
    if (status === "known") this.#unknown.delete(entry);
    else this.#unknown.add(entry);
  }
}

function isPresent({ nodes, isOrphan }: Holder): boolean {
  return isOrphan || nodes.size > 0;
}

function totalOf({ parts }: Entry): number {
  let total = 0;
  for (const { count } of parts) total += count;
  return total;
}

/** Whether the member is on a node other than this one. */
function isElsewhere({ nodes, isOrphan }: Holder, node: string): boolean {
  return isOrphan || nodes.size > (nodes.has(node) ? 1 : 0);
}
