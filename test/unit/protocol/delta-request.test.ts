import { describe, expect, test } from "bun:test";
import {
  type Algorithm,
  type DeltaRequest,
  readAlgorithm,
  readAlgorithms,
  readDeltaRequest,
} from "../../../src/protocol/delta-request.ts";

const OFF: DeltaRequest = { enabled: false, algorithm: null, compact: false, decodes: false };
const ON: DeltaRequest = { enabled: true, algorithm: null, compact: false, decodes: false };

const REQUESTS: readonly (readonly [unknown, DeltaRequest | null])[] = [
  [undefined, null],
  [null, null],
  [7, null],
  [["fossil"], null],
  [true, ON],
  [false, OFF],
  ["fossil", { ...ON, algorithm: "fossil" }],
  ["xdelta3", { ...ON, algorithm: "xdelta3" }],
  ["vcdiff", { ...ON, algorithm: "xdelta3" }],
  ["disabled", OFF],
  ["false", OFF],
  ["none", OFF],
  ["anything", ON],
  [{}, ON],
  [{ enabled: true }, ON],
  [{ enabled: false, algorithm: "fossil" }, OFF],
  [
    { enabled: true, algorithm: "vcdiff" },
    { ...ON, algorithm: "xdelta3" },
  ],
  [{ algorithm: "zip" }, ON],
  [
    { algorithm: "fossil", format: "compact" },
    { enabled: true, algorithm: "fossil", compact: true, decodes: true },
  ],
  [
    { algorithm: "fossil", format: "json" },
    { enabled: true, algorithm: "fossil", compact: false, decodes: true },
  ],
  [{ format: "other" }, { ...ON, decodes: true }],
  [{ enabled: false, format: "compact" }, OFF],
];

describe("readDeltaRequest()", () => {
  test.each(REQUESTS)("%j means %j", (value, request) => {
    expect(readDeltaRequest(value)).toEqual(request);
  });
});

const LISTS: readonly (readonly [unknown, Algorithm | null])[] = [
  [["fossil", "xdelta3"], "fossil"],
  [["zip", 7, "vcdiff", "fossil"], "xdelta3"],
  [["zip"], null],
  [[], null],
  ["fossil", null],
  [undefined, null],
];

describe("readAlgorithms()", () => {
  test.each(LISTS)("of %j returns %p, the first that is supported", (value, algorithm) => {
    expect(readAlgorithms(value)).toBe(algorithm);
  });
});

describe("readAlgorithm()", () => {
  test.each(["Fossil", "", null, { name: "fossil" }])("does not know %j", (name) => {
    expect(readAlgorithm(name)).toBeNull();
  });
});
