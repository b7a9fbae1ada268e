// Who is on a presence channel. Members are users, not sockets: a user has come with the first
// socket and gone with the last. The first socket's user object stays until then.
import type { Identity } from "../protocol/member.ts";

/** A user on one presence channel. */
export interface Member extends Identity {
  socketCount: number;
}

/** The members of one channel, in the order of their coming. */
export class Presence {
  readonly #members = new Map<string, Member>();
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

  /** Adds a socket of the user. The member's `socketCount` is 1 exactly when the user has come with it. */
  join(identity: Identity): Member {
    const known = this.#members.get(identity.userId);
    if (known !== undefined) {
      known.socketCount++;
      return known;
    }
    const member: Member = { ...identity, socketCount: 1 };
    this.#members.set(member.userId, member);
    this.#roster = null;
    return member;
  }

  /** Removes a socket of the member. True when it was the last one and the user has gone. */
  leave(member: Member): boolean {
    member.socketCount--;
    if (member.socketCount > 0) return false;
    this.#members.delete(member.userId);
    this.#roster = null;
    return true;
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
