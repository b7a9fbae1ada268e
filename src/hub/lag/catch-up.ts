// What happens to a lagging socket. It is taken off its topics, so that nothing more is queued for
// it. When it has read what was queued, it is sent what it missed, one channel after another (of
// each conflation key only the newest message), and is put back on the topics. Other sockets are
// not affected.
import { CLOSE } from "../../protocol/faults.ts";
import type { AppHub } from "../app-hub.ts";
import type { Cohort } from "../channel.ts";
import { noteToldXdelta3 } from "../delta/algorithm-names.ts";
import { leaveTopics, sync } from "../delta/sync.ts";
import type { Socket } from "../socket.ts";
import { Cursor } from "./backlog.ts";
import { releaseBacklog, retainBacklog } from "./backlogs.ts";
import { Lag } from "./lag.ts";
import { Progress } from "./progress.ts";

/** Takes the socket off all topics that it is still on, and starts recording what it misses there. */
export function beginLag(hub: AppHub, socket: Socket): void {
  const lag = lagOf(hub, socket);
  for (const { cohort } of socket.subscriptions.values()) {
    if (lag.behind.has(cohort.channel)) continue;
    leaveTopics(cohort, socket);
    markBehind(hub, lag, cohort);
  }
  if (!lag.isBehind) hub.counters.lags++;
  lag.isBehind = true;
}

/**
 * The number of buffered bytes at which catching up pauses until the client has read them. Small enough for the
 * socket's buffer.
 */
const CATCH_UP_BYTES = 16_384;
/** The number of channels that one call brings up to date. The rest wait for the next call. */
const CHANNELS_AT_ONCE = 100;

/**
 * Brings the socket up to date, one channel after another, until its buffer is full. Closes it if something that it
 * missed has been dropped. Returns true if there is more to send and room for it; the caller should then call again
 * soon.
 */
export function catchUp(hub: AppHub, socket: Socket): boolean {
  const lag = hub.lags.get(socket);
  if (lag === undefined || lag.isClosing) return false;
  // Inside its own handlers the runtime counts sent bytes as buffered only after the handler returns.
  // `ownFrameBytes` counts them at once.
  const fullBytes = lag.ownFrameBytes + CATCH_UP_BYTES;
  const isFull = (): boolean =>
    socket.bufferedBytes >= CATCH_UP_BYTES || lag.ownFrameBytes >= fullBytes;
  let count = 0;
  for (const [channel, cursor] of lag.behind) {
    if (cursor.hasGap) {
      closeAsTooSlow(hub, socket);
      return false;
    }
    const cohort = socket.subscriptions.get(channel.name)?.cohort;
    if (cohort === undefined) continue;
    if (count++ >= CHANNELS_AT_ONCE || isFull() || !sendMissed(socket, cohort, cursor, isFull))
      return socket.bufferedBytes < CATCH_UP_BYTES;
    clearBehind(hub, lag, cohort);
    sync(hub, cohort, socket);
  }
  lag.isBehind = false;
  if (socket.bufferedBytes === 0) hub.lags.delete(socket);
  return false;
}

/**
 * Sends what the socket has missed on the cohort's channel. Returns false if the buffer was full before everything
 * was sent.
 */
function sendMissed(
  socket: Socket,
  cohort: Cohort,
  cursor: Cursor,
  isFull: () => boolean,
): boolean {
  for (const frame of cursor.frames(socket, cohort)) {
    socket.send(frame);
    if (isFull()) return false;
  }
  return true;
}

/**
 * Records that frames sent to this socket alone, such as replies and missed messages, may be in its buffer. They are
 * no reason to take the socket off its topics.
 */
export function noteOwnFrames(hub: AppHub, socket: Socket, bytes: number): void {
  lagOf(hub, socket).ownFrameBytes += bytes;
}

/** Closes a socket that reads too slowly. */
export function closeAsTooSlow(hub: AppHub, socket: Socket): void {
  const lag = lagOf(hub, socket);
  if (lag.isClosing) return;
  lag.isClosing = true;
  // From here on nothing is queued behind the close frame.
  beginLag(hub, socket);
  hub.counters.slowConsumers++;
  socket.close(CLOSE.readsTooSlowly());
}

/**
 * Puts a socket on the topic of the cohort that it has subscribed to. A lagging socket is put on it when it has
 * caught up.
 */
export function joinCohort(hub: AppHub, socket: Socket, cohort: Cohort): void {
  noteToldXdelta3(hub, cohort, socket);
  const lag = hub.lags.get(socket);
  if (lag === undefined || hasRoom(socket, lag)) sync(hub, cohort, socket);
  else markBehind(hub, lag, cohort);
}

/**
 * Whether the socket is up to date on all of its channels and little is buffered for it. Counts its own frames too,
 * because the runtime may not count the latest ones as buffered yet.
 */
function hasRoom({ bufferedBytes }: Socket, { isBehind, behind, ownFrameBytes }: Lag): boolean {
  const isInStep = !isBehind && behind.size === 0;
  return isInStep && bufferedBytes < CATCH_UP_BYTES && ownFrameBytes < CATCH_UP_BYTES;
}

/** Takes a socket off a cohort that it unsubscribes from. */
export function leaveCohort(hub: AppHub, socket: Socket, cohort: Cohort): void {
  discardMissed(hub, hub.lags.get(socket), cohort);
  leaveTopics(cohort, socket);
  cohort.delta?.forget(socket);
}

/**
 * Moves a socket to another cohort of the same channel. It is put on the new cohort's topic when it next catches up,
 * and it still gets what it had missed before.
 */
export function moveToCohort(hub: AppHub, socket: Socket, from: Cohort, to: Cohort): void {
  noteToldXdelta3(hub, to, socket);
  const lag = lagOf(hub, socket);
  if (lag.behind.has(from.channel)) {
    from.laggingCount--;
    to.laggingCount++;
    to.channel.backlog?.cohorts.add(to);
  } else {
    leaveTopics(from, socket);
    markBehind(hub, lag, to);
  }
  from.delta?.forget(socket);
}

/** Discards what the socket has missed on a channel that it leaves. */
export function discardMissed(hub: AppHub, lag: Lag | undefined, cohort: Cohort): void {
  if (lag?.behind.has(cohort.channel)) clearBehind(hub, lag, cohort);
}

function lagOf(hub: AppHub, socket: Socket): Lag {
  return hub.lags.getOrInsertComputed(
    socket,
    () => new Lag(new Progress(socket.bufferedBytes, hub.nowMs())),
  );
}

function markBehind(hub: AppHub, lag: Lag, cohort: Cohort): void {
  const { channel } = cohort;
  cohort.laggingCount++;
  const backlog = retainBacklog(hub, channel);
  backlog.cohorts.add(cohort);
  lag.behind.set(channel, new Cursor(backlog));
}

function clearBehind(hub: AppHub, lag: Lag, cohort: Cohort): void {
  lag.behind.delete(cohort.channel);
  cohort.laggingCount--;
  releaseBacklog(hub, cohort.channel);
}
