// Who owns what: evenly shared, and few keys move.
import { expect, test } from "bun:test";
import { OwnerTable } from "../../../../src/cluster/census/rendezvous.ts";

const KEYS = Array.from({ length: 20_000 }, (_, index) => `c:app:channel-${index}`);

function tableOf(...ids: readonly string[]): OwnerTable {
  return new OwnerTable(ids.map((id) => ({ id, incarnation: 1 })));
}

test("each of eight nodes owns about an eighth of the keys", () => {
  const table = tableOf("a", "b", "c", "d", "e", "f", "g", "h");
  const counts = new Map<string, number>();
  for (const key of KEYS) counts.set(table.ownerOf(key), (counts.get(table.ownerOf(key)) ?? 0) + 1);
  expect(counts.size).toBe(8);
  for (const count of counts.values()) {
    expect(count).toBeGreaterThan((KEYS.length / 8) * 0.7);
    expect(count).toBeLessThan((KEYS.length / 8) * 1.3);
  }
});

test("when a node goes, only its keys move", () => {
  const [before, after] = [tableOf("a", "b", "c"), tableOf("a", "c")];
  for (const key of KEYS)
    if (before.ownerOf(key) !== "b") expect(after.ownerOf(key)).toBe(before.ownerOf(key));
});

test("when a node comes, keys move to it alone", () => {
  const [before, after] = [tableOf("a", "b"), tableOf("a", "b", "c")];
  for (const key of KEYS) expect([before.ownerOf(key), "c"]).toContain(after.ownerOf(key));
});

test("the order of the nodes does not count, their lives do for the hash alone", () => {
  const table = tableOf("a", "b");
  expect(tableOf("b", "a").hash).toBe(table.hash);
  const reborn = new OwnerTable([
    { id: "a", incarnation: 2 },
    { id: "b", incarnation: 1 },
  ]);
  expect(reborn.hash).not.toBe(table.hash);
  for (const key of KEYS) expect(reborn.ownerOf(key)).toBe(table.ownerOf(key));
});

test("a node that is leaving owns nothing, unless all are leaving", () => {
  const [staying, leaving] = [
    { id: "a", incarnation: 1, isLeaving: false },
    { id: "b", incarnation: 1, isLeaving: true },
  ];
  for (const key of KEYS) expect(OwnerTable.among([staying, leaving]).ownerOf(key)).toBe("a");
  expect(OwnerTable.among([leaving]).ownerOf("key")).toBe("b");
});
