import { describe, expect, test } from "bun:test";
import { readSlots, slotOf } from "../../../../src/cluster/broker/redis-slots.ts";

describe("slotOf()", () => {
  // As CLUSTER KEYSLOT of Redis 7 says.
  const CASES: readonly (readonly [key: string, slot: number])[] = [
    ["", 0],
    ["123456789", 12_739],
    ["foo", 12_182],
    ["{foo}bar", 12_182],
    ["a{foo}{bar}", 12_182],
    ["{}foo", 9500],
    ["foo{}{bar}", 8363],
    ["foo{{bar}}zap", 4015],
    ["ü🎈", 13_975],
  ];
  for (const [key, slot] of CASES)
    test(`is ${slot} for ${JSON.stringify(key)}`, () => expect(slotOf(key)).toBe(slot));
});

describe("readSlots()", () => {
  const asked = { host: "10.0.0.1", port: 7000 };

  test("takes the first node of a range for its primary", () => {
    const { primaries, servers } = readSlots(
      [
        [0, 8191, ["10.0.0.1", 7000, "id-1", []], ["10.0.0.4", 7003, "id-4", []]],
        [8192, 16_383, ["::1", 7001, "id-2", []]],
      ],
      asked,
    );
    expect([primaries[0], primaries[8191], primaries[8192]]).toEqual([
      "10.0.0.1:7000",
      "10.0.0.1:7000",
      "[::1]:7001",
    ]);
    expect([...servers.keys()]).toEqual(["10.0.0.1:7000", "10.0.0.4:7003", "[::1]:7001"]);
  });

  test("takes a server that does not know its host for the one that was asked", () => {
    const { primaries } = readSlots(
      [
        [0, 1, ["", 7001]],
        [2, 3, [null, 7002]],
      ],
      asked,
    );
    expect(primaries.slice(0, 5)).toEqual([
      "10.0.0.1:7001",
      "10.0.0.1:7001",
      "10.0.0.1:7002",
      "10.0.0.1:7002",
      undefined,
    ]);
  });

  test("is empty for anything else", () => {
    for (const reply of [null, 7, "x", [], [[]], [7]])
      expect(readSlots(reply, asked).servers.size).toBe(0);
  });
});
