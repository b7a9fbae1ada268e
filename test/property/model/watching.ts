// The model of signed-in users: which are online, and what their watchers are told.
import { watched } from "./replies.ts";

/** A connection that may be signed in. */
export interface Watcher {
  /** The user that it is signed in as, or null. */
  user: string | null;
  /** The ids of the users that it watches. */
  watchlist: readonly string[];
  readonly replies: string[];
}

interface ModelUser {
  readonly id: string;
  readonly connections: Set<Watcher>;
  readonly watchers: Set<Watcher>;
  /** How often it has come online since the last tick. */
  comings: number;
  lingers: boolean;
}

/** All users. */
export class Watching {
  readonly #users = new Map<string, ModelUser>();
  /** The users that are online elsewhere. */
  readonly #elsewhere = new Set<string>();
  /** Watched users who came online since the last tick, in that order. */
  readonly #unsettled = new Set<ModelUser>();

  /** The number of users with connections or watchers, the lingering ones included. */
  get size(): number {
    return this.#users.size;
  }

  /** Signs in a connection that is not signed in yet. */
  signIn(watcher: Watcher, userId: string): void {
    watcher.user = userId;
    const user = this.#open(userId);
    const wasOnline = this.#isOnline(user);
    user.connections.add(watcher);
    if (!wasOnline) this.#come(user);
    user.lingers = false;
  }

  isElsewhere(userId: string): boolean {
    return this.#elsewhere.has(userId);
  }

  /** The user has come online elsewhere, or has gone offline there. */
  setElsewhere(userId: string, isOnline: boolean): void {
    const user = this.#users.get(userId);
    const wasOnline = user !== undefined && this.#isOnline(user);
    if (isOnline) this.#elsewhere.add(userId);
    else this.#elsewhere.delete(userId);
    if (user === undefined) return;
    if (!wasOnline) this.#come(user);
    user.lingers = false;
    if (!this.#isOnline(user)) this.#go(user);
    this.#forget(user);
  }

  #isOnline({ id, connections, lingers }: ModelUser): boolean {
    return connections.size > 0 || lingers || this.#elsewhere.has(id);
  }

  #come(user: ModelUser): void {
    if (user.watchers.size === 0) return;
    user.comings++;
    this.#unsettled.add(user);
    for (const { replies } of user.watchers) replies.push(watched([user.id], []));
  }

  /** Starts watching the users of the list, and tells the watcher which are online. */
  watch(watcher: Watcher, watchlist: readonly string[]): void {
    watcher.watchlist = watchlist;
    const online: string[] = [];
    const offline: string[] = [];
    for (const id of watchlist) {
      const user = this.#open(id);
      user.watchers.add(watcher);
      (this.#isOnline(user) ? online : offline).push(id);
    }
    if (watchlist.length > 0) watcher.replies.push(watched(online, offline));
  }

  /** The connection has ended. */
  signOut(watcher: Watcher): void {
    if (watcher.user === null) return;
    for (const id of watcher.watchlist) {
      const other = this.#open(id);
      other.watchers.delete(watcher);
      this.#forget(other);
    }
    const user = this.#open(watcher.user);
    user.connections.delete(watcher);
    if (!this.#isOnline(user)) this.#go(user);
    this.#forget(user);
  }

  /** Ends the present second. */
  tick(): void {
    for (const user of this.#unsettled) {
      user.comings = 0;
      if (user.lingers) this.#go(user);
      this.#forget(user);
    }
    this.#unsettled.clear();
  }

  /** A user who came online more than twice since the last tick lingers until the next tick. */
  #go(user: ModelUser): void {
    user.lingers = user.comings > 2;
    if (user.lingers) return;
    for (const { replies } of user.watchers) replies.push(watched([], [user.id]));
  }

  #open(id: string): ModelUser {
    return this.#users.getOrInsertComputed(id, () => ({
      id,
      connections: new Set<Watcher>(),
      watchers: new Set<Watcher>(),
      comings: 0,
      lingers: false,
    }));
  }

  #forget(user: ModelUser): void {
    if (user.connections.size > 0 || user.lingers || user.watchers.size > 0) return;
    this.#users.delete(user.id);
    this.#unsettled.delete(user);
  }
}
