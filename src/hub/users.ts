// Signed-in users: who is online, who watches whom, and closing all connections of a user. A user
// is online while at least one connection, here or elsewhere, is signed in as that user; membership
// of a presence channel does not count. A user who comes and goes repeatedly lingers, and still
// counts as online, until the second ends.
import { type Fault, isFault, REFUSE } from "../protocol/faults.ts";
import type { SigninCommand } from "../protocol/commands.ts";
import { type Message, signinSuccess, watchlistEvents } from "../protocol/messages.ts";
import { MAX_WATCHLIST_LENGTH, verifySignin } from "../protocol/signin.ts";
import type { AppHub } from "./app-hub.ts";
import { tell } from "./send.ts";
import type { Socket } from "./socket.ts";
import { User } from "./user.ts";

/**
 * How often in one second a user's watchers are told at once that the user is online. After more, the message that
 * the user is offline is held back until the second ends.
 */
const MAX_TIMES_ONLINE = 2;

/**
 * Signs the socket in and replies to it, or returns why it is refused. Signing in again as the same user is not an
 * error.
 */
export function signIn(hub: AppHub, socket: Socket, command: SigninCommand): Fault | null {
  const user = verifySignin(hub.app, socket.id, command);
  if (isFault(user)) return user;
  if (socket.user !== null && socket.user.id !== user.id) return REFUSE.otherUser(socket.user.id);
  const again = socket.user !== null;
  if (!again) {
    // The app's watchlist switch may change while the socket is signed in. Storing the list that is actually
    // watched makes sure that sign-out undoes exactly that.
    socket.user = hub.app.watchlist ? user : { ...user, watchlist: [] };
    addSocket(hub, socket, open(hub, user.id));
  }
  tell(socket, signinSuccess(command.userData ?? ""));
  if (!again) watch(hub, socket);
  // This may close the socket, which undoes all of the above.
  hub.authorised(socket);
  if (again || !hub.app.watchlist) return null;
  return user.watchlistCut ? REFUSE.watchlistTooLong(MAX_WATCHLIST_LENGTH) : null;
}

/** Undoes the sign-in of a socket that has closed. */
export function signOut(hub: AppHub, socket: Socket): void {
  const { user: signedIn } = socket;
  if (signedIn === null) return;
  socket.user = null;
  for (const id of signedIn.watchlist) unwatch(hub, id);
  const user = hub.users.get(signedIn.id);
  if (user === undefined) return;
  user.sockets.delete(socket);
  if (!user.online) goOffline(hub, user);
  if (!user.isHere) hub.changes?.userChanged(hub, user);
  forget(hub, user);
}

/** Starts a new second: tells the watchers of the lingering users who have not come back. */
export function settleUsers(hub: AppHub): void {
  for (const user of hub.unsettledUsers) {
    user.timesOnline = 0;
    if (user.isLingering) goOffline(hub, user);
    forget(hub, user);
  }
  hub.unsettledUsers.clear();
}

/** Closes every connection here that is signed in as the user. A user without connections is not an error. */
export function closeUser(hub: AppHub, userId: string, fault: Fault): void {
  for (const socket of hub.users.get(userId)?.sockets ?? []) socket.close(fault);
}

function addSocket(hub: AppHub, socket: Socket, user: User): void {
  goOnline(hub, user);
  user.sockets.add(socket);
  if (user.sockets.size === 1) hub.changes?.userChanged(hub, user);
}

/**
 * Tells the watchers that the user is online, unless the user is already. To be called just before the user gets a
 * connection here or is online elsewhere.
 */
export function goOnline(hub: AppHub, user: User): void {
  const wasOnline = user.online || user.isLingering;
  user.isLingering = false;
  if (wasOnline || user.watcherCount === 0) return;
  user.timesOnline++;
  hub.unsettledUsers.add(user);
  tellWatchers(hub, user, watchlistEvents([user.id], []));
}

/**
 * Tells the watchers that the user is online neither here nor elsewhere any more. A user who came online too often in
 * this second lingers.
 */
export function goOffline(hub: AppHub, user: User): void {
  user.isLingering = user.timesOnline > MAX_TIMES_ONLINE;
  if (!user.isLingering) tellWatchers(hub, user, watchlistEvents([], [user.id]));
}

function tellWatchers(hub: AppHub, user: User, message: Message): void {
  if (user.watcherCount === 0) return;
  for (const codec of hub.codecs) hub.sink.publish(user.topicOf(codec), codec.write(message), null);
}

/** Tells the socket which users of its watchlist are online, and puts it on their topics. */
function watch(hub: AppHub, socket: Socket): void {
  const { watchlist } = socket.user ?? { watchlist: [] };
  if (watchlist.length === 0) return;
  const online: string[] = [];
  const offline: string[] = [];
  for (const id of watchlist) {
    const watched = open(hub, id);
    watched.watcherCount++;
    if (watched.watcherCount === 1) hub.changes?.userChanged(hub, watched);
    socket.join(watched.topicOf(socket.codec));
    (watched.online || watched.isLingering ? online : offline).push(id);
  }
  tell(socket, watchlistEvents(online, offline));
}

function unwatch(hub: AppHub, id: string): void {
  const watched = hub.users.get(id);
  if (watched === undefined) return;
  watched.watcherCount--;
  if (watched.watcherCount === 0) hub.changes?.userChanged(hub, watched);
  forget(hub, watched);
}

/** Returns the user, who is about to get a connection or a watcher here. */
function open(hub: AppHub, id: string): User {
  let user = hub.users.get(id);
  if (user === undefined) {
    user = new User(id, hub.nextTopic());
    hub.users.set(id, user);
  }
  if (hub.changes === null || user.isHere || user.watcherCount > 0) return user;
  // New, or known only because it lingers.
  user.isElsewhere = hub.changes.isOnlineElsewhere(hub, id);
  if (user.isElsewhere) user.isLingering = false;
  return user;
}

/** Removes the user if it has neither connections nor watchers here and does not linger. */
export function forget(hub: AppHub, user: User): void {
  if (user.isHere || user.isLingering || user.watcherCount > 0) return;
  hub.users.delete(user.id);
  hub.unsettledUsers.delete(user);
}
