// Signed-in users: who is online, who watches whom, and ending all connections of one. A user is
// online while at least one of its connections is signed in; being on a presence channel is not that.
// One who comes and goes again and again stays online for the rest of the second.
import { type Fault, isFault, REFUSE } from "../protocol/faults.ts";
import type { SigninCommand } from "../protocol/commands.ts";
import { type Message, signinSuccess, watchlistEvents } from "../protocol/messages.ts";
import { MAX_WATCHLIST_LENGTH, verifySignin } from "../protocol/signin.ts";
import type { AppHub } from "./app-hub.ts";
import { tell } from "./send.ts";
import type { Socket } from "./socket.ts";
import { User } from "./user.ts";

/** So many times in a second a user's watchers are told at once that it is online. After more, going offline is held back until the next second. */
const MAX_TIMES_ONLINE = 2;

/** Signs the socket in and answers it, or returns why not. A second time with the same user is no error. */
export function signIn(hub: AppHub, socket: Socket, command: SigninCommand): Fault | null {
  const user = verifySignin(hub.app, socket.id, command);
  if (isFault(user)) return user;
  if (socket.user !== null && socket.user.id !== user.id) return REFUSE.otherUser(socket.user.id);
  const again = socket.user !== null;
  if (!again) {
    // The switch may be turned while the socket is signed in: only what is watched now is to be undone.
    socket.user = hub.app.watchlist ? user : { ...user, watchlist: [] };
    goOnline(hub, socket, open(hub, user.id));
  }
  tell(socket, signinSuccess(command.userData ?? ""));
  if (!again) watch(hub, socket);
  // May close the socket, which undoes all of this.
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
  forget(hub, user);
}

/** A new second begins: tells of those who lingered and have not come back. */
export function settleUsers(hub: AppHub): void {
  for (const user of hub.unsettledUsers) {
    user.timesOnline = 0;
    if (user.isLingering) goOffline(hub, user);
    forget(hub, user);
  }
  hub.unsettledUsers.clear();
}

/** Closes every connection that is signed in as the user. A user who is not there is no error. */
export function closeUser(hub: AppHub, userId: string, fault: Fault): void {
  for (const socket of hub.users.get(userId)?.sockets ?? []) socket.close(fault);
}

function goOnline(hub: AppHub, socket: Socket, user: User): void {
  const wasOnline = user.online || user.isLingering;
  user.sockets.add(socket);
  user.isLingering = false;
  if (wasOnline || user.watcherCount === 0) return;
  user.timesOnline++;
  hub.unsettledUsers.add(user);
  tellWatchers(hub, user, watchlistEvents([user.id], []));
}

/** The user has no connection left. Whoever came too often in this second isLingering. */
function goOffline(hub: AppHub, user: User): void {
  user.isLingering = user.timesOnline > MAX_TIMES_ONLINE;
  if (!user.isLingering) tellWatchers(hub, user, watchlistEvents([], [user.id]));
}

function tellWatchers(hub: AppHub, user: User, message: Message): void {
  if (user.watcherCount === 0) return;
  for (const codec of hub.codecs) hub.sink.publish(user.topicOf(codec), codec.write(message), null);
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
    socket.join(watched.topicOf(socket.codec));
    (watched.online || watched.isLingering ? online : offline).push(id);
  }
  tell(socket, watchlistEvents(online, offline));
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
    user = new User(id, hub.nextTopic());
    hub.users.set(id, user);
  }
  return user;
}

function forget(hub: AppHub, user: User): void {
  if (user.online || user.isLingering || user.watcherCount > 0) return;
  hub.users.delete(user.id);
  hub.unsettledUsers.delete(user);
}
