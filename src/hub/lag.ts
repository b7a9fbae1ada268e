// Sockets that do not read fast enough. A lagging socket leaves its topics, so that nothing more is
// queued for it; when it has read what there is, it is sent what it missed, channel by channel, of each
// conflation key only the newest, and joins again. Nobody else notices.
import { CLOSE } from "../protocol/faults.ts";
import type { Cursor } from "./backlog.ts";
import type { Channel, Subscription } from "./channel.ts";
import type { Cohort } from "./cohort.ts";
import { bringInStep, leaveTopics } from "./delta-cohort.ts";
import { noteMember } from "./delta-names.ts";
import type { AppHub } from "./hub.ts";
import type { Socket } from "./ports.ts";
import { Progress } from "./progress.ts";
import { keepFor, keepNoMore } from "./waiting.ts";

/** What is known of a socket that lags, that catches up, or that large answers wait for. */
export class Lag {
  /** The channels whose topic it has left, and where it stands in what it misses of each. */
  readonly behind: Map<Channel, Cursor> = new Map();
  readonly progress: Progress;
  /** Of what waits, about so much are answers to itself and what it missed: that is no reason to take it off its topics. */
  excusedBytes = 0;
  /** Whether it has fallen behind, and not only large answers wait for it. */
  isBehind = false;
  /** It is being closed, and nothing is kept for it any more. */
  givenUp = false;

  constructor(progress: Progress) {
    this.progress = progress;
  }

  /** Whether something that it misses had to be thrown away. */
  get isLost(): boolean {
    for (const cursor of this.behind.values()) if (cursor.isLost) return true;
    return false;
  }

  /** What is kept for it, about: all that it still has to go through, and its buffer. */
  get bytes(): number {
    let bytes = this.progress.bufferedBytes;
    for (const { backlog } of this.behind.keys()) bytes += backlog?.bytes ?? 0;
    return bytes;
  }
}

/** Takes the socket off its topics. Nothing happens when it lags already. */
export function beginLag(hub: AppHub, socket: Socket): void {
  const lag = lagOf(hub, socket);
  for (const { cohort } of socket.subscriptions.values()) {
    if (lag.behind.has(cohort.channel)) continue;
    leaveTopics(cohort, socket);
    miss(hub, lag, cohort);
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
  if (lag === undefined || lag.givenUp) return false;
  // In a handler of the runtime what is sent counts as buffered only after it.
  const fullBytes = lag.excusedBytes + CATCH_UP_BYTES;
  const isFull = (): boolean =>
    socket.bufferedBytes >= CATCH_UP_BYTES || lag.excusedBytes >= fullBytes;
  let count = 0;
  for (const [channel, cursor] of lag.behind) {
    if (cursor.isLost) {
      giveUp(hub, socket);
      return false;
    }
    const cohort = socket.subscriptions.get(channel.name)?.cohort;
    if (cohort === undefined) continue;
    if (count++ >= CHANNELS_AT_ONCE || isFull() || !sendMissed(socket, cohort, cursor, isFull))
      return socket.bufferedBytes < CATCH_UP_BYTES;
    comeBack(lag, cohort);
    bringInStep(hub, cohort, socket);
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
  let frame = cursor.next(socket, cohort);
  for (; frame !== null; frame = cursor.next(socket, cohort)) {
    socket.send(frame);
    if (isFull()) return false;
  }
  return true;
}

/** Notes that an answer, or something that it missed, may wait for the socket. */
export function excuse(hub: AppHub, socket: Socket, bytes: number): void {
  lagOf(hub, socket).excusedBytes += bytes;
}

/** Closes a socket that reads too slowly. It is off its topics, and nothing is kept for it. */
export function giveUp(hub: AppHub, socket: Socket): void {
  const lag = lagOf(hub, socket);
  if (lag.givenUp) return;
  beginLag(hub, socket);
  lag.givenUp = true;
  for (const channel of lag.behind.keys()) keepNoMore(channel);
  hub.counters.slowConsumers++;
  socket.close(CLOSE.slow());
}

/** Joins a socket to its new subscription's cohort; later, where it has much to read before. */
export function attach(hub: AppHub, socket: Socket, { cohort }: Subscription): void {
  noteMember(hub, cohort, socket);
  const lag = hub.lags.get(socket);
  if (lag === undefined || hasRoom(socket, lag)) bringInStep(hub, cohort, socket);
  else miss(hub, lag, cohort);
}

/** Whether the socket is in step with all of its channels and little waits for it. What was just sent may not count as buffered yet. */
function hasRoom({ bufferedBytes }: Socket, { isBehind, behind, excusedBytes }: Lag): boolean {
  const isInStep = !isBehind && behind.size === 0;
  return isInStep && bufferedBytes < CATCH_UP_BYTES && excusedBytes < CATCH_UP_BYTES;
}

/** Takes a socket off a cohort that it leaves. */
export function detach(hub: AppHub, socket: Socket, { cohort }: Subscription): void {
  forget(hub.lags.get(socket), cohort);
  leaveTopics(cohort, socket);
  cohort.delta?.forget(socket);
}

/** Moves a subscription's socket to another cohort of its channel, which it joins when it next catches up. What it misses stays what it was. */
export function reattach(hub: AppHub, socket: Socket, from: Cohort, to: Cohort): void {
  noteMember(hub, to, socket);
  const lag = lagOf(hub, socket);
  if (lag.behind.has(from.channel)) {
    from.slowCount--;
    to.slowCount++;
  } else {
    leaveTopics(from, socket);
    miss(hub, lag, to);
  }
  from.delta?.forget(socket);
}

/** Forgets what a socket that leaves the cohort misses there. */
export function forget(lag: Lag | undefined, cohort: Cohort): void {
  if (lag?.behind.has(cohort.channel)) comeBack(lag, cohort);
}

function lagOf(hub: AppHub, socket: Socket): Lag {
  return hub.lags.getOrInsertComputed(
    socket,
    () => new Lag(new Progress(socket.bufferedBytes, hub.nowMs())),
  );
}

function miss(hub: AppHub, lag: Lag, cohort: Cohort): void {
  const { channel } = cohort;
  cohort.slowCount++;
  const backlog = keepFor(hub, channel);
  lag.behind.set(channel, backlog.from(backlog.order));
  if (lag.givenUp) keepNoMore(channel);
}

function comeBack(lag: Lag, cohort: Cohort): void {
  lag.behind.delete(cohort.channel);
  cohort.slowCount--;
  if (!lag.givenUp) keepNoMore(cohort.channel);
}
