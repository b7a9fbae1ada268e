import { describe, expect, test } from "bun:test";
import {
  cacheSync,
  COMPACT_HEAD_BYTES,
  compactFrame,
  deltaFrame,
  markedFrame,
} from "../../../src/protocol/delta-frames.ts";
import { V1, V2 } from "../../../src/protocol/dialect.ts";

describe("markedFrame()", () => {
  test("puts both markers last, even if the key is empty", () => {
    expect(markedFrame('{"event":"e"}', 12, "K")).toBe(
      '{"event":"e","__delta_seq":12,"__conflation_key":"K"}',
    );
    expect(markedFrame('{"event":"e"}', 0, "")).toBe(
      '{"event":"e","__delta_seq":0,"__conflation_key":""}',
    );
  });
});

describe("deltaFrame()", () => {
  const head = { suffix: ',"channel":"c"', event: '"a\\"b"', seq: 9, baseSeq: 4, key: "K" };

  test("has its members in one order", () => {
    expect(deltaFrame(V1, { ...head, algorithm: "fossil" }, "QQ==")).toBe(
      '{"event":"pusher:delta","channel":"c","data":{"event":"a\\"b","delta":"QQ==","seq":9,"algorithm":"fossil","conflation_key":"K","base_index":4}}',
    );
  });

  test("omits the algorithm if there is none to name", () => {
    expect(deltaFrame(V2, { ...head, key: "", algorithm: null }, "")).toBe(
      '{"event":"sockudo:delta","channel":"c","data":{"event":"a\\"b","delta":"","seq":9,"base_index":4}}',
    );
  });
});

describe("cacheSync()", () => {
  const suffix = ',"channel":"c"';

  test("names the key's path, or any other name, since clients test whether it is empty", () => {
    expect(cacheSync(V1, suffix, "a.b", [])).toBe(
      '{"event":"pusher:delta_cache_sync","channel":"c","data":{"conflation_key":"a.b","max_messages_per_key":30,"states":{}}}',
    );
    expect(cacheSync(V2, suffix, "", [])).toStartWith(
      '{"event":"sockudo:delta_cache_sync","channel":"c","data":{"conflation_key":"key",',
    );
  });

  test("has each base under its key, quoted as a string", () => {
    const bases = [
      { key: "", text: '{"a":"ö\\n"}', seq: 3 },
      { key: "__proto__", text: "{}", seq: 5 },
    ];
    const { data } = JSON.parse(cacheSync(V1, suffix, "", bases));
    expect(Object.entries(data.states)).toEqual([
      ["", [{ content: '{"a":"ö\\n"}', seq: 3 }]],
      ["__proto__", [{ content: "{}", seq: 5 }]],
    ]);
  });
});

describe("compact frames", () => {
  test.each([
    [
      [0, 0, 0],
      [1, 0, 0, 0],
    ],
    [
      [7, 42, 41],
      [1, 7, 42, 1],
    ],
    [
      [127, 128, 0],
      [1, 127, 0x80, 1, 0x80, 1],
    ],
    [
      [300, 16_384, 16_383],
      [1, 0xac, 2, 0x80, 0x80, 1, 1],
    ],
    [
      [2 ** 35 - 1, 2 ** 32, 2 ** 32 - 25],
      [1, 255, 255, 255, 255, 127, 128, 128, 128, 128, 16, 25],
    ],
  ])("of %j begin with %j", ([channel = 0, seq = 0, baseSeq = 0], head) => {
    const delta = Uint8Array.of(9, 8, 7);
    const frame = compactFrame(channel, seq, baseSeq, delta);
    expect([...frame]).toEqual([...head, 9, 8, 7]);
    expect(head.length).toBeLessThanOrEqual(COMPACT_HEAD_BYTES);
    // The encoder reuses the delta's memory.
    delta.fill(0);
    expect(frame.at(-1)).toBe(7);
  });
});
