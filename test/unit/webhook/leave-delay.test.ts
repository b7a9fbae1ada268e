import { describe, expect, test } from "bun:test";
import * as fc from "fast-check";
import type { ChannelEvent } from "../../../src/events/app-event.ts";
import { WebhookCounters } from "../../../src/webhook/counters.ts";
import { LeaveDelay } from "../../../src/webhook/leave-delay.ts";
import { testApp } from "../../doubles/app.ts";
import { FakeClock } from "../queue/fake-clock.ts";

const app = testApp();

function setUp(leaveDelayMs = 3000) {
  const clock = new FakeClock(1000);
  const counters = new WebhookCounters();
  const released: string[] = [];
  const delay = new LeaveDelay(clock, leaveDelayMs, counters, ({ id }, event, happenedMs) => {
    const who = "userId" in event ? `/${event.userId}` : "";
    released.push(`${id} ${event.kind} ${event.channel}${who} ${happenedMs} at ${clock.nowMs()}`);
  });
  return { clock, counters, delay, take: () => released.splice(0) };
}

function occupied(channel: string): ChannelEvent {
  return { kind: "channel_occupied", channel };
}
function vacated(channel: string): ChannelEvent {
  return { kind: "channel_vacated", channel };
}
function added(channel: string, userId: string): ChannelEvent {
  return { kind: "member_added", channel, userId };
}
function removed(channel: string, userId: string): ChannelEvent {
  return { kind: "member_removed", channel, userId };
}

describe("LeaveDelay", () => {
  test("passes on every event at once, except leaves", () => {
    const { delay, take } = setUp();
    delay.note(app, occupied("c"));
    delay.note(app, added("c", "u"));
    delay.note(app, { kind: "cache_miss", channel: "c" });
    delay.note(app, { kind: "subscription_count", channel: "c", count: 0 });
    delay.note(app, removed("c", "u"));
    delay.note(app, vacated("c"));
    expect(take()).toEqual([
      "3 channel_occupied c 1000 at 1000",
      "3 member_added c/u 1000 at 1000",
      "3 cache_miss c 1000 at 1000",
      "3 subscription_count c 1000 at 1000",
    ]);
    expect(delay.delayedCount).toBe(2);
  });

  test("releases leaves late, in order, with the time at which they happened", async () => {
    const { clock, delay, take } = setUp();
    delay.note(app, removed("c", "u"));
    await clock.advance(10);
    delay.note(app, vacated("c"));
    await clock.advance(2989);
    expect(take()).toEqual([]);
    await clock.advance(1);
    expect(take()).toEqual(["3 member_removed c/u 1000 at 4000"]);
    await clock.advance(60_000);
    expect(take()).toEqual(["3 channel_vacated c 1010 at 4010"]);
    expect(clock.timerCount).toBe(0);
  });

  test("releases neither the leave nor the return when a client is back in time", async () => {
    const { clock, counters, delay, take } = setUp();
    delay.note(app, removed("c", "u"));
    delay.note(app, vacated("c"));
    await clock.advance(2999);
    delay.note(app, occupied("c"));
    delay.note(app, added("c", "u"));
    await clock.advance(60_000);
    expect(take()).toEqual([]);
    expect([counters.cancelled, delay.delayedCount, clock.timerCount]).toEqual([2, 0, 0]);
  });

  test("releases both when the return is too late", async () => {
    const { clock, delay, take } = setUp();
    delay.note(app, vacated("c"));
    await clock.advance(3001);
    delay.note(app, occupied("c"));
    expect(take()).toEqual([
      "3 channel_vacated c 1000 at 4000",
      "3 channel_occupied c 4001 at 4001",
    ]);
  });

  test("starts again with each leave", async () => {
    const { clock, delay, take } = setUp();
    delay.note(app, vacated("c"));
    await clock.advance(2000);
    delay.note(app, occupied("c"));
    delay.note(app, vacated("c"));
    await clock.advance(2999);
    expect(take()).toEqual([]);
    await clock.advance(1);
    expect(take()).toEqual(["3 channel_vacated c 3000 at 6000"]);
  });

  test.each<readonly [ChannelEvent, ChannelEvent, string]>([
    [vacated("c"), occupied("d"), "another channel"],
    [removed("c", "u"), added("c", "v"), "another user"],
    [removed("c", "u"), added("d", "u"), "another channel of the user"],
    [removed("c", "u"), occupied("c"), "the channel instead of the user"],
    [vacated("c"), added("c", "null"), "a user instead of the channel"],
  ])("%o is not undone by %o: %s", async (leaving, coming) => {
    const { clock, counters, delay, take } = setUp();
    delay.note(app, leaving);
    delay.note(app, coming);
    await clock.advance(3000);
    expect(take()).toHaveLength(2);
    expect(counters.cancelled).toBe(0);
  });

  test("is not cancelled by another app", async () => {
    const { clock, delay, take } = setUp();
    delay.note(app, vacated("c"));
    delay.note(testApp({ id: "4" }), occupied("c"));
    await clock.advance(3000);
    expect(take()).toEqual([
      "4 channel_occupied c 1000 at 1000",
      "3 channel_vacated c 1000 at 4000",
    ]);
  });

  test("is cancelled by the same app after its configuration has been reloaded", async () => {
    const { clock, delay, take } = setUp();
    delay.note(app, vacated("c"));
    delay.note(testApp(), occupied("c"));
    await clock.advance(3000);
    expect(take()).toEqual([]);
  });

  test("is counted from the later of two leaves without a return, and delays no other event", async () => {
    const { clock, delay, take } = setUp();
    delay.note(app, vacated("c"));
    await clock.advance(1000);
    delay.note(app, vacated("d"));
    await clock.advance(1000);
    delay.note(app, vacated("c"));
    await clock.advance(3000);
    expect(take()).toEqual([
      "3 channel_vacated d 2000 at 5000",
      "3 channel_vacated c 3000 at 6000",
    ]);
  });

  test("of 0 delays nothing", () => {
    const { clock, delay, take } = setUp(0);
    delay.note(app, vacated("c"));
    expect(take()).toEqual(["3 channel_vacated c 1000 at 1000"]);
    expect(clock.timerCount).toBe(0);
  });

  test("end() releases what is delayed, and delays nothing any more", () => {
    const { clock, delay, take } = setUp();
    delay.note(app, removed("c", "u"));
    delay.note(app, vacated("c"));
    delay.end();
    delay.note(app, vacated("d"));
    expect(take()).toEqual([
      "3 member_removed c/u 1000 at 1000",
      "3 channel_vacated c 1000 at 1000",
      "3 channel_vacated d 1000 at 1000",
    ]);
    expect([delay.delayedCount, clock.timerCount]).toEqual([0, 0]);
  });

  test("releases joins and leaves of each channel in alternation, ending with its present state", async () => {
    const step = fc.record({ channel: fc.constantFrom("a", "b", "c"), waitMs: fc.nat(2500) });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
        const { clock, delay, take } = setUp();
        const isOccupied = new Map<string, boolean>();
        for (const { channel, waitMs } of steps) {
          const now = !(isOccupied.get(channel) ?? false);
          isOccupied.set(channel, now);
          delay.note(app, now ? occupied(channel) : vacated(channel));
          await clock.advance(waitMs);
        }
        await clock.advance(3000);
        const told = new Map<string, boolean>();
        for (const line of take()) {
          const [, kind = "", channel = "", happened, , at] = line.split(" ");
          expect(kind).toBe(told.get(channel) ? "channel_vacated" : "channel_occupied");
          expect(Number(at) - Number(happened)).toBe(told.get(channel) ? 3000 : 0);
          told.set(channel, !told.get(channel));
        }
        for (const [channel, now] of isOccupied) expect(told.get(channel) ?? false).toBe(now);
        expect(clock.timerCount).toBe(0);
      }),
      { numRuns: 60 },
    );
  });
});
