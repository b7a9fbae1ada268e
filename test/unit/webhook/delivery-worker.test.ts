import { describe, expect, test } from "bun:test";
import type { ChannelEvent } from "../../../src/events/app-event.ts";
import { sign } from "../../../src/protocol/signatures.ts";
import { DEFAULT_RETRY, type RetryPolicy } from "../../../src/webhook/retry.ts";
import { SECRET } from "../../doubles/app.ts";
import { FakeClock } from "../queue/fake-clock.ts";
import { appWith, endpoint, rig } from "./rig.ts";

interface Posted {
  readonly atMs: number;
  readonly body: string;
  readonly delivery: string;
  readonly signature: string;
}

/** Webhooks with a clock that the test moves. `status` returns the status of each answer. */
function setUp(status: (posted: Posted) => number, retry: Partial<RetryPolicy> = {}) {
  const clock = new FakeClock(0);
  const posted: Posted[] = [];
  const webhooks = rig({
    retry: { ...DEFAULT_RETRY, ...retry },
    ports: {
      clock,
      fetch: async (_, { body, headers }) => {
        const one = {
          atMs: clock.nowMs(),
          body: body,
          delivery: headers.get("x-fanwire-delivery") ?? "",
          signature: headers.get("x-pusher-signature") ?? "",
        };
        posted.push(one);
        return new Response(null, { status: status(one) });
      },
    },
  });
  return { clock, posted, webhooks, times: () => posted.map(({ atMs }) => atMs / 1000) };
}

const app = appWith(endpoint("http://user:word@127.0.0.1/hook?token=x"));
const miss = (channel: string): ChannelEvent => ({ kind: "cache_miss", channel });

describe("DeliveryWorker", () => {
  test("retries a delivery unchanged for five minutes, at growing intervals, and then gives it up", async () => {
    const { clock, posted, webhooks, times } = setUp(() => 503);
    webhooks.note(app, miss("cache-c"));
    await clock.advance(3_600_000);
    expect(times()).toEqual([0, 1, 3, 7, 15, 31, 63, 123, 183, 243, 300]);
    expect(new Set(posted.map(({ delivery }) => delivery)).size).toBe(1);
    expect(new Set(posted.map(({ body }) => body))).toEqual(
      new Set(['{"time_ms":0,"events":[{"name":"cache_miss","channel":"cache-c"}]}']),
    );
    for (const { body, signature } of posted) expect(signature).toBe(sign(SECRET, body));
    expect(webhooks.counters).toMatchObject({
      queued: 1,
      delivered: 0,
      attempts: 11,
      failedAttempts: 11,
      retries: 10,
      deadLettered: 1,
      deadLetteredEvents: 1,
    });
    expect(webhooks.counters.outcomes).toEqual(new Map([["5xx", 11]]));
    expect(webhooks.deadLetters()).toEqual([
      {
        deliveryId: posted[0]?.delivery ?? "",
        appId: "3",
        url: "http://127.0.0.1/hook",
        eventCount: 1,
        attempts: 11,
        reason: "status 503",
        madeMs: 0,
        diedMs: 300_000,
      },
    ]);
    expect([webhooks.depth, clock.timerCount]).toEqual([0, 0]);
  });

  test("gives up after the maximum number of attempts", async () => {
    const { clock, webhooks, times } = setUp(() => 500, { maxAttempts: 3 });
    webhooks.note(app, miss("cache-c"));
    await clock.advance(3_600_000);
    expect(times()).toEqual([0, 1, 3]);
    expect(webhooks.deadLetters()[0]).toMatchObject({ attempts: 3, diedMs: 3000 });
  });

  test("probes a failing endpoint with one delivery, and sends the others when it is accepted", async () => {
    const { clock, posted, webhooks } = setUp(({ atMs }) => (atMs < 7000 ? 500 : 200));
    for (let n = 0; n < 5; n++) webhooks.note(app, miss(`cache-${n}`));
    await clock.advance(20_000);
    const channels = posted.map(({ body }) => JSON.parse(body).events[0].channel);
    const underWay = ["cache-0", "cache-1", "cache-2", "cache-3"];
    const alone = ["cache-0", "cache-0", "cache-0"];
    expect(channels).toEqual([...underWay, ...alone, "cache-1", "cache-2", "cache-3", "cache-4"]);
    expect(webhooks.counters).toMatchObject({ delivered: 5, failedAttempts: 6, retries: 6 });
  });

  test("keeps its pace with a dead endpoint when a delivery is given up, and tries each delivery at least once", async () => {
    let up = false;
    const { clock, posted, webhooks, times } = setUp(() => (up ? 200 : 500));
    for (let n = 0; n < 5; n++) webhooks.note(app, miss(`cache-${n}`));
    await clock.advance(421_000);
    expect(times().slice(-4)).toEqual([243, 300, 360, 420]);
    expect(webhooks.counters.deadLettered).toBe(3);
    up = true;
    await clock.advance(59_000);
    const channels = posted.map(({ body }) => JSON.parse(body).events[0].channel);
    expect(channels.slice(-4)).toEqual(["cache-1", "cache-2", "cache-3", "cache-4"]);
    expect(times().slice(-2)).toEqual([480, 480]);
    expect(webhooks.counters).toMatchObject({ delivered: 2, deadLettered: 3, queued: 5 });
  });

  test("starts again with the shortest wait after a success", async () => {
    const down = new Set([0, 1, 3, 10, 11]);
    const { clock, webhooks, times } = setUp(({ atMs }) => (down.has(atMs / 1000) ? 500 : 200));
    webhooks.note(app, miss("cache-1"));
    await clock.advance(10_000);
    webhooks.note(app, miss("cache-2"));
    await clock.advance(10_000);
    expect(times()).toEqual([0, 1, 3, 7, 10, 11, 13]);
  });

  test("keeps summaries of the last twenty deliveries that were given up", async () => {
    const { clock, webhooks } = setUp(() => 410, { maxAttempts: 1, initialBackoffMs: 0 });
    for (let n = 0; n < 25; n++) {
      webhooks.note(app, miss(`cache-${n}`));
      await clock.advance(1);
    }
    expect(webhooks.counters.deadLettered).toBe(25);
    expect(webhooks.deadLetters().map(({ madeMs }) => madeMs)).toEqual(
      Array.from({ length: 20 }, (_, n) => n + 5),
    );
  });

  test("measures the time of attempts", async () => {
    const { clock, webhooks } = setUp(() => 200);
    webhooks.note(app, miss("cache-c"));
    await clock.advance(1);
    expect(webhooks.counters).toMatchObject({ attempts: 1, attemptMs: 0 });
  });
});
