// The cost of one frame grows with its bytes or is bounded. Each case here once slowed down every other
// client.
import { beforeEach, expect, test } from "bun:test";
import { connectFrames, type FrameClient } from "../harness/frame-client.ts";
import { frame, subscribeText } from "../harness/frames.ts";
import { untilFigures } from "../harness/metrics.ts";
import { testScope } from "../harness/scope.ts";
import { type Server, startServer } from "../harness/server.ts";
import { signRequest, signSubscription } from "../harness/signing.ts";
import { httpUrl } from "../harness/target.ts";
import { expectMemoryBack, expectUnfelt, pour, PROBE_CHANNEL, underAttack } from "./attack.ts";
import { residentBytes } from "./process.ts";
import { expectWell } from "./well.ts";

const scope = testScope();
let victim: Server;

beforeEach(async () => {
  victim = await startServer(scope, { app: { enable_subscription_count: true } });
  scope.add(() => expectWell(victim));
});

test("switching deltas on after thousands of subscriptions", async () => {
  const [client] = await connectMany(1);
  await subscribeAll([client], 4900, (_, number) => `many-${number}`);
  const damage = await underAttack(scope, victim, () =>
    pour([client], repeated(enableDelta()), { bytesPerSecond: 50 * 59, durationMs: 4000 }),
  );
  expectUnfelt(damage);
});

test("filters of thousands of values", async () => {
  const clients = await connectMany(10);
  const damage = await underAttack(scope, victim, () =>
    pour(clients, filteredSubscribes(48_000), { bytesPerSecond: 1_000_000, durationMs: 5000 }),
  );
  expectUnfelt(damage);
});

test("filters that are as large as may be", async () => {
  const clients = await connectMany(100);
  const damage = await underAttack(scope, victim, () =>
    pour(clients, filteredSubscribes(5000), { bytesPerSecond: 1_000_000, durationMs: 10_000 }),
  );
  expectUnfelt(damage);
});

test("a thousand costly filters on the channel of others", async () => {
  const clients = await connectMany(1000);
  const damage = await underAttack(scope, victim, () =>
    pour(clients, costlyFilters(clients.length), { bytesPerSecond: 1_000_000, durationMs: 8000 }),
  );
  expectUnfelt(damage);
});

const INDEX_KEYS = Array.from({ length: 6350 }, () => '{"999":0}').join(",");

test.each([
  ["of an unknown event", `{"event":"x","data":[${INDEX_KEYS}]}`],
  ["of a client event", `{"event":"client-x","channel":"private-c","data":[${INDEX_KEYS}]}`],
  [
    "written with escapes",
    `{"event":"x","data":[${INDEX_KEYS.replaceAll("9", "\\u0039").slice(0, 62_997)}]}`,
  ],
  [
    "of a subscription",
    subscribeText({
      channel: "private-c",
      auth: "a:b",
      channel_data: `[${INDEX_KEYS.slice(0, 45_999)}]`,
    }),
  ],
  ["as many as may be", `{"event":"x","data":[${INDEX_KEYS.replaceAll("999", "69")}]}`],
  ["up and up", `{"event":"x","data":[${climbing(60, 60)}]}`],
])("frames full of whole numbers as keys, %s", async (_, text) => {
  const clients = await connectMany(100);
  const damage = await underAttack(scope, victim, () =>
    pour(clients, repeated(text), { bytesPerSecond: 1_000_000, durationMs: 4000 }),
  );
  expectUnfelt(damage);
});

test("coming and going where subscribers are counted", async () => {
  const [watcher, ...clients] = await connectMany(5);
  watcher.subscribe({ channel: "counted" });
  await watcher.received();
  const damage = await underAttack(scope, victim, () =>
    pour(clients, comingAndGoing("counted", clients.length), {
      bytesPerSecond: 254_000,
      durationMs: 4000,
    }),
  );
  expectUnfelt(damage);
  // One count a second, and one for the first subscriber.
  expect((await watcher.received()).length).toBeLessThan(7);
});

test("one user who comes and goes on a channel with many members", async () => {
  const room = "presence-room";
  const sign = (userId: number, socketId: string): string => {
    const info = { user_id: String(userId), user_info: { note: "x".repeat(300) } };
    return subscribeText(signSubscription(socketId, room, JSON.stringify(info)));
  };
  const members = await Promise.all(Array.from({ length: 50 }, () => connectFrames(scope, victim)));
  for (const [index, { client, socketId }] of members.entries()) client.send(sign(index, socketId));
  await Promise.all(members.map(({ client }) => client.received()));
  const { client, socketId } = await connectFrames(scope, victim);
  const leaving = JSON.stringify({ event: "pusher:unsubscribe", data: { channel: room } });
  const pair = [sign(1000, socketId), leaving];
  const texts = Array.from({ length: 20_000 }, (_, index) => pair[index % 2] ?? "");
  const damage = await underAttack(scope, victim, () =>
    pour([client], texts.values(), { bytesPerSecond: 600_000, durationMs: 5000 }),
  );
  expectUnfelt(damage);
  const [first] = members;
  // The members that joined first, and six changes a second of the one user.
  expect((await first?.client.received())?.length).toBeLessThan(50 + 6 * 7);
});

test("thousands of channels for each of many sockets, which then leave all at once", async () => {
  const clients = await connectMany(40);
  const beforeBytes = residentBytes(victim.program.pid);
  const coming = await underAttack(scope, victim, () =>
    pour(clients, newChannels(), { bytesPerSecond: 1_000_000, durationMs: 12_000 }),
  );
  expectUnfelt(coming);
  const damage = await underAttack(scope, victim, async () => {
    for (const { tcp } of clients) tcp.terminate();
    await untilFigures(victim, (now) => now.sum("fanwire_active_channels") <= 1, "all to be gone");
  });
  expectUnfelt(damage);
  await expectMemoryBack(victim, beforeBytes);
});

test("lists of a hundred thousand channels", async () => {
  const crowded = await startServer(scope, { config: { channel_limits: { crowded_at: -1 } } });
  const connecting = Array.from({ length: 50 }, () => connectFrames(scope, crowded));
  const clients = (await Promise.all(connecting)).map(({ client }) => client);
  await subscribeAll(clients, 2100, (client, number) => `listed-${client}-${number}`);
  const damage = await underAttack(scope, crowded, async () => {
    for (let count = 0; count < 10; count++) {
      const target = signRequest("GET", `/apps/${crowded.id}/channels`, "");
      const answer = await (await fetch(httpUrl(crowded, target))).text();
      expect(answer.match(/"listed-\d+-\d+":\{\}/g)).toHaveLength(105_000);
    }
  });
  // Ten answers of 2.5 MB each, to signed requests.
  expect(damage.grownBytes).toBeLessThan(160 * 1_048_576);
  expectUnfelt({ ...damage, grownBytes: 0 });
});

type Clients = readonly [FrameClient, ...FrameClient[]];

async function connectMany(count: number): Promise<Clients> {
  const connecting = Array.from({ length: count }, () => connectFrames(scope, victim));
  const [first, ...others] = (await Promise.all(connecting)).map(({ client }) => client);
  if (first === undefined) throw new Error("Cannot connect no clients");
  return [first, ...others];
}

/** Subscribes each client to so many channels, as fast as the server answers. */
async function subscribeAll(
  clients: readonly FrameClient[],
  count: number,
  name: (client: number, number: number) => string,
): Promise<void> {
  const CHUNK = 700;
  for (let from = 0; from < count; from += CHUNK)
    await Promise.all(
      clients.map((client, index) => {
        const frames = Array.from({ length: CHUNK }, (_, offset) =>
          frame(subscribeText({ channel: name(index, from + offset) })),
        );
        client.tcp.write(Buffer.concat(frames));
        return client.received();
      }),
    );
}

function enableDelta(): string {
  return '{"event":"pusher:enable_delta_compression","data":{}}';
}

function* repeated(text: string): Generator<string> {
  for (;;) yield text;
}

/** Subscribes to new channels without end, each with a filter of about that many bytes and as many values as fit. */
function* filteredSubscribes(bytes: number): Generator<string> {
  const list = Math.min(128, bytes / 7);
  for (let number = 0; ; number++) {
    const nodes: unknown[] = [];
    for (let size = 0; size < bytes; size += list * 7)
      nodes.push({
        key: `k${nodes.length}`,
        cmp: "in",
        vals: Array.from({ length: list }, (_, value) => `${(number * 128 + value) % 9000}`),
      });
    yield subscribeText({ channel: `f-${number}`, filter: { op: "or", nodes } });
  }
}

/** Every client subscribes to the probe's channel with a filter of its own, and to no other channel twice. */
function* costlyFilters(clientCount: number): Generator<string> {
  for (let number = 0; ; number++) {
    const nodes = Array.from({ length: 120 }, (_, at) => ({
      key: `k${at}`,
      cmp: "sw",
      val: `${number}-${at}`,
    }));
    const channel = number < clientCount ? PROBE_CHANNEL : `other-${number}`;
    yield subscribeText({ channel, filter: { op: "or", nodes } });
  }
}

/** Objects with integer keys that rise in steps, which forces the widest sparse arrays. */
function climbing(objectCount: number, keyCount: number): string {
  const keys = Array.from({ length: keyCount }, (_, index) => `"${(index + 1) * 999}":0`);
  return Array.from({ length: objectCount }, () => `{${keys.join(",")}}`).join(",");
}

function* newChannels(): Generator<string> {
  for (let number = 0; ; number++) yield subscribeText({ channel: `many-${number}` });
}

/** Every client subscribes, then every client unsubscribes. */
function* comingAndGoing(channel: string, clientCount: number): Generator<string> {
  const leaving = JSON.stringify({ event: "pusher:unsubscribe", data: { channel } });
  for (;;)
    for (const text of [subscribeText({ channel }), leaving])
      for (let client = 0; client < clientCount; client++) yield text;
}
