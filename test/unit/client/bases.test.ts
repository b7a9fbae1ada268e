import { beforeEach, describe, expect, test } from "bun:test";
import { type Base, Bases, type Memory } from "../../../src/client/bases.ts";

let memory: Memory;
let bases: Bases;

beforeEach(() => {
  memory = { usedBytes: 0 };
  bases = new Bases(memory);
});

function base(seq: number, key = ""): Base {
  return { seq, key, bytes: new Uint8Array(1000) };
}

function add(key: string, ...seqs: readonly number[]): void {
  for (const seq of seqs) bases.add(base(seq, key));
}

/** The numbers that have a text. */
function held(...seqs: readonly number[]): readonly number[] {
  return seqs.filter((seq) => bases.use(seq) !== null);
}

describe("Bases", () => {
  test("use() finds a text by its number, whatever its key is", () => {
    add("a", 1, 3);
    add("b", 2);
    expect(bases.use(2)).toEqual(base(2, "b"));
    expect(bases.use(3)?.key).toBe("a");
    expect(bases.use(4)).toBeNull();
  });

  test("add() keeps the last 30 of each key", () => {
    for (let seq = 0; seq < 62; seq++) bases.add(base(seq, seq % 2 === 0 ? "even" : "odd"));
    expect(held(0, 1, 2, 3, 60, 61)).toEqual([2, 3, 60, 61]);
    expect(memory.usedBytes).toBeWithin(60 * 1000, 60 * 1300);
  });

  test("add() replaces the text with the same number, even if its key differs", () => {
    for (let count = 0; count < 1000; count++) bases.add(base(7, `key ${count}`));
    expect(bases.use(7)?.key).toBe("key 999");
    expect(memory.usedBytes).toBeLessThan(1300);
    bases.dropKey("key 999");
    expect(memory.usedBytes).toBe(0);
  });

  test("dropKey() forgets the texts of one key", () => {
    add("a", 1, 3);
    add("b", 2);
    bases.dropKey("a");
    bases.dropKey("unknown");
    expect(held(1, 2, 3)).toEqual([2]);
    expect(bases.bytes).toBe(memory.usedBytes);
  });

  test("dropOutdated() keeps the texts of each key from the last used one on", () => {
    add("used", 1, 2, 3);
    add("never", 4, 5);
    bases.use(2);
    bases.dropOutdated();
    expect(held(1, 2, 3, 4, 5)).toEqual([2, 3, 4, 5]);
  });

  test("dropOldestKey() forgets the key whose last message is the oldest", () => {
    add("a", 1);
    add("b", 2);
    add("a", 3);
    bases.dropOldestKey();
    expect(held(1, 2, 3)).toEqual([1, 3]);
  });

  test("clear() returns its own memory and no more", () => {
    const others = new Bases(memory);
    others.add(base(1));
    const othersBytes = memory.usedBytes;
    add("a", 1, 2, 3);
    bases.clear();
    bases.dropOldestKey();
    expect(memory.usedBytes).toBe(othersBytes);
    expect([bases.bytes, held(1, 2, 3)]).toEqual([0, []]);
  });
});
