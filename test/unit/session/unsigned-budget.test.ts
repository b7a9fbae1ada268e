import { expect, test } from "bun:test";
import { UnsignedBudget } from "../../../src/session/unsigned-budget.ts";

let nowMs = 0;

/** How many of `count` requests of an address are answered at this moment. */
function taken(budget: UnsignedBudget, address: string, count: number): number {
  return Array.from({ length: count }, () => budget.take(address)).filter(Boolean).length;
}

test("an address has a limited part of a second's requests, and the same again in the next second", () => {
  const budget = new UnsignedBudget({ perAddress: 50, perSecond: 100 }, () => nowMs);
  expect(taken(budget, "a", 200)).toBe(50);
  nowMs += 999;
  expect(taken(budget, "a", 1)).toBe(0);
  nowMs += 1;
  expect(taken(budget, "a", 200)).toBe(50);
});

test("many addresses leave each address a few", () => {
  const budget = new UnsignedBudget({ perAddress: 50, perSecond: 100 }, () => nowMs);
  for (const address of ["a", "b", "c", "d", "e"]) taken(budget, address, 50);
  expect(taken(budget, "balancer", 50)).toBe(20);
  expect(taken(budget, "", 1)).toBe(0);
});

test("clients without an address are limited only by the node's budget", () => {
  const budget = new UnsignedBudget({ perAddress: 50, perSecond: 100 }, () => nowMs);
  expect(taken(budget, "", 200)).toBe(100);
});

test("Infinity means no limit", () => {
  const budget = new UnsignedBudget({ perAddress: Infinity, perSecond: Infinity }, () => nowMs);
  expect(taken(budget, "a", 10_000)).toBe(10_000);
});
