// Who is on a presence channel. Members are users, not sockets: a user has come with the first
// socket and gone with the last. The first socket's user object stays until then. One who comes and goes
// again and again is kept for the rest of the second: what is told of one user is bounded.
import type { Identity } from "../protocol/member.ts";

/** A user on one presence channel. */
export interface Member extends Identity {
  socketCount: number;
}

/** So many joins of one user in a second are announced at once. After more, a leave is held back until the next second. */
const MAX_ANNOUNCED_JOINS = 2;

/** The members of one channel, in the order of their coming. */
export class Presence {
  readonly #members = new Map<string, Member>();
  /** How often users have come in the present second; null when nobody has. */
  #joinCounts: Map<string, number> | null = null;
  /** Members without a socket, whose going is not told yet. */
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

  /** Removes a socket of the member. True when it was the last one and the user has gone; one who came too often in this second lingers. */
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

  /** A new second begins. Returns the members that lingered and have not come back: they have gone. */
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

  /** The data of `subscription_succeeded`: count, ids and hash, since client libraries differ in which they read. Made once until somebody comes or goes. */
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
