import { expect, test } from "bun:test";
import { Restarts } from "../../../src/process/restarts.ts";

test("each start comes later than the one before, and the fifth death within a minute is the last", () => {
  const restarts = new Restarts(() => 0);
  expect([0, 200, 500, 1000].map((nowMs) => restarts.died(nowMs))).toEqual([100, 200, 400, 800]);
  expect(restarts.died(59_000)).toBeNull();
});

test("deaths are forgotten after a minute", () => {
  const restarts = new Restarts(() => 0);
  const pauses = Array.from({ length: 20 }, (_, index) => restarts.died(index * 20_000));
  expect(pauses).toEqual([100, 200, ...Array.from({ length: 18 }, () => 400)]);
});

test("workers that end together are not started together", () => {
  expect(new Restarts(() => 1).died(0)).toBe(150);
  expect(new Restarts(() => 0.5).died(0)).toBe(125);
});
