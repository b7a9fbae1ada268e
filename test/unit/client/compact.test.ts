import { describe, expect, test } from "bun:test";
import * as fc from "fast-check";
import { readCompact } from "../../../src/client/compact.ts";
import { compact } from "./reference.ts";

const DELTA = Uint8Array.of(9, 8, 7);

describe("readCompact()", () => {
  test.each([
    { channel: 0, seq: 1, distance: 1 },
    { channel: 127, seq: 128, distance: 128 },
    { channel: 128, seq: 16_383, distance: 16_383 },
    { channel: 2 ** 31, seq: 2 ** 32, distance: 25 },
    { channel: Number.MAX_SAFE_INTEGER, seq: Number.MAX_SAFE_INTEGER, distance: 1 },
  ])("reads channel $channel, text $seq, at distance $distance", ({ channel, seq, distance }) => {
    expect(readCompact(compact(channel, seq, distance, DELTA))).toEqual({
      channel,
      delta: { seq, baseSeq: seq - distance, bytes: DELTA },
    });
  });

  test.each([
    { what: "no bytes", frame: [] },
    { what: "a different first byte", frame: [2, 7, 42, 1] },
  ])("gives null for $what", ({ frame }) => {
    expect(readCompact(Uint8Array.from(frame))).toBeNull();
  });

  test.each([
    { what: "no channel", frame: [1], channel: -1 },
    { what: "a channel that is cut off", frame: [1, 0x80], channel: -1 },
    { what: "a channel of nine bytes", frame: [1, ...Array(8).fill(0x80), 1, 1, 1], channel: -1 },
    { what: "a channel above 53 bits", frame: [1, ...Array(7).fill(0xff), 0x7f], channel: -1 },
    { what: "no text's number", frame: [1, 7], channel: 7 },
    { what: "a text's number that is cut off", frame: [1, 7, 0xaa], channel: 7 },
    {
      what: "a text's number of endless bytes",
      frame: [1, 7, ...Array(999).fill(0xff)],
      channel: 7,
    },
    { what: "no distance", frame: [1, 7, 42], channel: 7 },
    { what: "a text that is its own base", frame: [1, 7, 42, 0], channel: 7 },
    { what: "a base below zero", frame: [1, 7, 42, 43], channel: 7 },
  ])("reads no delta of $what", ({ frame, channel }) => {
    expect(readCompact(Uint8Array.from(frame))).toEqual({ channel, delta: null });
  });

  test("never throws, and reads no number that is not exact", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
        const frame = readCompact(Uint8Array.from([1, ...bytes]));
        expect(Number.isSafeInteger(frame?.channel)).toBe(true);
        const delta = frame?.delta ?? null;
        if (delta === null) return;
        expect(Number.isSafeInteger(delta.seq)).toBe(true);
        expect(delta.baseSeq).toBeWithin(0, delta.seq);
      }),
      { numRuns: 1000 },
    );
  });
});
