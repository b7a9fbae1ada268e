import { describe, expect, test } from "bun:test";
import * as fc from "fast-check";
import type { Fact } from "../../../src/hub/facts.ts";
import { WebhookCounters } from "../../../src/webhook/counters.ts";
import { Grace } from "../../../src/webhook/grace.ts";
import { testApp } from "../../doubles/app.ts";
import { FakeClock } from "../queue/fake-clock.ts";

const app = testApp();

function setUp(graceMs = 3000) {
  const clock = new FakeClock(1000);
  const counters = new WebhookCounters();
  const released: string[] = [];
  const grace = new Grace(clock, graceMs, counters, ({ id }, fact, happenedMs) => {
    const who = "userId" in fact ? `/${fact.userId}` : "";
    released.push(`${id} ${fact.kind} ${fact.channel}${who} ${happenedMs} at ${clock.nowMs()}`);
  });
  return { clock, counters, grace, take: () => released.splice(0) };
}

function occupied(channel: string): Fact {
  return { kind: "channel_occupied", channel };
}
function vacated(channel: string): Fact {
  return { kind: "channel_vacated", channel };
}
function added(channel: string, userId: string): Fact {
  return { kind: "member_added", channel, userId };
}
function removed(channel: string, userId: string): Fact {
  return { kind: "member_removed", channel, userId };
}

describe("Grace", () => {
  test("lets pass at once all but those who leave", () => {
    const { grace, take } = setUp();
    grace.note(app, occupied("c"));
    grace.note(app, added("c", "u"));
    grace.note(app, { kind: "cache_miss", channel: "c" });
    grace.note(app, { kind: "subscription_count", channel: "c", count: 0 });
    grace.note(app, removed("c", "u"));
    grace.note(app, vacated("c"));
    expect(take()).toEqual([
      "3 channel_occupied c 1000 at 1000",
      "3 member_added c/u 1000 at 1000",
      "3 cache_miss c 1000 at 1000",
      "3 subscription_count c 1000 at 1000",
    ]);
    expect(grace.heldCount).toBe(2);
  });

  test("tells late of who leaves, in order, with the time when it happened", async () => {
    const { clock, grace, take } = setUp();
    grace.note(app, removed("c", "u"));
    await clock.advance(10);
    grace.note(app, vacated("c"));
    await clock.advance(2989);
    expect(take()).toEqual([]);
    await clock.advance(1);
    expect(take()).toEqual(["3 member_removed c/u 1000 at 4000"]);
    await clock.advance(60_000);
    expect(take()).toEqual(["3 channel_vacated c 1010 at 4010"]);
    expect(clock.timerCount).toBe(0);
  });

  test("says nothing of who comes back in time, neither that he left nor that he came", async () => {
    const { clock, counters, grace, take } = setUp();
    grace.note(app, removed("c", "u"));
    grace.note(app, vacated("c"));
    await clock.advance(2999);
    grace.note(app, occupied("c"));
    grace.note(app, added("c", "u"));
    await clock.advance(60_000);
    expect(take()).toEqual([]);
    expect([counters.cancelled, grace.heldCount, clock.timerCount]).toEqual([2, 0, 0]);
  });

  test("tells of both when he comes back too late", async () => {
    const { clock, grace, take } = setUp();
    grace.note(app, vacated("c"));
    await clock.advance(3001);
    grace.note(app, occupied("c"));
    expect(take()).toEqual([
      "3 channel_vacated c 1000 at 4000",
      "3 channel_occupied c 4001 at 4001",
    ]);
  });

  test("begins anew with each leaving", async () => {
    const { clock, grace, take } = setUp();
    grace.note(app, vacated("c"));
    await clock.advance(2000);
    grace.note(app, occupied("c"));
    grace.note(app, vacated("c"));
    await clock.advance(2999);
    expect(take()).toEqual([]);
    await clock.advance(1);
    expect(take()).toEqual(["3 channel_vacated c 3000 at 6000"]);
  });

  test.each<readonly [Fact, Fact, string]>([
    [vacated("c"), occupied("d"), "another channel"],
    [removed("c", "u"), added("c", "v"), "another user"],
    [removed("c", "u"), added("d", "u"), "another channel of the user"],
    [removed("c", "u"), occupied("c"), "the channel instead of the user"],
    [vacated("c"), added("c", "null"), "a user instead of the channel"],
  ])("%o is not undone by %o: %s", async (leaving, coming) => {
    const { clock, counters, grace, take } = setUp();
    grace.note(app, leaving);
    grace.note(app, coming);
    await clock.advance(3000);
    expect(take()).toHaveLength(2);
    expect(counters.cancelled).toBe(0);
  });

  test("is not undone by another app", async () => {
    const { clock, grace, take } = setUp();
    grace.note(app, vacated("c"));
    grace.note(testApp({ id: "4" }), occupied("c"));
    await clock.advance(3000);
    expect(take()).toEqual([
      "4 channel_occupied c 1000 at 1000",
      "3 channel_vacated c 1000 at 4000",
    ]);
  });

  test("is undone by the same app after its configuration was read again", async () => {
    const { clock, grace, take } = setUp();
    grace.note(app, vacated("c"));
    grace.note(testApp(), occupied("c"));
    await clock.advance(3000);
    expect(take()).toEqual([]);
  });

  test("counts from the later of two leavings without a return, and keeps no other waiting", async () => {
    const { clock, grace, take } = setUp();
    grace.note(app, vacated("c"));
    await clock.advance(1000);
    grace.note(app, vacated("d"));
    await clock.advance(1000);
    grace.note(app, vacated("c"));
    await clock.advance(3000);
    expect(take()).toEqual([
      "3 channel_vacated d 2000 at 5000",
      "3 channel_vacated c 3000 at 6000",
    ]);
  });

  test("of 0 holds nothing", () => {
    const { clock, grace, take } = setUp(0);
    grace.note(app, vacated("c"));
    expect(take()).toEqual(["3 channel_vacated c 1000 at 1000"]);
    expect(clock.timerCount).toBe(0);
  });

  test("end() releases what is held, and holds nothing any more", () => {
    const { clock, grace, take } = setUp();
    grace.note(app, removed("c", "u"));
    grace.note(app, vacated("c"));
    grace.end();
    grace.note(app, vacated("d"));
    expect(take()).toEqual([
      "3 member_removed c/u 1000 at 1000",
      "3 channel_vacated c 1000 at 1000",
      "3 channel_vacated d 1000 at 1000",
    ]);
    expect([grace.heldCount, clock.timerCount]).toEqual([0, 0]);
  });

  test("tells an alternating story of each channel that ends in the truth", async () => {
    const step = fc.record({ channel: fc.constantFrom("a", "b", "c"), waitMs: fc.nat(2500) });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
        const { clock, grace, take } = setUp();
        const isOccupied = new Map<string, boolean>();
        for (const { channel, waitMs } of steps) {
          const now = !(isOccupied.get(channel) ?? false);
          isOccupied.set(channel, now);
          grace.note(app, now ? occupied(channel) : vacated(channel));
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
