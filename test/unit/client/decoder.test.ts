import { beforeEach, describe, expect, test } from "bun:test";
import { DeltaDecoder } from "../../../src/client/decoder.ts";
import { Tally } from "../../../src/client/tally.ts";
import * as reference from "./reference.ts";
import type { Prefix, Text } from "./reference.ts";

const MAX_BASE_BYTES = 100_000;
const MAX_MESSAGE_BYTES = 20_000;

let sent: string[];
let tally: Tally;
let decoder: DeltaDecoder;

beforeEach(() => {
  decoder = decoderWith("compact");
});

function decoderWith(format: "compact" | "json"): DeltaDecoder {
  sent = [];
  tally = new Tally();
  return new DeltaDecoder(
    {
      asks: (channel) => !channel.startsWith("off"),
      format,
      maxBaseBytes: MAX_BASE_BYTES,
      maxMessageBytes: MAX_MESSAGE_BYTES,
    },
    tally,
    (frame) => sent.push(frame),
  );
}

/** The message of a price. */
function text(seq: number, key = "", channel = "ticker"): Text {
  const data = JSON.stringify({ symbol: "ACME", exchange: "XNAS", last: 100 + seq });
  return { seq, key, text: reference.plain(channel, "price", data) };
}

/** Subscribes to the channel, with the frames of both the page and the server. */
function subscribe(channel = "ticker", number = 7, prefix: Prefix = "pusher:"): void {
  decoder.outgoing(reference.subscribe(prefix, channel));
  decoder.incomingText(reference.succeeded(prefix, channel));
  decoder.incomingText(reference.compactChannel(prefix, channel, number));
}

describe("outgoing()", () => {
  test.each(["pusher:", "sockudo:"] as const)(
    "asks for compact deltas in %ssubscribe",
    (prefix) => {
      const frame = decoder.outgoing(reference.subscribe(prefix, "ticker"));
      const delta = { algorithm: "fossil", format: "compact" };
      expect(JSON.parse(frame)).toEqual(
        JSON.parse(reference.subscribe(prefix, "ticker", { delta })),
      );
    },
  );

  test("does not change any other frame", () => {
    const frames = [
      reference.subscribe("pusher:", "off-limits"),
      reference.subscribe("pusher:", "ticker", { delta: true }),
      reference.unsubscribe("pusher:", "ticker"),
      '{"event":"pusher:ping","data":{}}',
      '{ "event":"client-typing","data":{"event":"pusher:subscribe"},"channel":"private-a"}',
      "no JSON",
    ];
    for (const frame of frames) expect(decoder.outgoing(frame)).toBe(frame);
  });

  test("requests nothing after the page has requested deltas itself", () => {
    const enable = '{"event":"pusher:enable_delta_compression","data":{"algorithms":["xdelta3"]}}';
    expect(decoder.outgoing(enable)).toBe(enable);
    const frame = reference.subscribe("pusher:", "ticker");
    expect(decoder.outgoing(frame)).toBe(frame);
  });
});

describe("incomingText()", () => {
  test("passes on the frames of a server without deltas", () => {
    decoder.outgoing(reference.subscribe("pusher:", "ticker"));
    const frames = [
      '{"event":"pusher:connection_established","data":"{\\"socket_id\\":\\"1.2\\"}"}',
      reference.succeeded("pusher:", "ticker"),
      text(1).text,
      '{"event":"pusher:error","data":{"code":null,"message":"no"}}',
      "no JSON",
    ];
    for (const frame of frames) expect(decoder.incomingText(frame)).toBe(frame);
    expect(tally.stats()).toMatchObject({ messages: frames.length, bytesSaved: 0 });
    expect(sent).toEqual([]);
  });

  test("removes the markers from a whole message, and applies a delta to it", () => {
    subscribe();
    const [first, second] = [text(1), text(2)];
    expect(decoder.incomingText(reference.marked(first))).toBe(first.text);
    const delta = reference.jsonDelta("pusher:", "ticker", first, second);
    expect(decoder.incomingText(delta)).toBe(second.text);
    expect(tally.stats().deltas).toBe(1);
  });

  test("applies deltas of protocol version 2", () => {
    subscribe("ticker", 7, "sockudo:");
    const [first, second] = [text(1), text(2)];
    decoder.incomingText(reference.marked(first));
    const delta = reference.jsonDelta("sockudo:", "ticker", first, second);
    expect(decoder.incomingText(delta)).toBe(second.text);
    expect(
      decoder.incomingText(reference.jsonDelta("sockudo:", "ticker", text(8), text(9))),
    ).toBeNull();
    expect(sent).toEqual([reference.syncError("sockudo:", "ticker")]);
  });

  test("applies a delta that does not name its algorithm, and none of another algorithm", () => {
    subscribe();
    const [first, second] = [text(1), text(2)];
    decoder.incomingText(reference.marked(first));
    const delta = reference.jsonDelta("pusher:", "ticker", first, second);
    const unnamed = delta.replace(',"algorithm":"fossil"', "");
    expect(unnamed).not.toBe(delta);
    expect(decoder.incomingText(unnamed)).toBe(second.text);
    expect(decoder.incomingText(delta.replace("fossil", "xdelta3"))).toBeNull();
    expect(sent).toEqual([reference.syncError("pusher:", "ticker")]);
  });

  test("hides only the frames that are meant for the shim", () => {
    subscribe();
    const hidden = [
      '{"event":"pusher:delta_compression_enabled","data":{"enabled":true,"algorithm":"fossil"}}',
      '{"event":"pusher:delta_compression_enabled","data":{"enabled":true,"channel":"ticker"},"channel":"ticker"}',
      reference.cacheSync("pusher:", "ticker", [text(1)]),
      reference.compactChannel("pusher:", "ticker", 8),
    ];
    for (const frame of hidden) expect(decoder.incomingText(frame)).toBeNull();
    const shown = '{"event":"client-pusher:delta","data":"1","channel":"ticker"}';
    expect(decoder.incomingText(shown)).toBe(shown);
  });

  test("applies deltas to the texts of delta_cache_sync, and to none from before it", () => {
    subscribe();
    const [before, synced, next] = [text(1, "k"), text(5, "k"), text(6, "k")];
    decoder.incomingText(reference.marked(before));
    decoder.incomingText(reference.cacheSync("pusher:", "ticker", [synced]));
    const frame = reference.compactDelta(7, synced, next);
    expect(decoder.incomingBinary(frame)).toBe(next.text);
    expect(decoder.incomingBinary(reference.compactDelta(7, before, text(8)))).toBeNull();
    expect(sent).toEqual([reference.syncError("pusher:", "ticker")]);
  });

  test("reads delta_cache_sync whose data is a text", () => {
    subscribe();
    const frame = JSON.parse(reference.cacheSync("pusher:", "ticker", [text(5)]));
    decoder.incomingText(JSON.stringify({ ...frame, data: JSON.stringify(frame.data) }));
    expect(decoder.incomingBinary(reference.compactDelta(7, text(5), text(6)))).toBe(text(6).text);
  });

  test("delivers a message without markers and does not store it", () => {
    subscribe();
    decoder.incomingText(reference.marked(text(1)));
    const { baseBytes } = decoder;
    expect(decoder.incomingText(text(2).text)).toBe(text(2).text);
    expect(decoder.baseBytes).toBe(baseBytes);
  });

  test("leaves a channel to the page if the page requested deltas for it", () => {
    subscribe("other");
    decoder.outgoing(reference.subscribe("pusher:", "ticker", { delta: "fossil" }));
    const frames = [
      reference.marked(text(1)),
      reference.jsonDelta("pusher:", "ticker", text(1), text(2)),
      reference.cacheSync("pusher:", "ticker", [text(1)]),
    ];
    for (const frame of frames) expect(decoder.incomingText(frame)).toBe(frame);
    decoder.outgoing(reference.subscribe("pusher:", "ticker"));
    expect(decoder.incomingText(reference.marked(text(3)))).toBe(text(3).text);
  });

  test("leaves everything to a page that decodes deltas itself, except what the shim has already requested", () => {
    subscribe("mine");
    decoder.outgoing('{"event":"pusher:enable_delta_compression","data":{}}');
    const frames = [
      '{"event":"pusher:delta_compression_enabled","data":{"enabled":true}}',
      reference.marked(text(1)),
    ];
    for (const frame of frames) expect(decoder.incomingText(frame)).toBe(frame);
    const mine = text(1, "", "mine");
    expect(decoder.incomingText(reference.marked(mine))).toBe(mine.text);
  });

  test("starts over when the page unsubscribes and subscribes again", () => {
    subscribe();
    decoder.incomingText(reference.marked(text(1)));
    decoder.outgoing(reference.unsubscribe("pusher:", "ticker"));
    expect(decoder.baseBytes).toBe(0);
    expect(
      decoder.incomingText(reference.jsonDelta("pusher:", "ticker", text(1), text(2))),
    ).toBeNull();
    expect(decoder.incomingBinary(reference.compactDelta(7, text(1), text(2)))).toBeNull();
    decoder.outgoing(reference.subscribe("pusher:", "ticker"));
    expect(decoder.incomingText(reference.marked(text(3)))).toBe(text(3).text);
    decoder.incomingText(reference.succeeded("pusher:", "ticker"));
    expect(decoder.baseBytes).toBe(0);
    expect(sent).toEqual([]);
  });

  test("keeps its state when the server refuses a second subscription", () => {
    subscribe();
    decoder.incomingText(reference.marked(text(1)));
    decoder.outgoing(reference.subscribe("pusher:", "ticker"));
    expect(decoder.incomingBinary(reference.compactDelta(7, text(1), text(2)))).toBe(text(2).text);
  });

  test.each([
    { what: "no JSON", frame: '{"event":"pusher:delta","channel":"ticker",' },
    { what: "no data", frame: '{"event":"pusher:delta","channel":"ticker"}' },
    { what: "no channel", frame: '{"event":"pusher:delta","data":{"seq":2}}' },
    {
      what: "a channel that is not a string",
      frame: '{"event":"pusher:delta","channel":{},"data":{}}',
    },
    {
      what: "states that are invalid",
      frame:
        '{"event":"pusher:delta_cache_sync","channel":"ticker","data":{"states":[7,null,{"k":1}]}}',
    },
    {
      what: "states without texts",
      frame:
        '{"event":"pusher:delta_cache_sync","channel":"ticker","data":{"states":{"a":7,"b":[7,null,{"seq":1},{"content":"x","seq":-1}]}}}',
    },
    {
      what: "a number that is invalid",
      frame:
        '{"event":"pusher_internal:compact_channel","data":"{\\"number\\":-1}","channel":"ticker"}',
    },
  ])("ignores a control frame with $what", ({ frame }) => {
    subscribe();
    expect(decoder.incomingText(frame)).toBeNull();
    expect(decoder.incomingText(reference.marked(text(1)))).toBe(text(1).text);
    expect(decoder.incomingBinary(reference.compactDelta(7, text(1), text(2)))).toBe(text(2).text);
  });
});

describe("incomingBinary()", () => {
  test("applies a compact delta", () => {
    subscribe();
    decoder.incomingText(reference.marked(text(300, "k")));
    const next = text(325, "k");
    expect(decoder.incomingBinary(reference.compactDelta(7, text(300, "k"), next))).toBe(next.text);
    expect(tally.stats()).toMatchObject({ deltas: 1, messages: 3 });
  });

  test("keeps a byte order mark at the start of a text", () => {
    subscribe();
    decoder.incomingText(reference.marked(text(1)));
    const next = { seq: 2, key: "", text: "\uFEFF{}" };
    expect(decoder.incomingBinary(reference.compactDelta(7, text(1), next))).toBe(next.text);
  });

  test("applies a delta to any of the last 30 texts of a key", () => {
    subscribe();
    for (let seq = 0; seq < 31; seq++) decoder.incomingText(reference.marked(text(seq)));
    expect(decoder.incomingBinary(reference.compactDelta(7, text(1), text(31)))).toBe(
      text(31).text,
    );
    expect(decoder.incomingBinary(reference.compactDelta(7, text(1), text(32)))).toBeNull();
  });

  test("does not change frames that are not compact deltas, and none at all if no deltas were requested", () => {
    expect(decoder.incomingBinary(Uint8Array.of(1, 7, 2, 1))).toBeUndefined();
    subscribe();
    expect(decoder.incomingBinary(Uint8Array.of(2, 7, 2, 1))).toBeUndefined();
    expect(decoder.incomingBinary(new Uint8Array(0))).toBeUndefined();
  });

  test("hides a frame with an unknown channel number", () => {
    subscribe();
    decoder.incomingText(reference.marked(text(1)));
    expect(decoder.incomingBinary(reference.compactDelta(6, text(1), text(2)))).toBeNull();
    expect(sent).toEqual([]);
  });
});

describe("a delta that cannot be applied", () => {
  const failures = [
    { what: "its base is missing", frame: () => reference.compactDelta(7, text(3), text(9)) },
    {
      what: "its base is a different text",
      frame: () => reference.compact(7, 9, 8, ofAnotherBase()),
    },
    {
      what: "it is cut off",
      frame: () => reference.compactDelta(7, text(1), text(9)).subarray(0, -3),
    },
    { what: "its header is cut off", frame: () => Uint8Array.of(1, 7, 0x80) },
    {
      what: "its result is not a text",
      frame: () => reference.compact(7, 9, 8, reference.fossil("", Uint8Array.of(0xff, 0xfe))),
    },
    {
      what: "its result is too large",
      frame: () =>
        reference.compactDelta(7, text(1), { seq: 9, key: "", text: "x".repeat(20_001) }),
    },
    {
      what: "it is not base64",
      frame: () =>
        reference
          .jsonDelta("pusher:", "ticker", text(1), text(9))
          .replace('"delta":"', '"delta":"%'),
    },
    {
      what: "it has no number",
      frame: () =>
        reference.jsonDelta("pusher:", "ticker", text(1), text(9)).replace('"seq":9', '"seq":"9"'),
    },
    {
      what: "it has no base",
      frame: () =>
        reference
          .jsonDelta("pusher:", "ticker", text(1), text(9))
          .replace('"base_index":1', '"base_index":null'),
    },
  ];

  test.each(failures)("is requested again, once, when $what", ({ frame }) => {
    subscribe();
    decoder.incomingText(reference.marked(text(1)));
    expect(incoming(frame())).toBeNull();
    expect(incoming(frame())).toBeNull();
    expect(sent).toEqual([reference.syncError("pusher:", "ticker")]);
    expect(tally.stats()).toMatchObject({ resyncs: 1, undecoded: 2, deltas: 0 });
  });

  test.each(failures)("does not affect what follows a whole message, when $what", ({ frame }) => {
    subscribe();
    decoder.incomingText(reference.marked(text(1)));
    incoming(frame());
    expect(incoming(reference.marked(text(10)))).toBe(text(10).text);
    expect(incoming(reference.compactDelta(7, text(10), text(11)))).toBe(text(11).text);
    expect(sent).toHaveLength(1);
    incoming(frame());
    expect(sent).toHaveLength(2);
  });

  test("ends the chain whose base was a different text, and no chain of other keys", () => {
    subscribe();
    const [a, b] = [text(1, "a"), text(2, "b")];
    for (const base of [a, b]) incoming(reference.marked(base));
    expect(incoming(reference.compact(7, 3, 2, ofAnotherBase()))).toBeNull();
    expect(incoming(reference.compactDelta(7, b, text(4, "b")))).toBe(text(4, "b").text);
    expect(incoming(reference.compactDelta(7, a, text(5, "a")))).toBeNull();
    expect(sent).toHaveLength(1);
  });

  test("requests one channel and no others", () => {
    subscribe();
    subscribe("quotes", 8);
    incoming(reference.compactDelta(8, text(3), text(4)));
    expect(sent).toEqual([reference.syncError("pusher:", "quotes")]);
    incoming(reference.marked(text(1)));
    expect(incoming(reference.compactDelta(7, text(1), text(2)))).toBe(text(2).text);
  });
});

describe("memory", () => {
  test("is bounded whatever the server sends, and is released at the end", () => {
    subscribe();
    for (let seq = 0; seq < 500; seq++) {
      const long = reference.plain("ticker", "price", `${seq}`.padEnd(1000));
      incoming(reference.marked({ seq, key: `key ${seq}`, text: long }));
      expect(decoder.baseBytes).toBeLessThanOrEqual(MAX_BASE_BYTES);
    }
    const states = Array.from({ length: 500 }, (_, seq) => text(seq, `key ${seq}`));
    incoming(reference.cacheSync("pusher:", "ticker", states));
    expect(decoder.baseBytes).toBeWithin(1, MAX_BASE_BYTES + 1);
    decoder.close();
    expect(decoder.baseBytes).toBe(0);
  });
});

test("counts the bytes received and the bytes without deltas", () => {
  subscribe();
  const head = tally.stats();
  const [first, second] = [text(1, "Ö"), text(2, "Ö")];
  const frames = [reference.marked(first), reference.compactDelta(7, first, second)];
  for (const frame of frames) incoming(frame);
  const { bytesReceived, bytesWithoutDelta } = tally.stats();
  expect(bytesReceived - head.bytesReceived).toBe(
    frames.reduce((sum, frame) => sum + Buffer.from(frame).length, 0),
  );
  expect(bytesWithoutDelta - head.bytesWithoutDelta).toBe(
    Buffer.from(first.text + second.text).length,
  );
});

function incoming(frame: string | Uint8Array): string | null | undefined {
  return typeof frame === "string" ? decoder.incomingText(frame) : decoder.incomingBinary(frame);
}

/** A delta to a text that almost equals the first one. */
function ofAnotherBase(): Uint8Array {
  const base = text(1).text.replace("XNAS", "XETR");
  return reference.fossil(base, base.replace("101", "102"));
}
