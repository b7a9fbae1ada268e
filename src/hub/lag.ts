// Sockets that do not read fast enough. A lagging socket leaves its topics, so that nothing more is
// queued for it; when it has read what there is, it is sent what it missed, of each conflation key
// only the newest, and joins again. Nobody else notices.
import { CLOSE } from "../protocol/faults.ts";
import type { Channel, Subscription } from "./channel.ts";
import { Backlog } from "./backlog.ts";
import { bringInStep, leaveTopics } from "./delta-cohort.ts";
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
    miss(lag, cohort.channel);
  }
}

/** Brings the socket up to date and lets it join again; closes it when what it missed is gone. */
export function endLag(hub: AppHub, socket: Socket): void {
  const lag = hub.lags.get(socket);
  if (lag === undefined) return;
  for (const { cohort } of socket.subscriptions.values()) {
    const { channel } = cohort;
    const since = lag.get(channel) ?? 0;
    const missed = channel.backlog?.missedBy(socket, cohort, since) ?? [];
    if (missed === null) {
      forgetLag(hub, socket);
      return socket.close(CLOSE.slow());
    }
    for (const frame of missed) socket.send(frame);
  }
  forgetLag(hub, socket);
  for (const { cohort } of socket.subscriptions.values()) bringInStep(hub, cohort, socket);
}

/** Joins a socket to its new subscription's cohort, or notes from where on it misses. */
export function attach(hub: AppHub, socket: Socket, { cohort }: Subscription): void {
  const lag = hub.lags.get(socket);
  if (lag === undefined) bringInStep(hub, cohort, socket);
  else miss(lag, cohort.channel);
}

/** Takes a socket off a cohort that it leaves. */
export function detach(hub: AppHub, socket: Socket, { cohort }: Subscription): void {
  const lag = hub.lags.get(socket);
  if (lag !== undefined) unmiss(lag, cohort.channel);
  leaveTopics(cohort, socket);
}

/** Forgets that the socket lags. */
export function forgetLag(hub: AppHub, socket: Socket): void {
  const lag = hub.lags.get(socket);
  if (lag === undefined) return;
  hub.lags.delete(socket);
  for (const channel of lag.keys()) unmiss(lag, channel);
}

function miss(lag: Lag, channel: Channel): void {
  channel.backlog ??= new Backlog();
  channel.backlog.socketCount++;
  lag.set(channel, channel.backlog.order);
}

function unmiss(lag: Lag, channel: Channel): void {
  if (!lag.delete(channel) || channel.backlog === null) return;
  channel.backlog.socketCount--;
  if (channel.backlog.socketCount === 0) channel.backlog = null;
}
