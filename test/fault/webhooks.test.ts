// Floods of events on invented channels, and of client events, do not delay the webhooks that matter to an
// application.
import { expect, test } from "bun:test";
import { until } from "../harness/deadline.ts";
import { connectFrames } from "../harness/frame-client.ts";
import { HookReceiver } from "../harness/hook-receiver.ts";
import { scrape } from "../harness/metrics.ts";
import { testScope } from "../harness/scope.ts";
import { serverLibrary } from "../harness/server-library.ts";
import { type Server, startServer } from "../harness/server.ts";
import { signSubscription } from "../harness/signing.ts";
import { APP } from "../harness/target.ts";
import { pour } from "./attack.ts";
import { MemoryWatch, residentBytes } from "./process.ts";
import { expectWell } from "./well.ts";

const MEGABYTE = 1_048_576;
const TOOK_MS = 20;
const FLOOD_MS = 8000;
/** The least number of events that a flood causes. */
const FLOOD_EVENTS = 10_000;
/** The delay before a webhook tells that a member has left, since most reconnect by then. */
const GRACE_MS = 3000;
const LATE_MS = 2000;
const GROWN_BYTES = 64 * MEGABYTE;
const ROOM = "presence-room";
const VISITS = 10;
const STAY_MS = 500;
const scope = testScope();

/** A member, and when it joined and left. */
interface Visit {
  readonly userId: string;
  readonly cameMs: number;
  readonly wentMs: number;
}

const LEFT = { keptNames: 0, bytesPerSecond: MEGABYTE };
describeFlood("batched, names that are left at once", { batching: true, ...LEFT });
describeFlood("each event by itself, names that are left at once", { batching: false, ...LEFT });
describeFlood("batched, names that are kept a while", {
  batching: true,
  keptNames: 500,
  bytesPerSecond: MEGABYTE / 2,
});

/** An event of a webhook, and when it came. */
interface Told {
  readonly name?: unknown;
  readonly user_id?: unknown;
  readonly atMs: number;
}

/** The application's endpoint, which answers slowly, and the events that it received. */
class Endpoint {
  readonly receiver = new HookReceiver(
    scope,
    serverLibrary({ host: "", port: 0, ...APP }),
    TOOK_MS,
  );
  requestCount = 0;
  readonly #told: Told[] = [];

  /** In the order of their arrival. */
  get told(): readonly Told[] {
    for (const { events, atMs } of this.receiver.hooks.take()) {
      this.requestCount++;
      for (const event of events) this.#told.push({ ...event, atMs });
    }
    return this.#told;
  }
}

interface Flood {
  readonly batching: boolean;
  /** How many names each client has subscribed before it leaves the oldest. */
  readonly keptNames: number;
  /** Of all clients together. */
  readonly bytesPerSecond: number;
}

function describeFlood(name: string, { batching, keptNames, bytesPerSecond }: Flood): void {
  test(`members are told of in time while invented channels come and go: ${name}`, async () => {
    const { victim, endpoint, clients } = await start(batching, 4);
    const grownBytes = await underWatch(victim, endpoint, async () => {
      const flood = pour(
        clients.map(({ client }) => client),
        inventedNames(clients.length, keptNames),
        { bytesPerSecond, durationMs: FLOOD_MS },
      );
      await Bun.sleep(1000);
      const visits = await visitRoom(victim);
      await flood;
      return visits;
    });
    const withdrawn = (await scrape(victim)).sum("fanwire_webhook_withdrawn_events_total");
    expect(withdrawn + endpoint.told.length).toBeGreaterThan(FLOOD_EVENTS);
    // Names that are kept are memory of the channels, not of webhooks.
    if (keptNames === 0) expect(grownBytes).toBeLessThan(GROWN_BYTES);
  }, 90_000);
}

test("members are told of in time while a hundred sockets send all the client events they may", async () => {
  const { victim, endpoint, clients } = await start(true, 100);
  clients.forEach(({ client, socketId }, n) =>
    client.subscribe(signSubscription(socketId, `private-${n}`, "{}")),
  );
  const data = "x".repeat(10_000);
  await underWatch(victim, endpoint, async () => {
    const timer = setInterval(() => {
      clients.forEach(({ client }, n) =>
        client.send(JSON.stringify({ event: "client-x", channel: `private-${n}`, data })),
      );
    }, 100);
    scope.add(() => clearInterval(timer));
    const visits = await visitRoom(victim);
    clearInterval(timer);
    return visits;
  });
}, 90_000);

/** A server whose app has one endpoint, and clients of it. */
async function start(batching: boolean, clientCount: number) {
  const endpoint = new Endpoint();
  const victim = await startServer(scope, {
    app: { webhooks: [{ url: `${endpoint.receiver.origin}/hooks` }] },
    config: {
      webhooks: { allow_private_addresses: true, batching: { enabled: batching } },
      // High enough that no limit of a connection ends the flood.
      websocket: { max_frames_per_second: 50_000, max_subscriptions_per_second: 50_000 },
      shutdown_grace_period: 1,
    },
  });
  scope.add(() => expectWell(victim));
  const clients = await Promise.all(
    Array.from({ length: clientCount }, () => connectFrames(scope, victim)),
  );
  return { victim, endpoint, clients };
}

/** Checks that webhooks told of all visits in time during the attack. Returns the memory that it took. */
async function underWatch(
  victim: Server,
  endpoint: Endpoint,
  attack: () => Promise<readonly Visit[]>,
): Promise<number> {
  const beforeBytes = residentBytes(victim.program.pid);
  const memory = new MemoryWatch(victim.program.pid);
  scope.add(() => memory.stop());
  const visits = await attack();
  // A missing event fails below, after the figures have been printed.
  await until(
    () => endpoint.told.filter(({ name }) => name === "member_removed").length === visits.length,
    "all leavings to be told of",
  ).catch(() => null);
  const grownBytes = memory.stop() - beforeBytes;
  const figures = await scrape(victim);
  const dropped = figures.sum("fanwire_webhook_deliveries_total", { outcome: "dropped" });
  const { told, requestCount, receiver } = endpoint;
  process.stdout.write(
    `${requestCount} requests, ${receiver.mostAtOnce} at once, ${told.length} events, ${dropped} dropped, memory +${(grownBytes / MEGABYTE).toFixed(1)} MB\n`,
  );
  expectTold(endpoint, visits);
  for (const event of ["member_added", "member_removed"])
    expect(figures.sum("fanwire_webhook_dropped_events_total", { event })).toBe(0);
  return grownBytes;
}

/** Members join the room one after the other, and each leaves after a while. */
async function visitRoom(victim: Server): Promise<readonly Visit[]> {
  const { client, socketId } = await connectFrames(scope, victim);
  const visits: Visit[] = [];
  for (let n = 0; n < VISITS; n++) {
    const userId = `user-${n}`;
    client.subscribe(signSubscription(socketId, ROOM, JSON.stringify({ user_id: userId })));
    await client.received();
    const cameMs = performance.now();
    await Bun.sleep(STAY_MS);
    client.send(JSON.stringify({ event: "pusher:unsubscribe", data: { channel: ROOM } }));
    await client.received();
    visits.push({ userId, cameMs, wentMs: performance.now() });
  }
  return visits;
}

/** Checks that webhooks told of each visit once, in order and in time. */
function expectTold({ told }: Endpoint, visits: readonly Visit[]): void {
  const lateMs = visits.map(({ userId, cameMs, wentMs }) => {
    const story = told.filter(({ user_id: id }) => id === userId);
    expect(story.map(({ name }) => name)).toEqual(["member_added", "member_removed"]);
    const [came, went] = story;
    return [(came?.atMs ?? 0) - cameMs, (went?.atMs ?? 0) - wentMs - GRACE_MS] as const;
  });
  const addedMs = Math.max(...lateMs.map(([added]) => added));
  const removedMs = Math.max(...lateMs.map(([, removed]) => removed));
  process.stdout.write(
    `member_added +${addedMs.toFixed(0)} ms, member_removed +${removedMs.toFixed(0)} ms\n`,
  );
  expect(addedMs).toBeLessThan(LATE_MS);
  expect(removedMs).toBeLessThan(LATE_MS);
}

/** Subscriptions to invented names, and their unsubscriptions later, for clients that take turns. */
function* inventedNames(clientCount: number, keptNames: number): Generator<string> {
  for (let round = 0; ; round++) {
    for (let client = 0; client < clientCount; client++)
      yield `{"event":"pusher:subscribe","data":{"channel":"invented-${round}-${client}"}}`;
    const oldest = round - keptNames;
    if (oldest < 0) continue;
    for (let client = 0; client < clientCount; client++)
      yield `{"event":"pusher:unsubscribe","data":{"channel":"invented-${oldest}-${client}"}}`;
  }
}
