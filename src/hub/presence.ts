// The members of a presence channel. Members are users, not sockets: a member is added with the
// user's first socket and removed with the last. The user object of the first socket is kept until
// then. A user who joins and leaves repeatedly lingers as a member until the second ends, which
// bounds the number of messages that one user can cause.
import type { Identity } from "../protocol/member.ts";

/** A user on one presence channel. */
export interface Member extends Identity {
  socketCount: number;
}

/**
 * How many joins of one user are announced at once in one second. After more, the next leave is held back until the
 * second ends.
 */
const MAX_ANNOUNCED_JOINS = 2;

/** The members of one channel, in the order in which they joined. */
export class Presence {
  readonly #members = new Map<string, Member>();
  /** How often each user has joined in the current second. Null if nobody has. */
  #joinCounts: Map<string, number> | null = null;
  /** Members without a socket whose removal has not been announced yet. */
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

  /** Adds a socket of the user. */
  join(identity: Identity): Member {
    const known = this.#members.get(identity.userId);
    if (known !== undefined) {
      known.socketCount++;
      return known;
    }
    const member: Member = { ...identity, socketCount: 1 };
    this.#members.set(member.userId, member);
    this.#roster = null;
    this.#joinCounts ??= new Map();
    this.#joinCounts.set(member.userId, (this.#joinCounts.get(member.userId) ?? 0) + 1);
    return member;
  }

  /**
   * Removes a socket of the member. Returns true if the member is gone with it. Returns false if the member has other
   * sockets, or lingers because it has joined too often in this second.
   */
  leave(member: Member): boolean {
    member.socketCount--;
    if (member.socketCount > 0) return false;
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
    const gone = [...this.#lingering].filter(({ socketCount }) => socketCount === 0);
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
