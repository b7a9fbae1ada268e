import { expect, test } from "bun:test";
import { Tally } from "../../../src/client/tally.ts";

test("Tally counts for itself and for all, and reports changes", () => {
  const sum = new Tally();
  let changeCount = 0;
  const [a, b] = [new Tally(sum, () => changeCount++), new Tally(sum)];
  a.add({ messages: 1, bytesReceived: 40, bytesWithoutDelta: 100 });
  a.add({ bytesReceived: 70 });
  b.add({ deltas: 1, resyncs: 1, undecoded: 2 });
  const zeros = new Tally().stats();
  expect(a.stats()).toEqual({
    ...zeros,
    messages: 1,
    bytesReceived: 110,
    bytesWithoutDelta: 100,
    bytesSaved: -10,
  });
  expect(sum.stats()).toEqual({ ...a.stats(), deltas: 1, resyncs: 1, undecoded: 2 });
  expect(changeCount).toBe(2);
});
