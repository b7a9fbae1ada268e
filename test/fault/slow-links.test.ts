// Slow clients are judged by what they read over time: those on slow lines get everything, and those that
// never read cost bounded memory and are closed.
import { beforeEach, expect, test } from "bun:test";
import { publish, publishInBatches } from "../harness/api.ts";
import { until } from "../harness/deadline.ts";
import { connectFrames } from "../harness/frame-client.ts";
import { frame, subscribeText } from "../harness/frames.ts";
import { scrape, untilFigures } from "../harness/metrics.ts";
import { testScope } from "../harness/scope.ts";
import { type Server, startServer } from "../harness/server.ts";
import { signSubscription } from "../harness/signing.ts";
import { SlowClient } from "../harness/slow-client.ts";
import { expectUnfelt, underAttack } from "./attack.ts";
import { LinkClient } from "./link-client.ts";
import { expectWell } from "./well.ts";

const scope = testScope();
const MEGABIT_BYTES = 125_000;
let victim: Server;

beforeEach(async () => {
  victim = await startServer(scope, {
    app: { max_event_payload_in_kb: 1500, max_event_batch_size: 100 },
  });
  scope.add(() => expectWell(victim));
});

test("a deaf socket on a thousand busy channels is closed, whatever pings it answers", async () => {
  connectDeaf(named("busy", 1000));
  await untilSubscribed(1000);
  const damage = await underAttack(scope, victim, () => publishToAll(named("busy", 1000), 6000));
  expectUnfelt(damage);
  await untilFigures(victim, closedForSlowness(1), "the socket to be closed");
});

test("deaf sockets that each have few channels are bounded together", async () => {
  for (let number = 0; number < 50; number++) connectDeaf(named(`few-${number}`, 20));
  await untilSubscribed(1000);
  const channels = Array.from({ length: 50 }, (_, number) => named(`few-${number}`, 20)).flat();
  const damage = await underAttack(scope, victim, () => publishToAll(channels, 8000));
  expectUnfelt(damage);
  await untilFigures(victim, closedForSlowness(5), "some of them to be closed");
});

test("a deaf socket with a little that waits is closed after the longest lag", async () => {
  const patient = await startServer(scope, { config: { websocket: { max_lag_seconds: 2 } } });
  connectDeaf(["c"], patient);
  await untilSubscribed(1, patient);
  for (let count = 0; count < 20; count++)
    await publish(patient, { name: "e", channel: "c", data: "x".repeat(10_000) });
  const startMs = performance.now();
  await untilFigures(patient, closedForSlowness(1), "the socket to be closed");
  expect(performance.now() - startMs).toBeGreaterThan(1000);
});

test("a client on a slow line comes in step with every channel once", async () => {
  const channels = named("state", 20);
  const { client: holder } = await connectFrames(scope, victim);
  for (const channel of channels) holder.send(subscribeText({ channel, delta: true }));
  await holder.received();
  // Random, so that no delta would be shorter.
  for (const channel of channels)
    await publish(victim, { name: "e", channel, data: randomText(9000) });
  const client = new LinkClient(scope, victim, MEGABIT_BYTES);
  await until(() => client.count("pusher:connection_established") === 1, "the handshake");
  client.send(channels.map((channel) => subscribeText({ channel, delta: true })));
  await until(() => client.count("pusher:delta_cache_sync") >= 20, "a state for each channel");
  await Bun.sleep(1000);
  expect([client.count("pusher:delta_cache_sync"), client.closing]).toEqual([20, null]);
  const before = await scrape(victim);
  for (const channel of channels)
    await publish(victim, { name: "e", channel, data: "y".repeat(200) });
  await until(() => client.messages.length >= 1 + 20 * 3 + 20, "an event on each channel");
  expect(client.count("pusher:delta_cache_sync")).toBe(20);
  const after = await scrape(victim);
  expect(after.sum("fanwire_socket_lags_total")).toBe(before.sum("fanwire_socket_lags_total"));
});

test("a client at 16 Mbit/s may subscribe in one burst to full presence channels and large states", async () => {
  const rooms = named("presence-room", 12);
  await fill(rooms, 100);
  const states = named("large", 10);
  const { client: holder } = await connectFrames(scope, victim);
  for (const channel of states) holder.send(subscribeText({ channel, delta: true }));
  await holder.received();
  for (const channel of states)
    await publish(victim, { name: "e", channel, data: randomText(190_000) });
  const client = new LinkClient(scope, victim, 16 * MEGABIT_BYTES);
  await until(() => client.count("pusher:connection_established") === 1, "the handshake");
  const socketId = String(JSON.parse(String(client.messages[0]?.["data"])).socket_id);
  const member = JSON.stringify({ user_id: "0" });
  client.send([
    ...rooms.map((room) => subscribeText(signSubscription(socketId, room, member))),
    ...states.map((channel) => subscribeText({ channel, delta: true })),
  ]);
  await until(
    () => client.count("pusher:delta_cache_sync") === 10 || client.closing !== null,
    "a state for each channel",
  );
  expect([client.closing, client.count("pusher_internal:subscription_succeeded")]).toEqual([
    null,
    22,
  ]);
});

test("a client at 16 Mbit/s gets an event that is larger than its buffer", async () => {
  const client = new LinkClient(scope, victim, 16 * MEGABIT_BYTES);
  client.send([subscribeText({ channel: "c" })]);
  await until(() => client.count("pusher_internal:subscription_succeeded") === 1, "the answer");
  for (const letter of ["a", "b"])
    await publish(victim, { name: letter, channel: "c", data: letter.repeat(1_400_000) });
  await until(() => client.count("b") === 1 || client.closing !== null, "the last event");
  expect([client.closing, client.count("a"), client.count("b")]).toEqual([null, 1, 1]);
});

function connectDeaf(channels: readonly string[], target = victim): void {
  const client = new SlowClient(scope, target);
  client.send(Buffer.concat(channels.map((channel) => frame(subscribeText({ channel })))));
}

async function untilSubscribed(count: number, target = victim): Promise<void> {
  await untilFigures(
    target,
    (figures) => figures.sum("fanwire_channel_subscriptions_total") >= count,
    `${count} subscriptions`,
  );
}

function closedForSlowness(count: number) {
  return (figures: { sum(name: string): number }): boolean =>
    figures.sum("fanwire_slow_consumer_closes_total") >= count;
}

/** Publishes an event of 5 KB to one channel after the other, a thousand a second. */
async function publishToAll(channels: readonly string[], durationMs: number): Promise<void> {
  const data = "x".repeat(5000);
  const endMs = performance.now() + durationMs;
  for (let next = 0; performance.now() < endMs; next += 50) {
    const dueMs = performance.now() + 50;
    const events = Array.from({ length: 50 }, (_, offset) => ({
      name: "e",
      channel: channels[(next + offset) % channels.length] ?? "",
      data,
    }));
    await publishInBatches(victim, events);
    await Bun.sleep(dueMs - performance.now());
  }
}

/** Adds this many members of one kilobyte to each channel. */
async function fill(rooms: readonly string[], memberCount: number): Promise<void> {
  const note = "x".repeat(980);
  for (let number = 0; number < memberCount; number++) {
    const { client, socketId } = await connectFrames(scope, victim);
    const member = JSON.stringify({ user_id: String(number), user_info: { note } });
    for (const room of rooms) client.subscribe(signSubscription(socketId, room, member));
  }
  await untilSubscribed(rooms.length * memberCount);
}

function named(prefix: string, count: number): readonly string[] {
  return Array.from({ length: count }, (_, number) => `${prefix}-${number}`);
}

function randomText(length: number): string {
  return crypto.getRandomValues(new Uint8Array(length / 2)).toHex();
}
