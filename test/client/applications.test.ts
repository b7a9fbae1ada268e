// Unchanged applications, with pusher-js and Laravel Echo from their packages, over real WebSockets: they see
// the same events as without deltas.
import { beforeEach, describe, expect, test } from "bun:test";
import Echo from "laravel-echo";
import Pusher, { type Options } from "pusher-js";
import WorkerPusher from "pusher-js/worker";
import { install, stats, withDelta } from "../../src/client/install.ts";
import { until } from "../harness/deadline.ts";
import { connectPusher, directTo, listen, subscribe } from "../harness/pusher-client.ts";
import { testScope } from "../harness/scope.ts";
import type { Target } from "../harness/target.ts";
import { ScriptedServer } from "./scripted-server.ts";

const scope = testScope();
const KEY = "key";
const quote = (last: number): object => ({ symbol: "ACME", exchange: "XNAS", last, "🦊": "ü" });

let server: ScriptedServer;

beforeEach(() => {
  server = new ScriptedServer(scope, true);
});

/** Makes the Node build of pusher-js use this constructor: it does not look at the global one. */
function useWebSocket(Constructor: typeof WebSocket): void {
  const { Runtime } = Pusher;
  const { ...original } = Runtime;
  scope.add(() => Object.assign(Runtime, original));
  Object.assign(Runtime, { getWebSocketAPI: () => Constructor });
}

/** Wraps the global constructor, as importing the module does. */
function installHere(): void {
  const native = globalThis.WebSocket;
  scope.add(() => (globalThis.WebSocket = native));
  install();
}

function target(): Target {
  return { host: "127.0.0.1", port: server.port, key: KEY, id: "app", secret: "unused" };
}

/** A client of the build that uses the global WebSocket. */
function workerClient(): WorkerPusher {
  const client = new WorkerPusher(KEY, directTo(target()));
  scope.add(() => client.disconnect());
  return client;
}

describe("pusher-js", () => {
  test.each(["compact", "json"] as const)(
    "sees events that came as deltas (%s)",
    async (format) => {
      useWebSocket(withDelta(WebSocket, { format }));
      const pusher = await connectPusher(scope, target());
      const channel = await subscribe(pusher, "ticker");
      const global = listen(channel, "price");
      const names: string[] = [];
      pusher.bind_global((event: string) => names.push(event));
      for (let last = 1; last <= 50; last++) server.publish("ticker", "price", quote(last));
      for (let last = 1; last <= 50; last++)
        expect((await global.next()).data).toEqual(quote(last));
      expect(new Set(names)).toEqual(new Set(["price"]));
      expect(server.binaryCount).toBe(format === "compact" ? 49 : 0);
    },
  );

  test("does not notice the shim in its worker build, which uses the global WebSocket", async () => {
    installHere();
    const seen: unknown[] = [];
    workerClient()
      .subscribe("ticker")
      .bind("price", (data: unknown) => seen.push(data));
    await until(() => server.asked.length > 0, "a subscription");
    const before = stats().deltas;
    for (let last = 1; last <= 10; last++) server.publish("ticker", "price", quote(last));
    await until(() => seen.length === 10, "ten events");
    expect(seen).toEqual(Array.from({ length: 10 }, (_, index) => quote(index + 1)));
    expect(stats().deltas - before).toBe(9);
  });

  test("loses the event that cannot be decoded and no other, and asks once", async () => {
    useWebSocket(withDelta(WebSocket));
    const pusher = await connectPusher(scope, target());
    const errors: unknown[] = [];
    pusher.connection.bind("error", (error: unknown) => errors.push(error));
    const prices = listen(await subscribe(pusher, "ticker"), "price");
    server.publish("ticker", "price", 1);
    server.publish("ticker", "price", 2);
    server.publishToMissingBase("ticker");
    server.publishToMissingBase("ticker");
    const isError = (frame: string): boolean => frame.includes("delta_sync_error");
    await until(() => server.received.some(isError), "the client to ask");
    for (let last = 3; last <= 6; last++) server.publish("ticker", "price", last);
    for (let last = 1; last <= 6; last++) expect((await prices.next()).data).toBe(last);
    expect(server.received.filter(isError)).toHaveLength(1);
    expect(errors).toEqual([]);
  });

  test("is disturbed by nothing on a server that knows no deltas", async () => {
    server = new ScriptedServer(scope, false);
    useWebSocket(withDelta(WebSocket));
    const pusher = await connectPusher(scope, target());
    const prices = listen(await subscribe(pusher, "ticker"), "price");
    for (let last = 1; last <= 5; last++) server.publish("ticker", "price", quote(last));
    for (let last = 1; last <= 5; last++) expect((await prices.next()).data).toEqual(quote(last));
    expect(server.received.some((frame) => frame.includes("delta_sync_error"))).toBe(false);
  });

  test("gets deltas again after it has left and entered a channel, and after a new connection", async () => {
    useWebSocket(withDelta(WebSocket));
    const pusher = await connectPusher(scope, target());
    for (let round = 1; round <= 3; round++) {
      const prices = listen(await subscribe(pusher, "ticker"), "price");
      const count = server.binaryCount;
      for (let last = 1; last <= 4; last++) server.publish("ticker", "price", quote(last * round));
      for (let last = 1; last <= 4; last++)
        expect((await prices.next()).data).toEqual(quote(last * round));
      expect(server.binaryCount - count).toBe(3);
      pusher.unsubscribe("ticker");
      if (round === 2) pusher.disconnect();
      if (round === 2) pusher.connect();
      await until(() => pusher.connection.state === "connected", "the connection");
    }
  });

  test("keeps conflation keys apart, and asks for no deltas of encrypted channels", async () => {
    useWebSocket(withDelta(WebSocket));
    const options: Partial<Options> = {
      channelAuthorization: {
        transport: "ajax",
        endpoint: "",
        customHandler: (_, done) =>
          done(null, { auth: "key:signature", shared_secret: btoa("k".repeat(32)) }),
      },
    };
    const pusher = await connectPusher(scope, target(), options);
    const prices = listen(await subscribe(pusher, "ticker"), "price");
    const expected = [];
    for (let last = 1; last <= 20; last++) {
      const data = { symbol: `S${last % 4}`, last, exchange: "XNAS" };
      expected.push(data);
      server.publish("ticker", "price", data, data.symbol);
    }
    for (const data of expected) expect((await prices.next()).data).toEqual(data);
    expect(server.binaryCount).toBe(16);
    pusher.subscribe("private-encrypted-a");
    await until(() => server.asked.length === 2, "two subscriptions");
    expect(server.asked).toEqual([
      ["ticker", { algorithm: "fossil", format: "compact" }],
      ["private-encrypted-a", undefined],
    ]);
  });
});

describe("Laravel Echo", () => {
  test.each([
    {
      broadcaster: "pusher",
      make: (client: WorkerPusher) => new Echo({ broadcaster: "pusher", key: KEY, client }),
    },
    {
      broadcaster: "reverb",
      make: (client: WorkerPusher) => new Echo({ broadcaster: "reverb", key: KEY, client }),
    },
  ])("sees events that came as deltas ($broadcaster)", async ({ make }) => {
    installHere();
    const seen: unknown[] = [];
    const echo = make(workerClient());
    echo.channel("ticker").listen(".price", (data: unknown) => seen.push(data));
    await until(() => server.asked.length > 0, "a subscription");
    for (let last = 1; last <= 10; last++) server.publish("ticker", "price", quote(last));
    await until(() => seen.length === 10, "ten events");
    expect(seen).toEqual(Array.from({ length: 10 }, (_, index) => quote(index + 1)));
    expect(server.binaryCount).toBe(9);
  });
});
