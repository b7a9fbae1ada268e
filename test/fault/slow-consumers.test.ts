import { describe, expect, test } from "bun:test";
import { publish } from "../harness/api.ts";
import { type Closing, frame, subscribeText } from "../harness/frames.ts";
import { scrape, untilFigures } from "../harness/metrics.ts";
import { subscribeRaw } from "../harness/raw-client.ts";
import { testScope } from "../harness/scope.ts";
import { type Server, startServer } from "../harness/server.ts";
import { SlowClient } from "../harness/slow-client.ts";
import { startBystander } from "./bystander.ts";
import { MemoryWatch, residentBytes } from "./process.ts";
import { expectWell } from "./well.ts";

const scope = testScope();

const CHANNEL = "flood";
const SUBSCRIBE = frame(subscribeText({ channel: CHANNEL }));
const SLOW = { code: 4100, reason: "Connection reads too slowly, its buffer is full" };
const MIB = 1_048_576;

test("a thousand clients that never read cost bounded memory, are closed, and nobody else misses an event", async () => {
  const [deafCount, readerCount, eventCount] = [1000, 5, 200];
  const maxBackpressureBytes = 65_536;
  const victim = await startServer(scope, {
    config: {
      websocket: { max_backpressure: maxBackpressureBytes },
      activity_timeout: 2,
      pong_timeout: 1,
    },
  });
  const bystander = await startBystander(scope, victim);
  const readers = await Promise.all(
    Array.from({ length: readerCount }, async () => {
      const { client } = await subscribeRaw(scope, victim, CHANNEL);
      return client;
    }),
  );
  for (let count = 0; count < deafCount; count++) connectDeaf(victim);
  await untilSubscribed(victim, deafCount + readerCount + 1);

  const beforeBytes = residentBytes(victim.program.pid);
  const memory = new MemoryWatch(victim.program.pid);
  await flood(victim, { from: 0, to: eventCount, dataBytes: 8000, pauseMs: 0 });
  const figures = await untilFigures(
    victim,
    (now) => now.sum("fanwire_connected") === readerCount + 1,
    "the slow clients to be gone",
  );
  const grownBytes = memory.stop() - beforeBytes;
  const closed = (code: string): number => figures.sum("fanwire_connection_closes_total", { code });
  process.stdout.write(
    `${deafCount} slow clients: ${Math.round(beforeBytes / 1e6)} MB before, at most ${Math.round(grownBytes / 1e6)} MB more; ${closed("4100")} closed for their buffer, ${closed("4201")} for their silence\n`,
  );

  // A buffer grows by doubling; the rest is for the sockets themselves and for garbage.
  expect(grownBytes).toBeLessThan(deafCount * 2 * maxBackpressureBytes + 64 * MIB);
  expect(closed("4100") + closed("4201")).toBe(deafCount);
  expect(figures.sum("fanwire_limit_hits_total", { limit: "backpressure" })).toBe(closed("4100"));
  for (const reader of readers)
    expect((await reader.received()).map(({ event }) => event)).toEqual(numbers(0, eventCount));
  await bystander.missedNothing();
  await expectWell(victim);
});

describe("a client that stops to read and goes on", () => {
  test("gets all that it has missed, in order, when that is not too much", async () => {
    const victim = await startServer(scope);
    const bystander = await startBystander(scope, victim);
    const client = connectDeaf(victim);
    await untilSubscribed(victim, 2);
    await flood(victim, { from: 0, to: 100, dataBytes: 4000, pauseMs: 2 });
    const { events, closing } = await readAll(victim, client, 100);
    expect(closing).toBeNull();
    expect(events).toEqual(numbers(0, 101));
    await bystander.missedNothing();
    await expectWell(victim);
  });

  test("gets all that it has missed, or is closed, also when that is more than its buffer may hold", async () => {
    const victim = await startServer(scope, {
      config: { websocket: { max_backpressure: 65_536 } },
    });
    const bystander = await startBystander(scope, victim);
    const client = connectDeaf(victim);
    await untilSubscribed(victim, 2);
    await flood(victim, { from: 0, to: 400, dataBytes: 1000, pauseMs: 2 });
    const { events, closing } = await readAll(victim, client, 400);
    expect(closing?.code).toBeOneOf([undefined, SLOW.code, 1006]);
    expect(events).toEqual(numbers(0, closing === null ? 401 : events.length));
    await bystander.missedNothing();
    await expectWell(victim);
  });

  test("is closed with 4100 when it has missed more than is kept for it", async () => {
    const victim = await startServer(scope);
    const bystander = await startBystander(scope, victim);
    const client = connectDeaf(victim);
    await untilSubscribed(victim, 2);
    await flood(victim, { from: 0, to: 300, dataBytes: 8000, pauseMs: 2 });
    const { events, closing } = await readAll(victim, client, 300);
    expect(closing).toEqual(SLOW);
    expect(events).toEqual(numbers(0, events.length));
    const figures = await scrape(victim);
    expect(figures.sum("fanwire_limit_hits_total", { limit: "backpressure" })).toBe(1);
    expect(figures.sum("fanwire_connection_closes_total", { code: "4100" })).toBe(1);
    await bystander.missedNothing();
    await expectWell(victim);
  });

  test.each([10, 30, 60, 150])(
    "%i ms after a burst above the limit is closed, or has missed nothing",
    async (pauseMs) => {
      const victim = await startServer(scope, {
        config: { websocket: { max_backpressure: 65_536 } },
      });
      const bystander = await startBystander(scope, victim);
      const client = connectDeaf(victim);
      await untilSubscribed(victim, 2);
      await flood(victim, { from: 0, to: 40, dataBytes: 8000, pauseMs: 0 });
      await Bun.sleep(pauseMs);
      const { events, closing } = await readAll(victim, client, 40);
      // The runtime may take up to four seconds from the close to the end of the connection.
      expect(closing?.code).toBeOneOf([undefined, SLOW.code, 1006]);
      expect(events).toEqual(numbers(0, closing === null ? 41 : events.length));
      await bystander.missedNothing();
      await expectWell(victim);
    },
  );
});

test("a burst above the limit closes with 4100 who does not read it", async () => {
  const victim = await startServer(scope, { config: { websocket: { max_backpressure: 65_536 } } });
  const bystander = await startBystander(scope, victim);
  connectDeaf(victim);
  await untilSubscribed(victim, 2);
  await flood(victim, { from: 0, to: 120, dataBytes: 8000, pauseMs: 0 });
  const figures = await untilFigures(
    victim,
    (now) => now.sum("fanwire_connected") === 1,
    "the slow client to be closed",
  );
  expect(figures.sum("fanwire_slow_consumer_closes_total")).toBe(1);
  expect(figures.sum("fanwire_limit_hits_total", { limit: "backpressure" })).toBe(1);
  expect(figures.sum("fanwire_connection_closes_total", { code: "4100" })).toBe(1);
  expect(figures.sum("fanwire_buffered_bytes")).toBe(0);
  await bystander.missedNothing();
  await expectWell(victim);
});

test("who does not read the answers to what he sends is closed as well", async () => {
  const limitBytes = 262_144;
  const victim = await startServer(scope, {
    config: { websocket: { max_backpressure: limitBytes, max_lag_seconds: 2 } },
  });
  const bystander = await startBystander(scope, victim);
  const client = connectDeaf(victim);
  await untilSubscribed(victim, 2);
  // The refusal repeats what should have been signed.
  const wrong = {
    channel: "private-x",
    auth: `${victim.key}:zz`,
    channel_data: JSON.stringify({ user_id: "x".repeat(50_000) }),
  };
  const refused = frame(subscribeText(wrong));
  const bytes = Buffer.concat(Array.from({ length: 18 }, () => refused));
  for (let sentBytes = 0; sentBytes < bytes.length; await Bun.sleep(1))
    sentBytes += Math.max(0, client.send(bytes.subarray(sentBytes)));
  await untilFigures(
    victim,
    (now) => now.sum("fanwire_slow_consumer_closes_total") === 1,
    "the client to be found",
  );
  const figures = await untilFigures(
    victim,
    (now) => now.sum("fanwire_connected") === 1 && now.sum("fanwire_buffered_bytes") === 0,
    "the client to be closed",
  );
  expect(figures.sum("fanwire_connection_closes_total", { code: "4100" })).toBe(1);
  await bystander.missedNothing();
  await expectWell(victim);
});

function connectDeaf(victim: Server): SlowClient {
  const client = new SlowClient(scope, victim);
  client.send(SUBSCRIBE);
  return client;
}

async function untilSubscribed(victim: Server, count: number): Promise<void> {
  await untilFigures(
    victim,
    (figures) => figures.sum("fanwire_channel_subscriptions_total") === count,
    `${count} subscriptions`,
  );
}

/** Events to publish, whose names are their numbers. */
interface Flood {
  readonly from: number;
  /** The first that is not published. */
  readonly to: number;
  readonly dataBytes: number;
  readonly pauseMs: number;
}

async function flood(victim: Server, { from, to, dataBytes, pauseMs }: Flood): Promise<void> {
  const data = "x".repeat(dataBytes);
  for (let number = from; number < to; number++) {
    await publish(victim, { name: String(number), channel: CHANNEL, data });
    if (pauseMs > 0) await Bun.sleep(pauseMs);
  }
}

/** Reads until nothing more comes, publishes the last event, and reads until that has come or the server has closed. */
async function readAll(
  victim: Server,
  client: SlowClient,
  last: number,
): Promise<{ readonly events: readonly string[]; readonly closing: Closing | null }> {
  const events: string[] = [];
  let published = false;
  for (let idleMs = 0; idleMs < 5000;) {
    const isIdle = !client.read();
    for (const text of client.texts.splice(0)) {
      const name = /^\{"event":"(\d+)"/.exec(text)?.[1];
      if (name !== undefined) events.push(name);
    }
    const { closing } = client;
    if (closing !== null || events.at(-1) === String(last)) return { events, closing };
    if (isIdle) {
      if (idleMs++ === 500 && !published) {
        published = true;
        await publish(victim, { name: String(last), channel: CHANNEL, data: "" });
      }
      await Bun.sleep(1);
    } else if (!published) idleMs = 0;
  }
  throw new Error(`Cannot read event ${last}: the last one was ${events.at(-1)}`);
}

function numbers(from: number, to: number): string[] {
  return Array.from({ length: to - from }, (_, index) => String(from + index));
}
