import { describe, expect, test } from "bun:test";
import { Turns } from "../../../src/webhook/turns.ts";
import { FakeClock } from "../queue/fake-clock.ts";

function setUp() {
  const clock = new FakeClock();
  const calls: string[] = [];
  const turns = new Turns({
    clock,
    wake: (lane) => void calls.push(`wake ${lane}`),
    free: (routeId) => void calls.push(`free ${routeId}`),
  });
  return { clock, turns, take: () => calls.splice(0) };
}

describe("Turns", () => {
  test("do not limit the deliveries to an endpoint that works", () => {
    const { turns, take } = setUp();
    expect(turns.mayBegin("e")).toBe(true);
    turns.begin("e", "e#0");
    turns.succeeded("e");
    turns.passOn("e", "e#0", 100);
    expect([turns.mayBegin("e"), take()]).toEqual([true, []]);
  });

  test("make the lane that failed first the probe, and count only its failures", () => {
    const { turns } = setUp();
    expect(turns.failed("e", "e#0")).toBe(1);
    expect(turns.failed("e", "e#1")).toBeNull();
    expect(turns.failed("e", "e#0")).toBe(2);
    expect(turns.failed("other", "other#0")).toBe(1);
    expect(turns.mayBegin("e")).toBe(false);
  });

  test("wake all lanes when the endpoint accepts a delivery", () => {
    const { turns, take } = setUp();
    turns.failed("e", "e#0");
    turns.block("e", "e#1");
    turns.block("e", "e#2");
    turns.succeeded("e");
    expect(take()).toEqual(["wake e#0", "wake e#1", "wake e#2", "free e"]);
    expect(turns.mayBegin("e")).toBe(true);
    expect(turns.failed("e", "e#1")).toBe(1);
  });

  test("pass on after a pause, to the first blocked lane, and then to new deliveries", async () => {
    const { clock, turns, take } = setUp();
    turns.failed("e", "e#0");
    turns.block("e", "e#1");
    turns.passOn("e", "e#1", 0);
    expect(take()).toEqual([]);
    turns.passOn("e", "e#0", 100);
    await clock.advance(99);
    expect([turns.mayBegin("e"), take()]).toEqual([false, []]);
    await clock.advance(1);
    expect([turns.mayBegin("e"), take()]).toEqual([false, ["wake e#1"]]);
    expect(turns.failed("e", "e#1")).toBe(2);
    turns.passOn("e", "e#1", 0);
    expect([turns.mayBegin("e"), take()]).toEqual([true, ["free e"]]);
    turns.begin("e", "e#3");
    expect(turns.mayBegin("e")).toBe(false);
    expect(turns.failed("e", "e#3")).toBe(3);
  });

  test("make a lane that fails late the probe if no other is left", () => {
    const { turns } = setUp();
    turns.failed("e", "e#0");
    turns.passOn("e", "e#0", 0);
    expect(turns.failed("e", "e#1")).toBe(2);
  });

  test("skip pauses and let all lanes try in a hurry", async () => {
    const { clock, turns, take } = setUp();
    turns.failed("e", "e#0");
    turns.block("e", "e#1");
    turns.failed("paused", "paused#0");
    turns.passOn("paused", "paused#0", 60_000);
    turns.hurry();
    expect(take()).toEqual(["wake e#0", "wake e#1", "free paused"]);
    await clock.advance(60_000);
    expect([take(), clock.timerCount]).toEqual([[], 0]);
    // It fails again, and is blocked again.
    expect(turns.failed("e", "e#1")).toBeNull();
    turns.block("e", "e#1");
    turns.passOn("e", "e#0", 0);
    expect(take()).toEqual(["wake e#1"]);
  });
});
