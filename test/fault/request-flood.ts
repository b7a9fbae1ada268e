// Requests of strangers as fast as is asked for, over many connections; one that the server ends is made anew.
import type { Scope } from "../harness/scope.ts";
import { type Place, TcpConnection } from "../harness/tcp-connection.ts";

/** How a flood comes. */
export interface Flood {
  readonly connectionCount: number;
  readonly bytesPerSecond: number;
  /** What is written at once, at least one request: requests behind one another in one connection. */
  readonly chunkBytes: number;
  /** Whether a second's bytes come all at its begin. */
  readonly inBursts: boolean;
  readonly durationMs: number;
}

/** Floods the server. Returns how many requests were written. */
export async function floodRequests(
  scope: Scope,
  place: Place,
  request: string,
  { connectionCount, bytesPerSecond, chunkBytes, inBursts, durationMs }: Flood,
): Promise<number> {
  const count = Math.max(1, Math.floor(chunkBytes / request.length));
  const chunk = Buffer.from(request.repeat(count));
  const connect = (): Flooding => new Flooding(scope, place);
  const connections = Array.from({ length: connectionCount }, connect);
  const startMs = performance.now();
  let chunkCount = 0;
  for (;;) {
    const elapsedMs = performance.now() - startMs;
    if (elapsedMs >= durationMs) break;
    const dueMs = inBursts ? Math.ceil(elapsedMs / 1000) * 1000 : elapsedMs;
    for (; chunkCount * chunk.length < (dueMs * bytesPerSecond) / 1000; chunkCount++) {
      const index = chunkCount % connectionCount;
      if (connections[index]?.tcp.isEnded !== false) connections[index] = connect();
      connections[index]?.tcp.write(chunk);
    }
    await Bun.sleep(5);
  }
  for (const { tcp } of connections) tcp.terminate();
  return chunkCount * count;
}

/** A connection that reads its answers and heeds none. */
class Flooding {
  readonly tcp = new TcpConnection({ data: () => {} });

  constructor(scope: Scope, place: Place) {
    // The server may end it before it is there.
    void this.tcp.connect(scope, place).catch(() => {});
  }
}
