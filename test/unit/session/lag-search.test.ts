import { describe, expect, test } from "bun:test";
import { checkInSteps, LagSearch } from "../../../src/session/lag-search.ts";

/** A search over one socket, with the scheduled actions and the number of checks. */
function search(searchBytes: number): {
  readonly lagSearch: LagSearch;
  readonly later: (() => void)[];
  readonly looks: () => number;
} {
  const later: (() => void)[] = [];
  let looks = 0;
  const socket = { checkBuffer: () => void looks++ };
  const lagSearch = new LagSearch(
    () => [socket],
    { nowMs: () => 0, later: (action) => void later.push(action) },
    searchBytes,
  );
  return { lagSearch, later, looks: () => looks };
}

describe("LagSearch.published()", () => {
  test("does not search while every socket keeps up", () => {
    const { lagSearch, later, looks } = search(10);
    for (let count = 0; count < 100; count++) lagSearch.published(1000, 1);
    expect([later.length, looks()]).toEqual([0, 0]);
  });

  test("searches once, later, when some socket lags", () => {
    const { lagSearch, later, looks } = search(1000);
    for (let count = 0; count < 5; count++) lagSearch.published(1, -1);
    expect([later.length, looks()]).toEqual([1, 0]);
    later[0]?.();
    expect(looks()).toBe(1);
  });

  test("searches soon when much was published, but never on the publisher's stack", async () => {
    const { lagSearch, looks } = search(1000);
    lagSearch.published(600, 1);
    lagSearch.published(600, 0);
    lagSearch.published(600, 0);
    expect(looks()).toBe(0);
    await Promise.resolve();
    expect(looks()).toBe(1);
  });
});

describe("checkInSteps()", () => {
  test("checks each socket once, with pauses when the checks take long", () => {
    const looks: number[] = [];
    const later: (() => void)[] = [];
    let nowMs = 0;
    let doneCount = 0;
    const sockets = Array.from({ length: 25 }, (_, index) => ({
      checkBuffer() {
        looks.push(index);
        nowMs += 0.2;
      },
    }));
    const clock = { nowMs: () => nowMs, later: (action: () => void) => void later.push(action) };
    checkInSteps(sockets, clock, () => doneCount++);
    expect([looks.length, doneCount]).toEqual([10, 0]);
    later.shift()?.();
    later.shift()?.();
    expect(looks).toEqual(Array.from({ length: 25 }, (_, index) => index));
    expect([doneCount, later.length]).toEqual([1, 0]);
  });
});

test("LagSearch waits longer after a search that took long", () => {
  const later: [action: () => void, delayMs: number][] = [];
  let nowMs = 0;
  const sockets = [{ checkBuffer: () => void (nowMs += 10) }];
  const lagSearch = new LagSearch(
    () => sockets,
    { nowMs: () => nowMs, later: (action, delayMs) => void later.push([action, delayMs]) },
    Infinity,
  );
  lagSearch.published(1, -1);
  later[0]?.[0]();
  lagSearch.published(1, -1);
  expect(later.map(([, delayMs]) => delayMs)).toEqual([50, 200]);
});

test("LagSearch starts no second search while one is running", () => {
  const later: (() => void)[] = [];
  let nowMs = 0;
  const sockets = Array.from({ length: 15 }, () => ({ checkBuffer: () => void nowMs++ }));
  const clock = { nowMs: () => nowMs, later: (action: () => void) => void later.push(action) };
  const lagSearch = new LagSearch(() => sockets, clock, Infinity);
  lagSearch.published(1, -1);
  later.shift()?.();
  expect([nowMs, later.length]).toEqual([10, 1]);
  lagSearch.published(1, -1);
  expect(later.length).toBe(1);
  later.shift()?.();
  lagSearch.published(1, -1);
  expect([nowMs, later.length]).toEqual([15, 1]);
});

test("LagSearch checks a single socket once, a little later", () => {
  const { lagSearch, later, looks } = search(Infinity);
  let socketLooks = 0;
  const socket = { checkBuffer: () => void socketLooks++ };
  lagSearch.checkLater(socket);
  lagSearch.checkLater(socket);
  expect(later.length).toBe(1);
  later[0]?.();
  expect([socketLooks, looks()]).toEqual([1, 0]);
  lagSearch.checkLater(socket);
  expect(later.length).toBe(2);
});
