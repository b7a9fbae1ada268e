import { describe, expect, test } from "bun:test";
import { HandshakeLimit } from "../../../src/session/handshakes.ts";

describe("HandshakeLimit", () => {
  let nowMs = 0;

  /** How many of `count` handshakes an address gets at this moment. */
  function taken(limit: HandshakeLimit, address: string, count: number): number {
    return Array.from({ length: count }, () => limit.take(address)).filter(Boolean).length;
  }

  test("leaves part of a burst to others", () => {
    const limit = new HandshakeLimit(100, () => nowMs);
    expect(taken(limit, "a", 1000)).toBe(80);
    expect(taken(limit, "b", 5)).toBe(5);
    expect(taken(limit, "", 1000)).toBe(15);
  });

  test("gives a single address all of a steady flow, and others what they need", () => {
    const limit = new HandshakeLimit(100, () => nowMs);
    let [greedy, modest] = [0, 0];
    const second = (others: boolean): void => {
      for (let step = 0; step < 100; step++) {
        nowMs += 10;
        greedy += taken(limit, "a", 10);
        if (others && step % 10 === 0) modest += taken(limit, "b", 1);
      }
    };
    for (let times = 0; times < 5; times++) second(false);
    greedy = 0;
    for (let times = 0; times < 10; times++) second(false);
    expect(greedy).toBeWithin(990, 1011);
    for (let times = 0; times < 10; times++) second(true);
    expect(modest).toBe(100);
  });

  test("allows one at a time at a rate of one a second", () => {
    const limit = new HandshakeLimit(1, () => nowMs);
    expect(taken(limit, "a", 2)).toBe(1);
    nowMs += 1000;
    expect(taken(limit, "a", 2)).toBe(1);
  });
});
