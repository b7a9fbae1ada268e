import { expect, test } from "bun:test";
import { type ProgressLimits, Progress } from "../../../src/hub/lag/progress.ts";

const LIMITS: ProgressLimits = { maxLagMs: 30_000, minTakenBytes: 1000, maxStallMs: 5000 };

test("a client that reads a little all the time is not too slow, however much is buffered", () => {
  const progress = new Progress(1_000_000, 0);
  for (let second = 1; second <= 120; second++) {
    progress.sample(1_000_000 - second * 100, second * 1000);
    expect(progress.judge(LIMITS, true, second * 1000)).toBe(false);
  }
});

test("a client that reads next to nothing is too slow after the longest lag", () => {
  const progress = new Progress(5000, 0);
  progress.sample(4500, 10_000);
  expect(progress.judge(LIMITS, false, 29_999)).toBe(false);
  expect(progress.judge(LIMITS, false, 30_000)).toBe(true);
});

test("a client that has read everything is never too slow", () => {
  const progress = new Progress(10, 0);
  progress.sample(0, 1000);
  expect(progress.judge(LIMITS, false, 60_000)).toBe(false);
});

test("a client that reads nothing while too much is buffered is too slow after a stall", () => {
  const progress = new Progress(5000, 0);
  progress.sample(4999, 1000);
  progress.sample(9000, 2000);
  expect(progress.judge(LIMITS, true, 5999)).toBe(false);
  expect(progress.judge(LIMITS, true, 6000)).toBe(true);
});
