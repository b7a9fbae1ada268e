import { describe, expect, test } from "bun:test";
import { Copies } from "../../../src/delta/copies.ts";

const FOSSIL = { shortestBytes: 4, longLength: 64, offsetBitsPerByte: 6, splitBytes: 2 };

function listed(copies: Copies): readonly (readonly number[])[] {
  return Array.from({ length: copies.count }, (_, index) => [
    copies.at(index),
    copies.from(index),
    copies.length(index),
  ]);
}

describe("Copies", () => {
  test("push() and truncate() keep the list in order", () => {
    const copies = new Copies(FOSSIL, 1000);
    expect([copies.count, copies.end, copies.diagonal]).toEqual([0, 0, 0]);
    copies.push(0, 0, 10);
    copies.push(12, 40, 20);
    copies.push(32, 5, 7);
    expect(listed(copies)).toEqual([
      [0, 0, 10],
      [12, 40, 20],
      [32, 5, 7],
    ]);
    expect([copies.end, copies.diagonal]).toEqual([39, -27]);
    copies.truncate(2);
    expect([copies.count, copies.end, copies.diagonal]).toEqual([2, 32, 28]);
    copies.truncate(2);
    copies.push(50, 50, 3);
    expect(listed(copies)[2]).toEqual([50, 50, 3]);
  });

  test("leastBytes() counts literals and the shortest form of every copy", () => {
    const copies = new Copies(FOSSIL, 1000);
    expect(copies.leastBytes(30)).toBe(30);
    copies.push(5, 0, 10);
    copies.push(20, 0, 10);
    expect(copies.leastBytes(30)).toBe(10 + 2 * 4);
    copies.truncate(1);
    expect(copies.leastBytes(30)).toBe(20 + 4);
  });

  // The size of `length@offset,`, and of `n:` for the literal after it if there is one before.
  test.each([
    { length: 4, from: 0, splits: false, gain: 0 },
    { length: 4, from: 0, splits: true, gain: -2 },
    { length: 7, from: 63, splits: true, gain: 1 },
    { length: 7, from: 64, splits: true, gain: 0 },
    { length: 7, from: 4095, splits: false, gain: 2 },
    { length: 7, from: 4096, splits: false, gain: 1 },
    { length: 63, from: 0, splits: false, gain: 59 },
    { length: 64, from: 0, splits: false, gain: 59 },
  ])("gain() of $length bytes from $from is $gain", ({ length, from, splits, gain }) => {
    expect(new Copies(FOSSIL, 100).gain(length, from, splits)).toBe(gain);
  });

  test("a list has room for the maximum number of copies of an input", () => {
    const copies = new Copies(FOSSIL, 300);
    for (let at = 0; at < 300; at += 3) copies.push(at, at, 3);
    expect([copies.count, copies.end]).toEqual([100, 300]);
  });
});
