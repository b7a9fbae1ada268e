import { describe, expect, test } from "bun:test";
import { connectFrames } from "../harness/frame-client.ts";
import { connectPusher, listen } from "../harness/pusher-client.ts";
import { connectRaw, type RawClient } from "../harness/raw-client.ts";
import { testScope } from "../harness/scope.ts";
import { serverLibrary } from "../harness/server-library.ts";
import { type Server, startServer } from "../harness/server.ts";
import { SlowClient } from "../harness/slow-client.ts";
import { httpUrl, socketUrl } from "../harness/target.ts";

const scope = testScope();
const SHUTTING_DOWN = { code: 4200, reason: "Server is shutting down, please reconnect" };

describe("a server that is told to end", () => {
  test("closes its clients with 4200 and exits with 0", async () => {
    const server = await startServer(scope);
    const clients = await connectMany(server, 10);
    server.program.terminate();
    for (const client of clients) expect(await client.closed()).toEqual(SHUTTING_DOWN);
    expect(await server.program.outcome()).toMatchObject({ code: 0 });
  });

  test("tells protocol 5 by an event as well", async () => {
    const server = await startServer(scope);
    const { client } = await connectRaw(scope, socketUrl(server, "protocol=5&client=java-client"));
    server.program.terminate();
    expect((await client.closed()).code).toBe(4200);
    expect(client.frames.take()).toMatchObject([{ event: "pusher:error", data: { code: 4200 } }]);
  });

  test("does not wait for a client that answers nothing longer than it is allowed to", async () => {
    const server = await startServer(scope, { config: { shutdown_grace_period: 1 } });
    await connectFrames(scope, server);
    server.program.terminate();
    expect((await server.program.outcome()).code).toBe(0);
  });

  test("sends 600 clients elsewhere a few at a time, within the grace, and exits with 0", async () => {
    const server = await startServer(scope, { config: { shutdown_grace_period: 3 } });
    const clients = await connectMany(server, 600);
    const toldMs = performance.now();
    server.program.terminate();
    const closedMs = await Promise.all(
      clients.map(async (client) => {
        expect(await client.closed()).toEqual(SHUTTING_DOWN);
        return performance.now() - toldMs;
      }),
    );
    expect((await server.program.outcome()).code).toBe(0);
    expect(performance.now() - toldMs).toBeLessThan(4500);
    expect(mostWithin(closedMs, 100)).toBeLessThan(450);
    expect(Math.max(...closedMs) - Math.min(...closedMs)).toBeGreaterThan(200);
  });

  test("sends a client that reads late what waits for it and its close, within the grace", async () => {
    const server = await startServer(scope, {
      // More than the kernel holds for a connection, so that the rest waits in the server.
      app: {
        max_event_payload_in_kb: 2000,
        // A lagging client is sent the newest message of each key, and is not closed.
        channel_delta_compression: { news: { enabled: true, conflation_key: "key" } },
      },
      config: { shutdown_grace_period: 10, websocket: { max_backpressure: 100_000_000 } },
    });
    const late = new SlowClient(scope, server, { buffers: "usual" });
    await late.subscribe("news");
    const before = late.texts.length;
    const library = serverLibrary(server);
    const data = { key: "a", text: "x".repeat(1e5) };
    for (let count = 0; count < 200; count++) await library.trigger("news", "e", data);
    server.program.terminate();
    await server.program.says(/stopping/);
    await late.readUntil(() => late.isOver, "the end of the connection");
    expect(late.closing).toEqual(SHUTTING_DOWN);
    // How many events are kept for a lagging client is tested elsewhere.
    expect(late.texts.length - before).toBeWithin(1, 201);
    expect((await server.program.outcome()).code).toBe(0);
  });

  test("does not wait longer than the grace for a client that does not read", async () => {
    const server = await startServer(scope, { config: { shutdown_grace_period: 1 } });
    const { client: mute } = await connectFrames(scope, server);
    const toldMs = performance.now();
    server.program.terminate();
    expect(await mute.closed()).toEqual(SHUTTING_DOWN);
    expect((await server.program.outcome()).code).toBe(0);
    expect(performance.now() - toldMs).toBeLessThan(3500);
  });

  test("ends at once when it is told a second time, with code 1", async () => {
    const server = await startServer(scope, { config: { shutdown_grace_period: 600 } });
    await connectMany(server, 600);
    server.program.terminate();
    await server.program.says(/stopping/);
    server.program.terminate();
    expect((await server.program.outcome()).code).toBe(1);
  });

  test("ends at once when nobody is there", async () => {
    const server = await startServer(scope, { config: { shutdown_grace_period: 600 } });
    server.program.terminate();
    expect((await server.program.outcome()).code).toBe(0);
  });

  test("lets pusher-js try again at once, and takes nobody any more", async () => {
    const server = await startServer(scope);
    await connectMany(server, 600);
    const pusher = await connectPusher(scope, server);
    const states = listen(pusher.connection, "state_change");
    server.program.terminate();
    await server.program.says(/stopping/);
    expect(await fetch(httpUrl(server, "/up")).then(String, () => "refused")).toBe("refused");
    expect((await states.next()).data).toEqual({ previous: "connected", current: "connecting" });
  });
});

/** Clients that have their socket ids. */
function connectMany(server: Server, count: number): Promise<readonly RawClient[]> {
  return Promise.all(
    Array.from({ length: count }, async () => (await connectRaw(scope, server)).client),
  );
}

/** The most of these moments that lie within so many milliseconds. */
function mostWithin(momentsMs: readonly number[], windowMs: number): number {
  const sorted = momentsMs.toSorted((a, b) => a - b);
  return Math.max(
    ...sorted.map((fromMs) => sorted.filter((ms) => ms >= fromMs && ms < fromMs + windowMs).length),
  );
}
