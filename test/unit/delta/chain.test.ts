import { describe, expect, test } from "bun:test";
import { type Base, Chain, Chains, MAX_DIVERGED } from "../../../src/delta/chain.ts";

const INTERVAL = 100;

function base(seq: number): Base {
  return { seq, text: `${seq}`, bytes: new TextEncoder().encode(`${seq}`) };
}

describe("Chain", () => {
  test("wants a whole frame first", () => {
    const chain = new Chain();
    expect(chain.wantsWhole(INTERVAL)).toBe(true);
    chain.restart(base(0));
    expect(chain.wantsWhole(INTERVAL)).toBe(false);
  });

  test("wants a whole frame after a number of deltas, diverging ones included", () => {
    const chain = new Chain();
    chain.restart(base(0));
    chain.advance(base(1));
    chain.diverge();
    expect(chain.wantsWhole(3)).toBe(false);
    chain.advance(base(3));
    expect(chain.wantsWhole(3)).toBe(true);
    chain.restart(base(4));
    expect(chain.wantsWhole(3)).toBe(false);
  });

  test("wants a whole frame when its base is 25 frames old, before clients forget it", () => {
    const chain = new Chain();
    chain.restart(base(0));
    for (let count = 1; count < MAX_DIVERGED; count++) chain.diverge();
    expect(chain.wantsWhole(INTERVAL)).toBe(false);
    chain.diverge();
    expect(chain.wantsWhole(INTERVAL)).toBe(true);
    expect(MAX_DIVERGED).toBe(25);
  });

  test("uses the newest base that all got, and then counts diverging deltas from zero", () => {
    const chain = new Chain();
    chain.restart(base(0));
    for (let count = 1; count < MAX_DIVERGED; count++) chain.diverge();
    expect(chain.base?.seq).toBe(0);
    chain.advance(base(9));
    chain.diverge();
    expect(chain.base?.seq).toBe(9);
    expect(chain.wantsWhole(INTERVAL)).toBe(false);
  });
});

describe("Chains", () => {
  test("has one chain per key", () => {
    const chains = new Chains(9);
    const chain = chains.use("a", 0);
    expect(chains.use("a", 1)).toBe(chain);
    expect(chains.use("", 1)).not.toBe(chain);
    expect([chains.size, chain.usedMs]).toEqual([2, 1]);
  });

  test("forgets the least recently used chain when there are too many", () => {
    const chains = new Chains(2);
    const [a, b] = [chains.use("a", 0), chains.use("b", 0)];
    chains.use("a", 0);
    chains.use("c", 0);
    expect(chains.size).toBe(2);
    expect(chains.use("a", 0)).toBe(a);
    expect(chains.use("b", 0)).not.toBe(b);
  });

  test("keeps the chain that is in use, whatever the bound", () => {
    const chains = new Chains(1);
    const chain = chains.use("a", 0);
    expect(chains.use("a", 0)).toBe(chain);
    expect(chains.size).toBe(1);
  });

  test("forgets chains that have not been used since a given time", () => {
    const chains = new Chains(9);
    for (const [usedMs, key] of ["a", "b", "c"].entries()) chains.use(key, usedMs);
    chains.use("a", 5);
    chains.forgetBefore(2);
    expect(chains.size).toBe(2);
    chains.forgetBefore(6);
    expect(chains.size).toBe(0);
  });

  test("lists its bases, and knows the oldest", () => {
    const chains = new Chains(9);
    expect(chains.oldestBaseSeq()).toBe(Infinity);
    chains.use("none", 0);
    chains.use("a", 0).restart(base(7));
    chains.use("b", 0).restart(base(4));
    expect([...chains.bases()].map(([key, { seq }]) => [key, seq])).toEqual([
      ["a", 7],
      ["b", 4],
    ]);
    expect(chains.oldestBaseSeq()).toBe(4);
  });
});
