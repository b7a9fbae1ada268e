// How listeners end. Applications keep connections open between two requests and may have sent the next one just when
// their connection ends; then they cannot know whether it was carried out. So a listener first accepts no new
// connections, then answers the next request of each open one as its last, and is stopped when no request can come
// any more.
import { HTTP_IDLE_SECONDS } from "./listener.ts";
import type { Servers } from "./servers.ts";

/** What the operating system does for the listening sockets of this process, which are named by their descriptors. */
export interface SystemListeners {
  /** The sockets that listen now. */
  descriptors(): readonly number[];
  /** Open connections of the port, WebSockets included. */
  readonly connectionCount: number;
  /** Lets no new connection in; resolves when those under way have arrived. */
  refuseNewConnects(descriptors: readonly number[]): Promise<void>;
  /** Ends their listening but none of their connections. False when the system does not do it. */
  close(descriptors: readonly number[]): boolean;
}

/** After this time a listener that accepts no connections has none left between two requests. The runtime checks every four seconds. */
const IDLE_OVER_MS = (HTTP_IDLE_SECONDS + 5) * 1000;

/** How long a stop waits for connections that are between two requests: a request at that moment is rare. */
const LAST_REQUEST_MS = 2000;
const CHECK_MS = 50;

/** Ends the former listeners, whose port another listener has by now: one of this process or of another. */
export async function retireFormer(
  servers: Servers,
  system: SystemListeners,
  former: readonly number[],
): Promise<void> {
  await system.refuseNewConnects(former);
  const stop = servers.retire("current");
  if (system.close(former)) setTimeout(stop, IDLE_OVER_MS);
  else stop();
}

/** Ends all listening. The returned function waits for the last requests, until the deadline. */
export function retireAll(
  servers: Servers,
  system: SystemListeners,
): (deadlineMs: number) => Promise<void> {
  const silentMs = performance.now() + LAST_REQUEST_MS;
  const stop = servers.retire("none");
  if (!system.close(system.descriptors())) {
    stop();
    return async () => {};
  }
  const hasRequests = (nowMs: number): boolean =>
    servers.requestCount > 0 ||
    (nowMs < silentMs && system.connectionCount > servers.connectionCount);
  return async (deadlineMs) => {
    for (;;) {
      const nowMs = performance.now();
      if (nowMs >= deadlineMs || !hasRequests(nowMs)) return;
      await Bun.sleep(CHECK_MS);
    }
  };
}
