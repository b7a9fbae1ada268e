// Signed-in users: who is online, who watches whom, and ending all connections of one. A user is
// online while at least one of its connections is signed in; being on a presence channel is not that.
// One who comes and goes again and again stays online for the rest of the second.
import { type Fault, isFault, REFUSE } from "../protocol/faults.ts";
import { DIALECTS, type Notice, signinSuccess, watchlistEvents } from "../protocol/frames.ts";
import { MAX_WATCHLIST_LENGTH, readSignin, type SigninCommand } from "../protocol/signin.ts";
import type { AppHub } from "./hub.ts";
import type { Socket } from "./ports.ts";

/** A user may come and go so often in a second and have its watchers told of each time. */
const MAX_COMINGS = 2;

/** A user who has connections or watchers; others are not known. */
export class User {
  readonly id: string;
  readonly sockets: Set<Socket> = new Set();
  /** The topics of those who watch this user, by the version of their dialect. */
  readonly topics: readonly [v1: string, v2: string];
  watcherCount = 0;
  /** How often it has come in the present second. */
  comings = 0;
  /** It has gone, and nobody has been told yet. */
  lingers = false;

  constructor(id: string, topics: readonly [v1: string, v2: string]) {
    this.id = id;
    this.topics = topics;
  }

  get online(): boolean {
    return this.sockets.size > 0;
  }
}

/** Signs the socket in and answers it, or returns why not. A second time with the same user is no error. */
export function signIn(hub: AppHub, socket: Socket, command: SigninCommand): Fault | null {
  const user = readSignin(hub.app, socket.id, command);
  if (isFault(user)) return user;
  if (socket.user !== null && socket.user.id !== user.id) return REFUSE.otherUser(socket.user.id);
  const again = socket.user !== null;
  if (!again) {
    socket.user = user;
    come(hub, socket, open(hub, user.id));
  }
  socket.send(signinSuccess(socket.dialect, command.userData ?? ""));
  hub.authorised(socket);
  if (again || !hub.app.watchlist) return null;
  watch(hub, socket);
  return user.watchlistCut ? REFUSE.watchlistTooLong(MAX_WATCHLIST_LENGTH) : null;
}

/** Undoes the sign-in of a socket that has closed. */
export function signOut(hub: AppHub, socket: Socket): void {
  const { user: signedIn } = socket;
  if (signedIn === null) return;
  socket.user = null;
  if (hub.app.watchlist) for (const id of signedIn.watchlist) unwatch(hub, id);
  const user = hub.users.get(signedIn.id);
  if (user === undefined) return;
  user.sockets.delete(socket);
  if (!user.online) go(hub, user);
  forget(hub, user);
}

/** A new second begins: tells of those who lingered and have not come back. */
export function settleUsers(hub: AppHub): void {
  for (const user of hub.unsettledUsers) {
    user.comings = 0;
    if (user.lingers) go(hub, user);
    forget(hub, user);
  }
  hub.unsettledUsers.clear();
}

/** Closes every connection that is signed in as the user. A user who is not there is no error. */
export function closeUser(hub: AppHub, userId: string, fault: Fault): void {
  for (const socket of hub.users.get(userId)?.sockets ?? []) socket.close(fault);
}

function come(hub: AppHub, socket: Socket, user: User): void {
  const wasOnline = user.online || user.lingers;
  user.sockets.add(socket);
  user.lingers = false;
  if (wasOnline || user.watcherCount === 0) return;
  user.comings++;
  hub.unsettledUsers.add(user);
  tellWatchers(hub, user, watchlistEvents([user.id], []));
}

/** The user has no connection left. Whoever came too often in this second lingers. */
function go(hub: AppHub, user: User): void {
  user.lingers = user.comings > MAX_COMINGS;
  if (!user.lingers) tellWatchers(hub, user, watchlistEvents([], [user.id]));
}

function tellWatchers(hub: AppHub, user: User, notice: Notice): void {
  if (user.watcherCount === 0) return;
  for (const dialect of DIALECTS)
    hub.sink.publish(user.topics[dialect.version - 1] ?? "", notice(dialect), null);
}

/** Tells the socket who of its list is online and joins it to their topics. */
function watch(hub: AppHub, socket: Socket): void {
  const { watchlist } = socket.user ?? { watchlist: [] };
  if (watchlist.length === 0) return;
  const online: string[] = [];
  const offline: string[] = [];
  for (const id of watchlist) {
    const watched = open(hub, id);
    watched.watcherCount++;
    socket.join(watched.topics[socket.dialect.version - 1] ?? "");
    (watched.online || watched.lingers ? online : offline).push(id);
  }
  socket.send(watchlistEvents(online, offline)(socket.dialect));
}

function unwatch(hub: AppHub, id: string): void {
  const watched = hub.users.get(id);
  if (watched === undefined) return;
  watched.watcherCount--;
  forget(hub, watched);
}

function open(hub: AppHub, id: string): User {
  let user = hub.users.get(id);
  if (user === undefined) {
    user = new User(id, [hub.nextTopic(), hub.nextTopic()]);
    hub.users.set(id, user);
  }
  return user;
}

function forget(hub: AppHub, user: User): void {
  if (!user.online && !user.lingers && user.watcherCount === 0) hub.users.delete(user.id);
}
