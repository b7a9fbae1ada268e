import { describe, expect, test } from "bun:test";
import * as fc from "fast-check";
import { type Link, LinkedList } from "../../../src/queue/linked-list.ts";

describe("LinkedList", () => {
  test("has no ends when it is empty", () => {
    const list = new LinkedList<number>();
    expect([list.length, list.first, list.last]).toEqual([0, null, null]);
  });

  test("keeps its order, whatever is removed", () => {
    const step = fc.option(fc.nat(20), { nil: null });
    fc.assert(
      fc.property(fc.array(step), (steps) => {
        const list = new LinkedList<number>();
        const model: Link<number>[] = [];
        steps.forEach((at, number) => {
          if (at === null || model.length === 0) model.push(list.push(number));
          else for (const link of model.splice(at % model.length, 1)) list.remove(link);
          expect(list.length).toBe(model.length);
          expect(list.first).toBe(model[0]?.entry ?? null);
          expect(list.last).toBe(model.at(-1)?.entry ?? null);
        });
      }),
    );
  });
});
