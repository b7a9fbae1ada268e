// The register of the keys that a node owns: the parts of all nodes, merged. It says what followers
// must be told, and what has become true for all nodes together. Pure.
//
// An entry is *known* when the parts of all nodes are here. After a change of the nodes, an entry that was taken
// over is *fresh* until all of them have sent their parts: nobody is told anything. If that takes too long,
// or if some nodes cannot be reached, it is *partial*: followers hear who is there, and that a member is gone only
// if the node that had it says so.
import { Entries } from "./entries.ts";
import { Entry, type Holder, isElsewhere, isPresent, type Part, type Status } from "./entry.ts";
import {
  type Edge,
  FOLLOW,
  type KeyFigures,
  type MemberEntry,
  type PartChange,
  type ViewChange,
  type WholePart,
} from "./part.ts";

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

/** What a node has told of a key that it no longer owns. */
export interface HandedOver {
  readonly key: string;
  readonly isOccupied: boolean;
  readonly userIds: readonly string[];
}

/** The keys of which a node has parts, whether or not it owns them. */
export class Register {
  readonly #output: RegisterOutput;
  /** How much is known of a key of which there is no entry yet. */
  readonly #statusOf: (key: string) => Status;
  readonly #isOwner: (key: string) => boolean;
  readonly #entries: Entries = new Entries();
  /** Keys whose followers must be told another count. */
  readonly #recounted: Set<string> = new Set();

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

  /** Whether any entry may lack parts. */
  get isPartial(): boolean {
    return this.#entries.unknown.size > 0;
  }

  /** The keys that this node owns. */
  *keys(): Iterable<string> {
    for (const key of this.#entries.keys) if (this.#isOwner(key)) yield key;
  }

  figures(key: string): KeyFigures {
    const kept = this.#entries.peek(key);
    if (kept === undefined)
      return { count: 0, userIds: [], isComplete: this.#statusOf(key) === "known" };
    if (!(kept instanceof Entry)) return { count: kept.count, userIds: [], isComplete: true };
    const userIds = [...(kept.holders?.keys() ?? [])];
    return { count: kept.total, userIds, isComplete: kept.status === "known" };
  }

  /** The number of members of the key. */
  memberCount(key: string): number {
    const kept = this.#entries.peek(key);
    return kept instanceof Entry ? (kept.holders?.size ?? 0) : 0;
  }

  /** Sets a node's part. Members that are not in it are gone there. */
  set(node: string, key: string, whole: WholePart): void {
    const entry = this.#open(key);
    const wasTold = whole.wasTold && entry.status !== "known";
    if (wasTold && whole.count > 0) entry.isTold = true;
    if (entry.status !== "known")
      for (const [userId, info] of whole.seen) this.#see(entry, userId, info, whole.wasTold);
    const stay = new Set(whole.members.map(([userId]) => userId));
    const removed = [...entry.heldBy(node)].flatMap(([id]) => (stay.has(id) ? [] : [id]));
    const followed = entry.partOf(node)?.follow ?? FOLLOW.nothing;
    const { count, follow, members } = whole;
    this.#apply(entry, node, { count, follow, added: members, removed });
    if (wasTold)
      for (const userId of stay) {
        const holder = entry.holders?.get(userId);
        if (holder !== undefined) holder.isTold = true;
      }
    // The link may have been broken, so the follower may have missed something.
    if (followed !== FOLLOW.nothing) this.#view(entry, node);
  }

  /** Changes a node's part. */
  change(node: string, key: string, change: PartChange): void {
    if (this.#entries.peek(key) === undefined) {
      if (change.count === 0 && change.follow === FOLLOW.nothing) return;
      if (isPlain(change) && this.#isOwner(key) && this.#statusOf(key) === "known")
        return this.#addPlain(node, key, change.count);
    }
    this.#apply(this.#open(key), node, change);
  }

  /** What `#apply` does for most keys, without an entry. */
  #addPlain(node: string, key: string, count: number): void {
    this.#entries.add(key, node, count);
    this.#recounted.add(key);
    this.#output.edge(key, { kind: "occupied" });
  }

  /** The node has sent its part to another owner: it is not gone, but it is not here any more. */
  moved(node: string, key: string): void {
    const entry = this.#entries.get(key);
    if (entry === undefined) return;
    this.#entries.setStatus(entry, "fresh");
    for (const [userId, holder] of entry.heldBy(node)) {
      holder.nodes.delete(node);
      if (this.#isOwner(key)) holder.isOrphan = true;
      else this.#tellMember(entry, userId, holder);
    }
    entry.removePart(node);
    this.#close(entry);
  }

  /** What the former owner of a key had told. */
  told(key: string, isOccupied: boolean, userIds: readonly string[]): void {
    const entry = this.#open(key);
    if (entry.status === "known") return this.#close(entry);
    entry.isTold ||= isOccupied;
    for (const userId of userIds) {
      const holder = entry.openHolder(userId, null);
      holder.isTold = true;
      // Judged like the others once all parts are here.
      holder.isOrphan = true;
    }
  }

  /** Removes the parts of a node that has ended. */
  drop(node: string): void {
    for (const entry of this.#entries.holding(node)) this.#leave(entry, node);
    this.#entries.forget(node);
  }

  /**
   * Handles the parts of a node that it has not repeated. If the node agrees about who owns what, it has them no longer.
   */
  keepOnly(node: string, keys: ReadonlySet<string>, hasAgreed: boolean): void {
    for (const entry of this.#entries.holding(node))
      if (keys.has(entry.key)) this.#close(entry);
      else if (hasAgreed) this.#leave(entry, node);
      else this.moved(node, entry.key);
  }

  /** Takes over entries that this node owns now, and returns what it told of those that it no longer owns. */
  reassign(owned: (key: string) => boolean): readonly HandedOver[] {
    const handed: HandedOver[] = [];
    for (const key of this.#entries.keys) {
      const isMine = this.#isOwner(key);
      const hasChanged = isMine !== owned(key);
      if (isMine && !hasChanged) continue;
      const entry = this.#entries.get(key);
      if (entry === undefined) continue;
      // Also what was handed to this node while another one owned the key already: it goes on until it meets the owner.
      if (!isMine) handed.push(...takeTold(entry));
      if (hasChanged) this.#entries.setStatus(entry, "fresh");
      if (!isMine) this.#close(entry);
    }
    return handed;
  }

  /** The node may have missed what other nodes told: nothing is judged until all parts are here again. */
  doubt(): void {
    for (const key of this.#entries.keys) {
      const entry = this.#isOwner(key) ? this.#entries.get(key) : undefined;
      if (entry !== undefined) this.#entries.setStatus(entry, "fresh");
    }
  }

  /** Sends a follower all of its views. */
  viewAll(node: string): void {
    for (const entry of this.#entries.full()) this.#view(entry, node);
  }

  /** All nodes that can be reached have sent their parts. If there are others, the entries are still partial. */
  settle(isComplete: boolean): void {
    for (const entry of this.#entries.unknown) {
      if (!this.#isOwner(entry.key)) continue;
      if (!isComplete && entry.status === "partial") continue;
      this.#entries.setStatus(entry, isComplete ? "known" : "partial");
      if (isComplete) this.#judge(entry);
      for (const part of entry.parts) this.#view(entry, part.node);
      this.#close(entry);
    }
  }

  /** Tells the counts that have changed. To be called when a batch of changes has been made. */
  flush(): void {
    for (const key of this.#recounted) {
      const kept = this.#entries.peek(key);
      if (kept === undefined || !this.#isOwner(key)) continue;
      if (kept instanceof Entry) this.#tellCount(kept);
      else this.#output.edge(key, { kind: "count", count: kept.count });
    }
    this.#recounted.clear();
  }

  #tellCount(entry: Entry): void {
    if (entry.status === "fresh") return;
    const { key, parts, total } = entry;
    if (total > 0) this.#output.edge(key, { kind: "count", count: total });
    for (const part of parts) {
      const count = total - part.count;
      if (part.follow === FOLLOW.nothing || part.toldCount === count) continue;
      part.toldCount = count;
      this.#output.changed(part.node, key, { count, added: [], removed: [] });
    }
  }

  #apply(entry: Entry, node: string, change: PartChange): void {
    const { count, follow, added, removed } = change;
    const isEmpty = count === 0 && follow === FOLLOW.nothing;
    if (isEmpty && entry.partOf(node) === undefined) return this.#close(entry);
    const part = entry.openPart(node);
    const isNewFollower = follow !== FOLLOW.nothing && part.follow === FOLLOW.nothing;
    part.follow = follow;
    this.#count(entry, part, count);
    // A channel is occupied before it has members, and vacated after the last of them has gone.
    if (entry.isOccupied) this.#tellIfKnown(entry);
    for (const [userId, info] of added) this.#add(entry, node, userId, info);
    for (const userId of removed) this.#remove(entry, node, userId);
    if (isEmpty) return this.#leave(entry, node);
    this.#tellIfKnown(entry);
    if (isNewFollower) this.#view(entry, node);
    this.#close(entry);
  }

  #leave(entry: Entry, node: string): void {
    const part = entry.partOf(node);
    if (part === undefined) return;
    part.follow = FOLLOW.nothing;
    // First, so that followers are told the right count with the members who are gone.
    this.#count(entry, part, 0);
    for (const [userId] of entry.heldBy(node)) this.#remove(entry, node, userId);
    this.#tellIfKnown(entry);
    entry.removePart(node);
    this.#close(entry);
  }

  #count(entry: Entry, part: Part, count: number): void {
    if (part.count === count) return;
    part.count = count;
    this.#recounted.add(entry.key);
  }

  #tellIfKnown(entry: Entry): void {
    if (entry.status === "known" && this.#isOwner(entry.key)) this.#tellOccupation(entry);
  }

  #tellOccupation(entry: Entry): void {
    const { isOccupied } = entry;
    if (isOccupied === entry.isTold) return;
    entry.isTold = isOccupied;
    this.#output.edge(entry.key, { kind: isOccupied ? "occupied" : "vacated" });
  }

  #add(entry: Entry, node: string, userId: string, info: string | null): void {
    const holder = entry.openHolder(userId, info);
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
    const holder = entry.openHolder(userId, info);
    holder.info ??= info;
    holder.isTold ||= wasTold;
    holder.isOrphan = true;
  }

  /** The followers for which the member is elsewhere. */
  #presentFor(entry: Entry, holder: Holder): readonly boolean[] {
    return entry.parts.map((part) => isElsewhere(holder, part.node));
  }

  #tellFollowers(entry: Entry, userId: string, holder: Holder, had: readonly boolean[]): void {
    if (entry.status === "fresh" || !this.#isOwner(entry.key)) return;
    const { total } = entry;
    for (const [index, part] of entry.parts.entries()) {
      const has = isElsewhere(holder, part.node);
      if (part.follow !== FOLLOW.members || had[index] === has) continue;
      const count = total - part.count;
      part.toldCount = count;
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
    if (!isThere) entry.removeHolder(userId);
    if (!this.#isOwner(entry.key) || isThere === holder.isTold) return;
    holder.isTold = isThere;
    this.#output.edge(entry.key, { kind: isThere ? "added" : "removed", userId });
  }

  /** All parts are here: members and subscribers who are in none of them are gone. */
  #judge(entry: Entry): void {
    for (const [userId, holder] of entry.holders ?? []) {
      holder.isOrphan = false;
      this.#tellMember(entry, userId, holder);
    }
    this.#tellOccupation(entry);
    this.#recounted.add(entry.key);
  }

  #view(entry: Entry, node: string): void {
    if (entry.status === "fresh" || !this.#isOwner(entry.key)) return;
    const part = entry.partOf(node);
    if (part === undefined || part.follow === FOLLOW.nothing) return;
    part.toldCount = entry.total - part.count;
    this.#output.viewed(node, entry.key, {
      count: part.toldCount,
      members: part.follow === FOLLOW.members ? entry.elsewhere(node) : [],
      isComplete: entry.status === "known",
    });
  }

  #open(key: string): Entry {
    return this.#entries.open(key, this.#statusOf);
  }

  /** Forgets an entry of which nothing is left, unless it may still have to be told as vacated. */
  #close(entry: Entry): void {
    const isEmpty = entry.parts.length === 0 && entry.holders === null;
    if (isEmpty && entry.status !== "known") {
      if (entry.isTold) return;
      this.#recounted.delete(entry.key);
    }
    this.#entries.close(entry);
  }
}

/** Takes from an entry what was told of it. */
function takeTold(entry: Entry): readonly HandedOver[] {
  const { key, isTold: isOccupied } = entry;
  const told = [...(entry.holders ?? [])].filter(([, { isTold }]) => isTold);
  if (!isOccupied && told.length === 0) return [];
  entry.isTold = false;
  for (const [, holder] of told) holder.isTold = false;
  return [{ key, isOccupied, userIds: told.map(([userId]) => userId) }];
}

/** Whether there are only subscriptions. */
function isPlain({ follow, added }: PartChange): boolean {
  return follow === FOLLOW.nothing && added.length === 0;
}
