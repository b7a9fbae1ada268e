// How listeners go. Applications keep their connections between two requests, and may have just sent one when it ends:
// then they cannot know whether it was done. So a listener first takes no new connections, then answers the next request
// of each that it has as the last, and is stopped when nobody can be left who would ask.
import type { Listeners } from "./kernel.ts";
import { HTTP_IDLE_SECONDS, type Servers } from "./server.ts";

/** After so long a listener that takes no new connections has none between two requests. The runtime looks every four seconds. */
const IDLE_OVER_MS = (HTTP_IDLE_SECONDS + 5) * 1000;

/** At a stop, connections between two requests are waited for no longer: it is seldom that they ask just then. */
const LAST_REQUEST_MS = 2000;
const LOOK_MS = 50;

/** Ends the listening of those that others take over from: of this process, which still has another, or of this port. */
export async function retireFormer(
  servers: Servers,
  listeners: Listeners,
  former: readonly number[],
): Promise<void> {
  await listeners.deafen(former);
  const stop = servers.retire("current");
  if (listeners.close(former)) setTimeout(stop, IDLE_OVER_MS);
  else stop();
}

/** Ends all listening. Returns what waits for the last requests, until the deadline. */
export function retireAll(
  servers: Servers,
  listeners: Listeners,
): (deadlineMs: number) => Promise<void> {
  const silentMs = performance.now() + LAST_REQUEST_MS;
  const stop = servers.retire("none");
  if (!listeners.close(listeners.descriptors())) {
    stop();
    return async () => {};
  }
  const isSomebodyLeft = (nowMs: number): boolean =>
    servers.requestCount > 0 ||
    (nowMs < silentMs && listeners.connectionCount > servers.connectionCount);
  return async (deadlineMs) => {
    for (;;) {
      const nowMs = performance.now();
      if (nowMs >= deadlineMs || !isSomebodyLeft(nowMs)) return;
      await Bun.sleep(LOOK_MS);
    }
  };
}
