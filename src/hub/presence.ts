// The members of a presence channel. Members are users, not sockets: a user is a member from the
// first socket, here or elsewhere, to the last. The user object that came first is kept until then. A
// user who joins and leaves repeatedly lingers as a member until the second ends, which bounds the
// number of messages that one user can cause.
import type { Identity } from "../protocol/member.ts";

/** A user on one presence channel. */
export interface Member extends Identity {
  /** The number of the user's sockets here. */
  socketCount: number;
  /** Whether the user is a member elsewhere. */
  isElsewhere: boolean;
}

/**
 * How many joins of one user are announced at once in one second. After more, the next leave is held back until the
 * second ends.
 */
const MAX_ANNOUNCED_JOINS = 2;

/** The members of one channel, here and elsewhere, in the order in which they joined. */
export class Presence {
  readonly #members = new Map<string, Member>();
  /** How often each user has joined in the current second. Null if nobody has. */
  #joinCounts: Map<string, number> | null = null;
  /** Members who are neither here nor elsewhere and whose removal has not been announced yet. */
  readonly #lingering = new Set<Member>();
  #roster: string | null = null;

  get userCount(): number {
    return this.#members.size;
  }

  get userIds(): Iterable<string> {
    return this.#members.keys();
  }

  has(userId: string): boolean {
    return this.#members.has(userId);
  }

  /** Whether the user has a socket here. */
  isHere(userId: string): boolean {
    return (this.#members.get(userId)?.socketCount ?? 0) > 0;
  }

  /** The user's object as JSON text, or null if there is none. */
  infoOf(userId: string): string | null {
    return this.#members.get(userId)?.userInfo ?? null;
  }

  /** The members that have a socket here. */
  *here(): Generator<Member, void> {
    for (const member of this.#members.values()) if (member.socketCount > 0) yield member;
  }

  /** The members that are elsewhere. */
  *elsewhere(): Generator<Member, void> {
    for (const member of this.#members.values()) if (member.isElsewhere) yield member;
  }

  /** Adds a socket of the user. */
  join(identity: Identity): Member {
    const member = this.#members.get(identity.userId) ?? this.#addNew(identity);
    member.socketCount++;
    return member;
  }

  /**
   * Removes a socket of the member. Returns true if the member is gone with it. Returns false if the member has other
   * sockets, is elsewhere, or lingers because it has joined too often in this second.
   */
  leave(member: Member): boolean {
    member.socketCount--;
    return this.#removeIfGone(member);
  }

  /** Takes over the members elsewhere, of whom nobody here is to be told. */
  begin(members: readonly Identity[]): void {
    for (const identity of members)
      if (!this.has(identity.userId)) this.#add(identity).isElsewhere = true;
  }

  /** Records that the user is a member elsewhere. Returns the member if the user has become one with it. */
  appear(identity: Identity): Member | null {
    const known = this.#members.get(identity.userId);
    const member = known ?? this.#addNew(identity);
    member.isElsewhere = true;
    return known === undefined ? member : null;
  }

  /** Records that the user is no member elsewhere. Returns the member if the user is none any more; see `leave`. */
  disappear(userId: string): Member | null {
    const member = this.#members.get(userId);
    if (member === undefined || !member.isElsewhere) return null;
    member.isElsewhere = false;
    return this.#removeIfGone(member) ? member : null;
  }

  /** Adds a user who has just become a member. */
  #addNew(identity: Identity): Member {
    const { userId } = identity;
    this.#joinCounts ??= new Map();
    this.#joinCounts.set(userId, (this.#joinCounts.get(userId) ?? 0) + 1);
    return this.#add(identity);
  }

  #add({ userId, userInfo }: Identity): Member {
    const member: Member = { userId, userInfo, socketCount: 0, isElsewhere: false };
    this.#members.set(userId, member);
    this.#roster = null;
    return member;
  }

  #removeIfGone(member: Member): boolean {
    if (isPresent(member)) return false;
    if ((this.#joinCounts?.get(member.userId) ?? 0) > MAX_ANNOUNCED_JOINS) {
      this.#lingering.add(member);
      return false;
    }
    this.#remove(member);
    return true;
  }

  /** Starts a new second. Removes the lingering members that have not rejoined, and returns them. */
  settle(): readonly Member[] {
    this.#joinCounts = null;
    const gone = [...this.#lingering].filter((member) => !isPresent(member));
    this.#lingering.clear();
    for (const member of gone) this.#remove(member);
    return gone;
  }

  #remove(member: Member): void {
    this.#members.delete(member.userId);
    this.#roster = null;
  }

  /**
   * The data of `subscription_succeeded`: count, ids and hash, because client libraries differ in which of them they
   * read. Cached until a member is added or removed.
   */
  roster(): string {
    this.#roster ??= writeRoster(this.#members.values());
    return this.#roster;
  }
}

function isPresent({ socketCount, isElsewhere }: Member): boolean {
  return socketCount > 0 || isElsewhere;
}

function writeRoster(members: Iterable<Member>): string {
  const ids: string[] = [];
  const hash: string[] = [];
  for (const { userId, userInfo } of members) {
    const id = JSON.stringify(userId);
    ids.push(id);
    hash.push(`${id}:${userInfo ?? "{}"}`);
  }
  return `{"presence":{"count":${ids.length},"ids":[${ids.join(",")}],"hash":{${hash.join(",")}}}}`;
}
