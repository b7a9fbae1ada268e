// What comes over the bus is taken only if it is well formed.
import { expect, test } from "bun:test";
import { type Operation, readOperations } from "../../../../src/cluster/census/operations.ts";

const FACTS = {
  id: "n1",
  incarnation: 1,
  region: "",
  address: "",
  isLeaving: false,
  isYoung: false,
};
const GOOD: readonly Operation[] = [
  ["begin"],
  ["sent", 1, [FACTS]],
  ["part", "key", 1, 2, [["ann", "{}"]], ["bob"]],
  ["whole", "key", 1, 2, [["ann", null]], [], "n1"],
  ["moved", "key"],
  ["told", "key", 1, ["ann"]],
  ["view", "key", 0, [], ["ann"]],
  ["views", "key", 1, [["ann", null]], 0],
  ["carried", "key", { any: "thing" }],
];

test("operations of every kind are read as they are", () => {
  const text = JSON.stringify(GOOD);
  expect(JSON.stringify(readOperations(JSON.parse(text)))).toBe(text);
});

test.each([
  ["no list", {}],
  ["null", null],
  ["an element that is no list", ["begin"]],
  ["an unknown kind", [["other"]]],
  ["no key", [["moved"]]],
  ["a key that is no text", [["carried", 1, 1]]],
  ["a key that is too long", [["moved", "k".repeat(1025)]]],
  ["a hash that is no number", [["sent", "1", []]]],
  ["nodes that are no facts", [["sent", 1, [{ ...FACTS, incarnation: "1" }]]]],
  ["an id that is too long", [["sent", 1, [{ ...FACTS, id: "n".repeat(257) }]]]],
  ["a negative count", [["part", "key", -1, 0, [], []]]],
  ["half a count", [["part", "key", 0.5, 0, [], []]]],
  ["an unknown way to follow", [["part", "key", 1, 3, [], []]]],
  ["members that are no pairs", [["part", "key", 1, 0, ["ann"], []]]],
  ["a member without info", [["part", "key", 1, 0, [["ann"]], []]]],
  ["user ids that are no texts", [["part", "key", 1, 0, [], [1]]]],
  ["a whole part without the former owner", [["whole", "key", 1, 0, [], []]]],
  ["neither occupied nor vacated", [["told", "key", 2, []]]],
  ["a view without a count", [["view", "key", null, [], []]]],
  ["neither complete nor incomplete", [["views", "key", 1, [], true]]],
  ["a good one before a bad one", [["begin"], ["moved", 1]]],
])("%s is refused", (_, value) => {
  expect(readOperations(value)).toBeNull();
});
