// What strangers make happen on channels that they invent keeps no application from being told of
// what matters.
import { expect, test } from "bun:test";
import { until } from "../e2e/deadline.ts";
import { testScope } from "../e2e/scope.ts";
import { signSubscription } from "../e2e/signing.ts";
import { pour } from "./attack.ts";
import { connectFrames, type FrameClient } from "./frame-client.ts";
import { HookEndpoint, type Told } from "./hook-endpoint.ts";
import { scrape } from "./metrics.ts";
import { MemoryWatch, residentBytes } from "./process.ts";
import { expectWell, startVictim, type Victim } from "./victim.ts";

const MEGABYTE = 1_048_576;
const TOOK_MS = 20;
const FLOOD_MS = 8000;
/** Who leaves is told of so much later, since most are back by then. */
const GRACE_MS = 3000;
const LATE_MS = 2000;
const ROOM = "presence-room";
const scope = testScope();
let victim: Victim;

/** A server whose app has this endpoint, and clients of it. */
async function start(batching: boolean, clientCount: number) {
  const endpoint = new HookEndpoint(scope, TOOK_MS);
  victim = await startVictim(scope, {
    app: { webhooks: [{ url: endpoint.url }] },
    config: {
      webhooks: { allow_private_addresses: true, batching: { enabled: batching } },
      shutdown_grace_period: 1,
    },
  });
  scope.add(() => expectWell(victim));
  const clients = await Promise.all(
    Array.from({ length: clientCount }, () => connectFrames(scope, victim)),
  );
  return { endpoint, clients };
}

/** A member, and when he came and went. */
interface Visit {
  readonly userId: string;
  readonly cameMs: number;
  wentMs: number;
}

/** Members come to the room one after the other, and each goes again after a while. */
async function visits(count: number, stayMs: number): Promise<readonly Visit[]> {
  const { client, socketId } = await connectFrames(scope, victim);
  const all: Visit[] = [];
  for (let n = 0; n < count; n++) {
    const userId = `user-${n}`;
    client.subscribe(signSubscription(socketId, ROOM, JSON.stringify({ user_id: userId })));
    await client.received();
    all.push({ userId, cameMs: performance.now(), wentMs: Infinity });
    await Bun.sleep(stayMs);
    client.send(JSON.stringify({ event: "pusher:unsubscribe", data: { channel: ROOM } }));
    const visit = all[n];
    if (visit !== undefined) visit.wentMs = performance.now();
    await client.received();
  }
  return all;
}

/** Checks that each visit was told of once, in order and in time. */
function expectTold(endpoint: HookEndpoint, all: readonly Visit[]): void {
  const room = endpoint.told.filter(({ channel, user_id: id }) => channel === ROOM && id);
  const of = (id: string): readonly Told[] => room.filter(({ user_id: userId }) => userId === id);
  const late = all.map(({ userId, cameMs, wentMs }) => {
    const [came, went, ...more] = of(userId);
    expect([came?.name, went?.name, ...more]).toEqual(["member_added", "member_removed"]);
    return [(came?.atMs ?? 0) - cameMs, (went?.atMs ?? 0) - wentMs - GRACE_MS] as const;
  });
  const [added, removed] = [0, 1].map((at) => Math.max(...late.map((each) => each[at] ?? 0)));
  process.stdout.write(
    `member_added +${added?.toFixed(0)} ms, removed +${removed?.toFixed(0)} ms\n`,
  );
  expect(added).toBeLessThan(LATE_MS);
  expect(removed).toBeLessThan(LATE_MS);
}

/** Subscribes and unsubscribes names that nobody else has, for as many clients as take turns. */
function* inventedNames(clientCount: number): Generator<string> {
  for (let round = 0; ; round++)
    for (const event of ["subscribe", "unsubscribe"])
      for (let client = 0; client < clientCount; client++)
        yield `{"event":"pusher:${event}","data":{"channel":"invented-${round}-${client}"}}`;
}

/** Waits until nothing more is to be told. */
async function untilTold(endpoint: HookEndpoint, all: readonly Visit[]): Promise<void> {
  const last = all.at(-1)?.userId;
  await until(
    () => endpoint.told.some(({ name, user_id: id }) => name === "member_removed" && id === last),
    "the last visitor's leaving to be told",
  );
}

test.each([
  ["batched", true],
  ["each event by itself", false],
])(
  "members are told of in time while invented channels come and go: %s",
  async (_, batching) => {
    const { endpoint, clients } = await start(batching, 4);
    const beforeBytes = residentBytes(victim.pid);
    const memory = new MemoryWatch(victim.pid);
    const flood = pour(
      clients.map(({ client }) => client),
      inventedNames(clients.length),
      {
        bytesPerSecond: MEGABYTE,
        durationMs: FLOOD_MS,
      },
    );
    await Bun.sleep(1000);
    const all = await visits(10, 500);
    await flood;
    await untilTold(endpoint, all);
    const grownBytes = memory.stop() - beforeBytes;
    const figures = await scrape(victim);
    const dropped = figures.sum("fanwire_webhook_deliveries_total", { outcome: "dropped" });
    process.stdout.write(
      `${endpoint.requestCount} requests, ${endpoint.mostAtOnce} at once, ${endpoint.told.length} events, ${dropped} dropped, memory +${(grownBytes / MEGABYTE).toFixed(1)} MB\n`,
    );
    expectTold(endpoint, all);
    expect(clients.filter(({ client }) => client.pipe.ended)).toEqual([]);
    expect(grownBytes).toBeLessThan(64 * MEGABYTE);
  },
  90_000,
);

test("members are told of in time while a hundred sockets send all the client events they may", async () => {
  const { endpoint, clients } = await start(true, 100);
  const beforeBytes = residentBytes(victim.pid);
  const memory = new MemoryWatch(victim.pid);
  clients.forEach(({ client, socketId }, n) =>
    client.subscribe(signSubscription(socketId, `private-${n}`, "{}")),
  );
  const data = "x".repeat(10_000);
  const send = ({ client }: { readonly client: FrameClient }, n: number): void =>
    client.send(JSON.stringify({ event: "client-x", channel: `private-${n}`, data }));
  const timer = setInterval(() => clients.forEach(send), 100);
  scope.add(() => clearInterval(timer));
  const all = await visits(10, 500);
  clearInterval(timer);
  await untilTold(endpoint, all);
  const grownBytes = memory.stop() - beforeBytes;
  process.stdout.write(
    `${endpoint.requestCount} requests, ${endpoint.told.length} events, memory +${(grownBytes / MEGABYTE).toFixed(1)} MB\n`,
  );
  expectTold(endpoint, all);
}, 90_000);
