import { describe, expect, test } from "bun:test";
import { SeenRequests, SeenSignatures } from "../../../src/http/replay.ts";

describe("SeenSignatures.claim()", () => {
  const now = 1_700_000_000;
  const signature = (index: number): string => index.toString(16).padStart(13, "0").padEnd(64, "f");

  test("accepts a signature once within its window", () => {
    const seen = new SeenSignatures();
    expect(seen.claim(signature(1), now, now)).toBeNull();
    expect(seen.claim(signature(2), now, now)).toBeNull();
    expect(seen.claim(signature(1), now, now + 599)?.status).toBe(401);
    expect(seen.claim(signature(1), now - 599, now)).toBeNull();
  });

  test("refuses what it has no room to remember, and accepts again once entries have expired", () => {
    const seen = new SeenSignatures(3);
    for (const index of [1, 2, 3]) expect(seen.claim(signature(index), now, now)).toBeNull();
    expect(seen.claim(signature(4), now, now)?.status).toBe(503);
    expect(seen.claim(signature(4), now + 700, now + 700)).toBeNull();
  });
});

test("SeenRequests keeps the signatures of each app apart", () => {
  const seen = new SeenRequests();
  expect(seen.claim("1", "ab".repeat(32), 1000, 1000)).toBeNull();
  expect(seen.claim("2", "ab".repeat(32), 1000, 1000)).toBeNull();
  expect(seen.claim("1", "ab".repeat(32), 1000, 1000)?.status).toBe(401);
});
