// How the bytes that deltas and filters save are counted: as whole messages without markers.
import { beforeEach, expect, test } from "bun:test";
import { V2 } from "../../../src/protocol/dialect.ts";
import { readTags, type Tags } from "../../../src/filter/tags.ts";
import { data, DeltaRig, isDelta, whole } from "./delta-rig.ts";

let rig: DeltaRig;

beforeEach(() => {
  rig = new DeltaRig();
});

function saved(): readonly [deltas: number, filters: number] {
  const { bytesSavedByDeltas, bytesSavedByFilters } = rig.hub.counters;
  return [bytesSavedByDeltas, bytesSavedByFilters];
}

function tagsOf(value: unknown): Tags {
  const read = readTags(value);
  if (read.kind === "error") throw new Error(read.message);
  return read.tags;
}

test("a delta saves the difference to the whole message, for each socket that gets it", () => {
  const sockets = [rig.joined("c"), rig.joined("c"), rig.joined("c", { dialect: V2 })];
  const bytes = (): number =>
    sockets
      .flatMap(({ frames }) => frames.splice(0))
      .reduce((sum, frame) => sum + Buffer.byteLength(frame), 0);
  rig.send({ data: data(1) });
  expect(saved()).toEqual([0, 0]);
  bytes();
  rig.send({ data: data(2) });
  expect(isDelta(sockets[0]?.frames.at(-1))).toBe(true);
  const wholeBytes = Buffer.byteLength(whole(data(2)));
  expect(saved()).toEqual([3 * wholeBytes - bytes(), 0]);
});

test("a filter saves the whole message, for each socket that does not want it", () => {
  for (const exchange of ["a", "b", "b"])
    rig.joined("c", { delta: null, filter: { key: "exchange", cmp: "eq", val: exchange } });
  rig.joined("c", { delta: null });
  const message = "ü".repeat(100);
  rig.send({ data: message, tags: tagsOf({ exchange: "a" }) });
  expect(saved()).toEqual([0, 2 * Buffer.byteLength(whole(message))]);
  rig.send({ data: message, tags: tagsOf({ exchange: "none" }) });
  expect(saved()).toEqual([0, 5 * Buffer.byteLength(whole(message))]);
});

test("nothing is saved if every socket gets every message whole", () => {
  for (let count = 0; count < 3; count++) rig.joined("c", { delta: null });
  for (const value of [1, 2]) rig.send({ data: data(value) });
  expect(saved()).toEqual([0, 0]);
});
