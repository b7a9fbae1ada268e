import { describe, expect, test } from "bun:test";
import { Journal } from "../../../src/cluster/journal.ts";

const LIMITS = { maxLength: 30, maxAgeMs: 1000 };

/** Publishes a text of ten characters. */
function publish(journal: Journal, atMs: number, topic = "t"): number {
  const { number } = journal.next(topic);
  journal.keep({ number, topic, text: "0123456789", atMs });
  return number;
}

describe("Journal", () => {
  test("numbers messages, and names the one before on the same topic", () => {
    const journal = new Journal(LIMITS);
    expect([journal.next("a"), journal.next("b"), journal.next("a")]).toEqual([
      { number: 1, previous: 0 },
      { number: 2, previous: 0 },
      { number: 3, previous: 1 },
    ]);
  });

  test("returns what was published after a number", () => {
    const journal = new Journal(LIMITS);
    for (const atMs of [1, 2, 3]) publish(journal, atMs);
    const { messages, goneCount } = journal.since(1);
    expect([messages.map(({ number }) => number), goneCount]).toEqual([[2, 3], 0]);
  });

  test("forgets the oldest beyond its length, and says how many are gone", () => {
    const journal = new Journal(LIMITS);
    for (const atMs of [1, 2, 3, 4, 5]) publish(journal, atMs);
    const { messages, goneCount } = journal.since(0);
    expect([messages.map(({ number }) => number), goneCount]).toEqual([[3, 4, 5], 2]);
  });

  test("forgets what is too old", () => {
    const journal = new Journal(LIMITS);
    publish(journal, 0);
    publish(journal, 1500);
    expect(journal.since(0)).toMatchObject({ goneCount: 1 });
  });

  test("says from where on the broker may lack something, once", () => {
    const journal = new Journal(LIMITS);
    for (const atMs of [1, 2, 3]) journal.doubt(publish(journal, atMs));
    expect([journal.takeDoubt(), journal.takeDoubt()]).toEqual([1, 0]);
  });

  test("counts what the broker never had when it is forgotten", () => {
    const journal = new Journal(LIMITS);
    for (const atMs of [1, 2]) journal.doubt(publish(journal, atMs));
    for (const atMs of [3, 4, 5]) publish(journal, atMs);
    expect(journal.unsentCount).toBeGreaterThanOrEqual(2);
  });
});
