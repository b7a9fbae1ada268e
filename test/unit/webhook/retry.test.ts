import { describe, expect, test } from "bun:test";
import { backoffMs, DEFAULT_RETRY, isOver } from "../../../src/webhook/retry.ts";

describe("backoffMs()", () => {
  test.each([
    [1, 1000],
    [2, 2000],
    [3, 4000],
    [6, 32_000],
    [7, 60_000],
    [8, 60_000],
    [5000, 60_000],
  ])("after %i failures waits at most %i ms", (failures, boundMs) => {
    expect(backoffMs(DEFAULT_RETRY, failures, 1)).toBe(boundMs);
    expect(backoffMs(DEFAULT_RETRY, failures, 0.25)).toBe(boundMs / 4);
    expect(backoffMs(DEFAULT_RETRY, failures, 0)).toBe(0);
  });
});

describe("isOver()", () => {
  test.each([
    [Infinity, 100, 299_999, false],
    [Infinity, 1, 300_000, true],
    [3, 2, 0, false],
    [3, 3, 0, true],
    [1, 1, 0, true],
  ])("of %p attempts at most, after %p and %p ms: %p", (maxAttempts, attempts, ageMs, over) => {
    expect(isOver({ ...DEFAULT_RETRY, maxAttempts }, attempts, ageMs)).toBe(over);
  });
});
