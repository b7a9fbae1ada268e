import { describe, expect, test } from "bun:test";
import { Steps } from "../../../src/session/steps.ts";

/** Steps over a clock that each of their steps moves by an eighth of a millisecond. */
function slowSteps() {
  const later: (() => void)[] = [];
  const done: string[] = [];
  let nowMs = 0;
  const steps = new Steps({ nowMs: () => nowMs, later: (action) => void later.push(action) });
  const work = function* (name: string, count: number): Generator<undefined, void> {
    for (let step = 0; step < count; step++) {
      done.push(name);
      nowMs += 0.125;
      yield;
    }
  };
  return { steps, work, done, later };
}

describe("Steps", () => {
  test("do a millisecond's work in a turn, the pieces of it by shares", () => {
    const { steps, work, done, later } = slowSteps();
    for (const name of ["a", "b"]) steps.add(work(name, 25));
    expect([done.length, later.length]).toEqual([0, 1]);
    later.shift()?.();
    expect(done.join("")).toBe("a".repeat(10));
    while (later.length > 0) later.shift()?.();
    expect(done.join("")).toBe(
      `${"a".repeat(10)}${"b".repeat(10)}${"a".repeat(10)}${"b".repeat(10)}aaaaabbbbb`,
    );
  });

  test("let work that can wait wait, and never leave it out", () => {
    const { steps, work, done, later } = slowSteps();
    steps.add(work("p", 40));
    steps.add(work("u", 60), () => false);
    while (later.length > 0) later.shift()?.();
    const shares = done
      .join("")
      .match(/.{10}/g)
      ?.map((share) => share[0]);
    expect(shares?.join("")).toBe("puuupuuupp");
  });

  test("do all that is left at once when they are told to finish", () => {
    const { steps, work, done } = slowSteps();
    for (const name of ["a", "b"]) steps.add(work(name, 1000));
    steps.finish();
    expect(done).toHaveLength(2000);
  });
});
