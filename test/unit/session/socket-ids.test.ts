import { expect, test } from "bun:test";
import { TokenBucket } from "../../../src/protocol/token-bucket.ts";
import { socketIds } from "../../../src/session/socket-ids.ts";
import { isSocketId } from "../../../src/protocol/names.ts";

test("TokenBucket.take() allows a burst of one second and then the steady rate", () => {
  const bucket = new TokenBucket(10, 0);
  const taken = (count: number, nowMs: number): number =>
    Array.from({ length: count }, () => bucket.take(nowMs)).filter(Boolean).length;
  expect(taken(15, 0)).toBe(10);
  expect(taken(5, 100)).toBe(1);
  expect(taken(50, 60_000)).toBe(10);
  // A clock that goes back adds no tokens.
  expect(taken(5, 50_000)).toBe(0);
});

test("TokenBucket.take() never refuses without a limit", () => {
  const bucket = new TokenBucket(Infinity, 0);
  expect(Array.from({ length: 100 }, () => bucket.take(0)).every(Boolean)).toBe(true);
});

test("socketIds() gives distinct ids of the protocol's form", () => {
  const next = socketIds((numbers) => crypto.getRandomValues(numbers));
  const ids = new Set(Array.from({ length: 10_000 }, next));
  expect(ids.size).toBe(10_000);
  expect([...ids].every(isSocketId)).toBe(true);
});
