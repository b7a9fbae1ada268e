// Sockets that do not read fast enough. A lagging socket leaves its topics, so that nothing more is
// queued for it; when it has read what there is, it is sent what it missed, of each conflation key
// only the newest, and joins again. Nobody else notices.
import { CLOSE } from "../protocol/faults.ts";
import type { Channel, Subscription } from "./channel.ts";
import { Backlog } from "./backlog.ts";
import type { Cohort } from "./cohort.ts";
import { bringInStep, leaveTopics } from "./delta-cohort.ts";
import { noteMember } from "./delta-names.ts";
import type { AppHub } from "./hub.ts";
import type { Socket } from "./ports.ts";

/** From which entry on a lagging socket misses what, by channel. */
export type Lag = Map<Channel, number>;

/** Takes the socket off its topics. Nothing happens when it lags already. */
export function beginLag(hub: AppHub, socket: Socket): void {
  if (hub.lags.has(socket)) return;
  const lag: Lag = new Map();
  hub.lags.set(socket, lag);
  hub.counters.lags++;
  for (const { cohort } of socket.subscriptions.values()) {
    leaveTopics(cohort, socket);
    miss(lag, cohort);
  }
}

/** What is sent to a socket that catches up before it has to read on: little enough for its buffer. */
const CATCH_UP_BYTES = 16_384;

/**
 * Brings the socket up to date and lets it join again; closes it when what it missed is gone. Where that is
 * much it gets a part of it and goes on lagging: to be called again when it has read that.
 */
export function endLag(hub: AppHub, socket: Socket): void {
  const lag = hub.lags.get(socket);
  if (lag === undefined) return;
  for (const { cohort } of socket.subscriptions.values()) {
    const { backlog } = cohort.channel;
    const since = lag.get(cohort.channel);
    if (backlog === null || since === undefined) continue;
    const missed = backlog.missedBy(socket, cohort, since);
    if (missed === null) {
      // It goes on lagging, so that nothing more is queued for it while it is told.
      hub.counters.slowConsumers++;
      return socket.close(CLOSE.slow());
    }
    for (const { order, frame } of missed) {
      if (socket.bufferedBytes >= CATCH_UP_BYTES) {
        lag.set(cohort.channel, order);
        return;
      }
      socket.send(frame);
    }
    lag.set(cohort.channel, backlog.order);
  }
  forgetLag(hub, socket);
  for (const { cohort } of socket.subscriptions.values()) bringInStep(hub, cohort, socket);
}

/** Whether a lagging socket misses what had to be thrown away: it cannot be brought up to date any more. */
export function isLost(hub: AppHub, socket: Socket): boolean {
  const lag = hub.lags.get(socket);
  if (lag === undefined) return false;
  for (const [{ backlog }, since] of lag) if (backlog?.hasLost(since)) return true;
  return false;
}

/** Joins a socket to its new subscription's cohort, or notes from where on it misses. */
export function attach(hub: AppHub, socket: Socket, { cohort }: Subscription): void {
  noteMember(hub, cohort, socket);
  const lag = hub.lags.get(socket);
  if (lag === undefined) bringInStep(hub, cohort, socket);
  else miss(lag, cohort);
}

/** Takes a socket off a cohort that it leaves. */
export function detach(hub: AppHub, socket: Socket, { cohort }: Subscription): void {
  const lag = hub.lags.get(socket);
  if (lag !== undefined) unmiss(lag, cohort);
  leaveTopics(cohort, socket);
  cohort.delta?.forget(socket);
}

/** Moves a subscription's socket to another cohort of its channel. What a lagging socket misses stays what it was. */
export function reattach(hub: AppHub, socket: Socket, from: Cohort, to: Cohort): void {
  noteMember(hub, to, socket);
  if (hub.lags.has(socket)) {
    from.slowCount--;
    to.slowCount++;
  } else {
    leaveTopics(from, socket);
    bringInStep(hub, to, socket);
  }
  from.delta?.forget(socket);
}

/** Forgets that the socket lags. */
export function forgetLag(hub: AppHub, socket: Socket): void {
  const lag = hub.lags.get(socket);
  if (lag === undefined) return;
  hub.lags.delete(socket);
  for (const { cohort } of socket.subscriptions.values()) unmiss(lag, cohort);
}

function miss(lag: Lag, cohort: Cohort): void {
  const { channel } = cohort;
  channel.backlog ??= new Backlog();
  channel.backlog.socketCount++;
  cohort.slowCount++;
  lag.set(channel, channel.backlog.order);
}

function unmiss(lag: Lag, cohort: Cohort): void {
  const { channel } = cohort;
  if (!lag.delete(channel) || channel.backlog === null) return;
  cohort.slowCount--;
  channel.backlog.socketCount--;
  if (channel.backlog.socketCount === 0) channel.backlog = null;
}
