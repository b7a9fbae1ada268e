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
  test("let an endpoint that works be handed everything", () => {
    const { turns, take } = setUp();
    expect(turns.mayBegin("e")).toBe(true);
    turns.begin("e", "e#0");
    turns.succeeded("e");
    turns.passOn("e", "e#0", 100);
    expect([turns.mayBegin("e"), take()]).toEqual([true, []]);
  });

  test("leave the asking to the lane that has failed, and count its failures alone", () => {
    const { turns } = setUp();
    expect(turns.failed("e", "e#0")).toBe(1);
    expect(turns.failed("e", "e#1")).toBeNull();
    expect(turns.failed("e", "e#0")).toBe(2);
    expect(turns.failed("other", "other#0")).toBe(1);
    expect(turns.mayBegin("e")).toBe(false);
  });

  test("wake all when the endpoint has taken something", () => {
    const { turns, take } = setUp();
    turns.failed("e", "e#0");
    turns.block("e", "e#1");
    turns.block("e", "e#2");
    turns.succeeded("e");
    expect(take()).toEqual(["wake e#0", "wake e#1", "wake e#2", "free e"]);
    expect(turns.mayBegin("e")).toBe(true);
    expect(turns.failed("e", "e#1")).toBe(1);
  });

  test("go on after a pause, to who waits first, and then to what comes", async () => {
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

  test("take the one that fails late when nobody else is left", () => {
    const { turns } = setUp();
    turns.failed("e", "e#0");
    turns.passOn("e", "e#0", 0);
    expect(turns.failed("e", "e#1")).toBe(2);
  });

  test("have no pause and let all try when time runs out", async () => {
    const { clock, turns, take } = setUp();
    turns.failed("e", "e#0");
    turns.block("e", "e#1");
    turns.failed("paused", "paused#0");
    turns.passOn("paused", "paused#0", 60_000);
    turns.hurry();
    expect(take()).toEqual(["wake e#0", "wake e#1", "free paused"]);
    await clock.advance(60_000);
    expect([take(), clock.timerCount]).toEqual([[], 0]);
    // It fails again, and waits again.
    expect(turns.failed("e", "e#1")).toBeNull();
    turns.block("e", "e#1");
    turns.passOn("e", "e#0", 0);
    expect(take()).toEqual(["wake e#1"]);
  });
});
