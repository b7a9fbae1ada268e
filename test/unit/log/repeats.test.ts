// Hits of a limit are logged once a minute, and the memory for that is bounded.
import { expect, test } from "bun:test";
import { createLog } from "../../../src/log/log.ts";
import { Repeats } from "../../../src/log/repeats.ts";

test("admit() admits one per key and window, and counts the others", () => {
  const repeats = new Repeats(1000, 10);
  expect(repeats.allow("a", 0)).toBe(0);
  expect(repeats.allow("a", 1)).toBeNull();
  expect(repeats.allow("b", 2)).toBe(0);
  expect(repeats.allow("a", 999)).toBeNull();
  expect(repeats.allow("a", 1000)).toBe(2);
  expect(repeats.allow("a", 1001)).toBeNull();
  expect(repeats.allow("a", 5000)).toBe(1);
  expect(repeats.allow("a", 9000)).toBe(0);
});

test("admit() treats all keys above its bound as one", () => {
  const repeats = new Repeats(1000, 10);
  const admitted = Array.from({ length: 10_000 }, (_, index) => repeats.allow(`key ${index}`, 5));
  expect(admitted.filter((count) => count !== null)).toHaveLength(11);
  expect(repeats.allow("key 3", 6)).toBeNull();
  expect(repeats.allow("another", 6)).toBeNull();
});

test("admit() has room again when windows have ended", () => {
  const repeats = new Repeats(1000, 2);
  repeats.allow("a", 0);
  repeats.allow("b", 500);
  expect(repeats.allow("c", 1000)).toBe(0);
  expect(repeats.allow("b", 1000)).toBeNull();
  expect(repeats.allow("c", 1001)).toBeNull();
});

test("admit() ends the window when the clock is set back", () => {
  const repeats = new Repeats(1000, 10);
  repeats.allow("a", 50_000);
  expect(repeats.allow("a", 10)).toBe(0);
});

test("admit() keeps only the beginning of a long key", () => {
  const repeats = new Repeats(1000, 10);
  repeats.allow("x".repeat(1_000_000), 0);
  expect(repeats.allow(`${"x".repeat(200)}y`, 0)).toBeNull();
});

test("once() warns once a minute and gives the number of omitted warnings", () => {
  const lines: string[] = [];
  let nowMs = 0;
  const log = createLog({
    level: "info",
    format: "text",
    colour: false,
    write: (line) => lines.push(line),
    nowMs: () => nowMs,
  });
  for (const [atMs, appId] of [
    [0, "3"],
    [1, "3"],
    [2, "4"],
    [59_999, "3"],
    [60_000, "3"],
  ] as const) {
    nowMs = atMs;
    log.child({ request_id: "r" }).once(`origin ${appId}`, "limit hit", { app_id: appId });
  }
  expect(lines.map((line) => line.slice(line.indexOf("WARN")))).toEqual([
    "WARN  limit hit request_id=r app_id=3\n",
    "WARN  limit hit request_id=r app_id=4\n",
    "WARN  limit hit request_id=r app_id=3 left_out=2\n",
  ]);
});
