// What is done with a lagging socket. It leaves its topics, so that nothing more is queued for it. When
// it has read what was queued, it is sent what it missed, one channel after the other, of each conflation
// key only the newest message, and joins the topics again. Other sockets are not affected.
import { CLOSE } from "../../protocol/faults.ts";
import type { AppHub } from "../app-hub.ts";
import type { Cohort } from "../channel.ts";
import { noteToldXdelta3 } from "../delta/algorithm-names.ts";
import { leaveTopics, sync } from "../delta/sync.ts";
import type { Socket } from "../socket.ts";
import { Cursor } from "./backlog.ts";
import { retainBacklog, releaseBacklog } from "./backlogs.ts";
import { Lag } from "./lag.ts";
import { Progress } from "./progress.ts";

/** Takes the socket off its topics. Nothing happens when it lags already. */
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

/** What may wait for a socket that catches up before it has to read on: little enough for its buffer. */
const CATCH_UP_BYTES = 16_384;
/** Channels that one call brings in step: others wait for its end. */
const CHANNELS_AT_ONCE = 100;

/**
 * Brings the socket up to date, one channel after the other, as far as its buffer has room; gives it up when what
 * it missed is gone. True when there is more to be done and room for it: then it is to be called again soon.
 */
export function catchUp(hub: AppHub, socket: Socket): boolean {
  const lag = hub.lags.get(socket);
  if (lag === undefined || lag.isClosing) return false;
  // In a handler of the runtime what is sent counts as buffered only after it.
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

/** Sends what the socket misses of the cohort. False when it is full before it has all. */
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

/** Notes that an answer, or something that it missed, may wait for the socket. */
export function noteOwnFrames(hub: AppHub, socket: Socket, bytes: number): void {
  lagOf(hub, socket).ownFrameBytes += bytes;
}

/** Closes a socket that reads too slowly. */
export function closeAsTooSlow(hub: AppHub, socket: Socket): void {
  const lag = lagOf(hub, socket);
  if (lag.isClosing) return;
  lag.isClosing = true;
  // Nothing more is queued for it while it is told.
  beginLag(hub, socket);
  hub.counters.slowConsumers++;
  socket.close(CLOSE.slow());
}

/** Joins a socket to the cohort of a new subscription. A socket that lags joins when it has caught up. */
export function joinCohort(hub: AppHub, socket: Socket, cohort: Cohort): void {
  noteToldXdelta3(hub, cohort, socket);
  const lag = hub.lags.get(socket);
  if (lag === undefined || hasRoom(socket, lag)) sync(hub, cohort, socket);
  else markBehind(hub, lag, cohort);
}

/** Whether the socket is in step with all of its channels and little waits for it. What was just sent may not count as buffered yet. */
function hasRoom({ bufferedBytes }: Socket, { isBehind, behind, ownFrameBytes }: Lag): boolean {
  const isInStep = !isBehind && behind.size === 0;
  return isInStep && bufferedBytes < CATCH_UP_BYTES && ownFrameBytes < CATCH_UP_BYTES;
}

/** Takes a socket off a cohort that it leaves. */
export function leaveCohort(hub: AppHub, socket: Socket, cohort: Cohort): void {
  discardMissed(hub, hub.lags.get(socket), cohort);
  leaveTopics(cohort, socket);
  cohort.delta?.forget(socket);
}

/** Moves a subscription's socket to another cohort of its channel, which it joins when it next catches up. What it misses stays what it was. */
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

/** Forgets what a socket that leaves the cohort misses there. */
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
