import { describe, expect, test } from "bun:test";
import { Steps } from "../../../src/session/steps.ts";

/** Steps over a clock that each step advances by an eighth of a millisecond. */
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
  test("do a millisecond's work per turn, shared among the pieces", () => {
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

  test("put deferrable work last, but always give it a share", () => {
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

  test("do all remaining work at once in finish()", () => {
    const { steps, work, done } = slowSteps();
    for (const name of ["a", "b"]) steps.add(work(name, 1000));
    steps.finish();
    expect(done).toHaveLength(2000);
  });
});
