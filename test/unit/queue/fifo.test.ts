import { expect, test } from "bun:test";
import * as fc from "fast-check";
import { Fifo } from "../../../src/queue/fifo.ts";

test("Fifo returns the same as an array, for any order of calls", () => {
  fc.assert(
    fc.property(fc.array(fc.option(fc.nat()), { maxLength: 1000, size: "max" }), (calls) => {
      const fifo = new Fifo<number>();
      const model: number[] = [];
      for (const pushed of calls) {
        if (pushed === null) expect(fifo.shift()).toBe(model.shift());
        else {
          fifo.push(pushed);
          model.push(pushed);
        }
        expect(fifo.length).toBe(model.length);
      }
    }),
    { numRuns: 50 },
  );
});

test("Fifo keeps its order when it compacts", () => {
  const fifo = new Fifo<number>();
  for (let entry = 0; entry < 1000; entry++) fifo.push(entry);
  for (let entry = 0; entry < 700; entry++) expect(fifo.shift()).toBe(entry);
  fifo.push(1000);
  for (let entry = 700; entry <= 1000; entry++) expect(fifo.shift()).toBe(entry);
  expect(fifo.shift()).toBeUndefined();
});
