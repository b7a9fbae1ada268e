// Unsigned requests at a given rate over many connections; a connection that the server ends is replaced.
import type { Scope } from "../harness/scope.ts";
import { type Place, TcpConnection } from "../harness/tcp-connection.ts";

/** The shape of a flood. */
export interface Flood {
  readonly connectionCount: number;
  readonly bytesPerSecond: number;
  /** Size of one write: at least one request, or several that are pipelined. */
  readonly chunkBytes: number;
  /** Whether a second's bytes are all written at its start. */
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

/** A connection that discards its answers. */
class Flooding {
  readonly tcp = new TcpConnection({ data: () => {} });

  constructor(scope: Scope, place: Place) {
    // The server may end it before it is established.
    void this.tcp.connect(scope, place).catch(() => {});
  }
}
