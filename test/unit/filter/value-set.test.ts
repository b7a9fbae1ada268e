import { expect, test } from "bun:test";
import { joinAll, meetAll, type ValueSet } from "../../../src/filter/value-set.ts";

const only = (...values: string[]): ValueSet => ({ values, negated: false });
const not = (...values: string[]): ValueSet => ({ values, negated: true });

test("meetAll() keeps the values that are in all sets", () => {
  expect(meetAll([only("a", "b", "c"), only("b", "c", "d"), not("c")])).toEqual(only("b"));
  expect(meetAll([not("a"), not("b", "a")])).toEqual(not("a", "b"));
  expect(meetAll([only("a"), only("b")])).toEqual(only());
  expect(meetAll([not("a")])).toEqual(not("a"));
});

test("joinAll() keeps the values that are in any set", () => {
  expect(joinAll([only("a"), only("b", "a")])).toEqual(only("a", "b"));
  expect(joinAll([not("a", "b"), only("b")])).toEqual(not("a"));
  expect(joinAll([not("a"), not("b")])).toEqual(not());
});
