import { expect, test } from "bun:test";
import { RecentCount } from "../../../src/session/recent-count.ts";

test("RecentCount counts what happened in its span, and up to an eighth longer", () => {
  let nowMs = 123_456;
  const recent = new RecentCount(4000, () => nowMs);
  expect(recent.count).toBe(0);
  recent.add();
  recent.add();
  nowMs += 2000;
  recent.add();
  expect(recent.count).toBe(3);
  nowMs += 2000;
  expect(recent.count).toBe(3);
  nowMs += 500;
  expect(recent.count).toBe(1);
  nowMs += 1_000_000;
  expect(recent.count).toBe(0);
});
