import { describe, expect, test } from "bun:test";
import { SlowSearch } from "../../../src/session/slow.ts";

/** A search over one socket, with the actions that wait and a count of looks. */
function search(lookBytes: number): {
  readonly slow: SlowSearch;
  readonly later: (() => void)[];
  readonly looks: () => number;
} {
  const later: (() => void)[] = [];
  let looks = 0;
  const socket = { lookAtBuffer: () => void looks++ };
  const slow = new SlowSearch(
    () => [socket],
    (action) => void later.push(action),
    lookBytes,
  );
  return { slow, later, looks: () => looks };
}

describe("SlowSearch.published()", () => {
  test("does not look while everybody keeps up", () => {
    const { slow, later, looks } = search(10);
    for (let count = 0; count < 100; count++) slow.published(1000, 1);
    expect([later.length, looks()]).toEqual([0, 0]);
  });

  test("looks once, later, when somebody lags", () => {
    const { slow, later, looks } = search(1000);
    for (let count = 0; count < 5; count++) slow.published(1, -1);
    expect([later.length, looks()]).toEqual([1, 0]);
    later[0]?.();
    expect(looks()).toBe(1);
  });

  test("looks soon when much was published, but never on the publisher's stack", async () => {
    const { slow, looks } = search(1000);
    slow.published(600, 1);
    slow.published(600, 0);
    slow.published(600, 0);
    expect(looks()).toBe(0);
    await Promise.resolve();
    expect(looks()).toBe(1);
  });
});
