import { beforeEach, describe, expect, test } from "bun:test";
import { AppKeys, IdempotencyKeys, type KeyLimits } from "../../../src/http/idempotency.ts";
import { testApp } from "../../doubles/app.ts";

let nowMs: number;

beforeEach(() => {
  nowMs = 0;
});

const LIMITS: KeyLimits = { maxLength: 128, maxKeys: 100, maxBytes: 1_000_000 };

function keysWith(limits: Partial<KeyLimits> = {}): AppKeys {
  return new AppKeys({ ...LIMITS, ...limits }, 1000, () => nowMs);
}

describe("AppKeys", () => {
  test("returns the first answer until it expires", () => {
    const keys = keysWith();
    expect(keys.find("a")).toBeNull();
    expect(keys.remember("a", "{}")).toBe(true);
    nowMs = 999;
    expect([keys.find("a"), keys.find("b")]).toEqual(["{}", null]);
    nowMs = 1000;
    expect(keys.find("a")).toBeNull();
  });

  test("removes what has expired", () => {
    const keys = keysWith();
    keys.remember("a", "{}");
    nowMs = 500;
    keys.remember("b", "{}");
    nowMs = 1000;
    keys.sweep();
    expect(keys.count).toBe(1);
    nowMs = 1500;
    keys.remember("c", "{}");
    expect(keys.count).toBe(1);
  });

  test("removes the oldest entry to make room for a new one, and reports that", () => {
    const keys = keysWith({ maxKeys: 2 });
    expect(["a", "b", "c"].map((key) => keys.remember(key, "{}"))).toEqual([true, true, false]);
    expect(["a", "b", "c"].map((key) => keys.find(key))).toEqual([null, "{}", "{}"]);
  });

  test("stays within its memory limit", () => {
    const keys = keysWith({ maxBytes: 100_000 });
    for (let index = 0; index < 1000; index++) keys.remember(`${index}`, "x".repeat(1000));
    expect(keys.count).toBeWithin(40, 50);
    expect(keys.find("999")).not.toBeNull();
    // Entries that were removed no longer count.
    for (let index = 0; index < 80; index++) keys.remember("same", "x".repeat(1000));
    expect(keys.count).toBeWithin(40, 50);
  });
});

test("IdempotencyKeys keeps the keys of two apps apart, and sweeps both", () => {
  const keys = new IdempotencyKeys(LIMITS, () => nowMs);
  const [one, two] = [testApp({ id: "1" }, { idempotencyTtlMs: 10 }), testApp({ id: "2" })];
  keys.of(one).remember("a", "1");
  expect([keys.of(one).find("a"), keys.of(two).find("a")]).toEqual(["1", null]);
  nowMs = 10;
  keys.sweep();
  expect(keys.of(one).count).toBe(0);
});
