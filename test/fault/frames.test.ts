import { beforeAll, describe, expect, test } from "bun:test";
import { connectFrames } from "../harness/frame-client.ts";
import { frame, type FrameShape, OPCODE } from "../harness/frames.ts";
import { scrape } from "../harness/metrics.ts";
import { fileScope, testScope } from "../harness/scope.ts";
import { type Server, startServer } from "../harness/server.ts";
import { startBystander } from "./bystander.ts";
import { expectWell } from "./well.ts";

const scope = testScope();
const forFile = fileScope();
let victim: Server;

const MAX_BYTES = 65_536;

beforeAll(async () => {
  victim = await startServer(forFile, { config: { websocket_max_payload_kb: MAX_BYTES / 1024 } });
  const bystander = await startBystander(forFile, victim);
  forFile.add(async () => {
    await bystander.missedNothing();
    await expectWell(victim);
  });
});

const MALFORMED = {
  event: "pusher:error",
  data: { code: null, message: "Invalid JSON: a message must be an object with an event" },
};

function bytes(...values: readonly number[]): Uint8Array {
  return new Uint8Array(values);
}

function claims(claimedBytes: number | bigint): Buffer {
  return frame("x", { claimedBytes });
}

/** A frame in two parts; the second is a continuation, unless its shape says otherwise. */
function parts(
  first: string | Uint8Array,
  second: string | Uint8Array,
  shape: FrameShape = {},
): Buffer {
  return Buffer.concat([
    frame(first, { final: false }),
    frame(second, { opcode: OPCODE.continuation, ...shape }),
  ]);
}

/** Sends the bytes, checks that the server counts a close with this code, and returns how it closed. */
async function closingAfter(sent: Uint8Array, countedCode: number): Promise<unknown> {
  const code = String(countedCode);
  const before = (await scrape(victim)).sum("fanwire_connection_closes_total", { code });
  const { client } = await connectFrames(scope, victim);
  client.tcp.write(sent);
  const closing = await client.closed();
  const after = (await scrape(victim)).sum("fanwire_connection_closes_total", { code });
  expect(`${after - before} closed with ${code}`).toBe(`1 closed with ${code}`);
  return closing;
}

describe("a connection is closed with 1009 for", () => {
  test.each<[string, Uint8Array]>([
    ["a frame of one byte more than the limit", frame("x".repeat(MAX_BYTES + 1))],
    ["a header that claims one byte more", claims(MAX_BYTES + 1)],
    ["a header that claims 4 GB", claims(2 ** 32)],
    ["a header that claims 2^63 bytes", claims(2n ** 63n)],
    ["a header that claims 2^64 - 1 bytes", claims(2n ** 64n - 1n)],
    ["parts that are too large together", parts("x".repeat(40_000), "x".repeat(40_000))],
  ])("%s", async (_, sent) => {
    expect(await closingAfter(sent, 1009)).toEqual({
      code: 1009,
      reason: "Received too big message",
    });
  });
});

describe("a connection is closed with 1007 for", () => {
  test.each<[string, Uint8Array]>([
    ["text that is no UTF-8", frame(bytes(0x7b, 0xff, 0xfe))],
    ["text that breaks off in a character", frame(bytes(0x22, 0xc3))],
    ["text with half a pair of UTF-16", frame(bytes(0xed, 0xa0, 0x80))],
    ["text with a character in more bytes than it needs", frame(bytes(0xc0, 0x80))],
    ["parts that are no UTF-8 together", parts(bytes(0xc3), bytes(0x28))],
    ["a reason that is no UTF-8", frame(bytes(3, 232, 255), { opcode: OPCODE.close })],
  ])("%s", async (_, sent) => {
    expect(await closingAfter(sent, 1007)).toEqual({
      code: 1007,
      reason: "Received invalid UTF-8",
    });
  });
});

describe("a connection is closed with 1002 for", () => {
  test.each<[string, Uint8Array, RegExp]>([
    ["a frame without a mask", frame("{}", { masked: false }), /masked/],
    ["opcode 3", frame("{}", { opcode: 3 }), /opcode/],
    ["opcode 11", frame("", { opcode: 11 }), /opcode/],
    ["opcode 15", frame("", { opcode: 15 }), /opcode/],
    ["the first reserved bit", frame("{}", { reserved: 4 }), /RSV1/],
    ["the second reserved bit", frame("{}", { reserved: 2 }), /RSV2 or RSV3/],
    ["the third reserved bit", frame("{}", { reserved: 1 }), /RSV2 or RSV3/],
    ["a part of nothing", frame("x", { opcode: OPCODE.continuation }), /outside a fragmented/],
    ["a message within a message", parts("x", "y", { opcode: OPCODE.text }), /inside a fragmented/],
    ["a ping in parts", frame("", { opcode: OPCODE.ping, final: false }), /fragmented control/],
    ["a ping of 126 bytes", frame("x".repeat(126), { opcode: OPCODE.ping }), /too big control/],
    ["a close frame of one byte", frame("x", { opcode: OPCODE.close }), /close payload/],
    ["the close code 1006", frame(bytes(3, 238), { opcode: OPCODE.close }), /close code/],
    ["the close code 999", frame(bytes(3, 231), { opcode: OPCODE.close }), /close code/],
    ["the close code 65535", frame(bytes(255, 255), { opcode: OPCODE.close }), /close code/],
    ["noise", Buffer.from("GET / HTTP/1.1\r\nHost: x\r\n\r\n"), /./],
  ])("%s", async (_, sent, reason) => {
    expect(await closingAfter(sent, 1002)).toEqual({
      code: 1002,
      reason: expect.stringMatching(reason),
    });
  });
});

test("a connection is closed with 1003 for a binary frame", async () => {
  expect(await closingAfter(frame(bytes(1, 2), { opcode: OPCODE.binary }), 1003)).toEqual({
    code: 1003,
    reason: "Binary messages are not supported",
  });
});

describe("a client's own close is counted by its code", () => {
  test.each([
    ["1000", bytes(3, 232), 1000],
    ["none, which is 1005", bytes(), 1005],
    ["4000", bytes(15, 160), 4000],
  ])("%s", async (_, payload, code) => {
    expect(await closingAfter(frame(payload, { opcode: OPCODE.close }), code)).toMatchObject({
      code,
    });
  });

  test("a code of its own invention is counted with all others", async () => {
    const before = (await scrape(victim)).sum("fanwire_connection_closes_total", { code: "other" });
    for (const code of [3000, 3001, 4555]) {
      const { client } = await connectFrames(scope, victim);
      client.send(bytes(code >> 8, code & 0xff), { opcode: OPCODE.close });
      await client.closed();
    }
    const after = (await scrape(victim)).sum("fanwire_connection_closes_total", { code: "other" });
    expect(after - before).toBe(3);
  });
});

describe("a connection stays open, and is told of its mistake, for", () => {
  test.each<[string, Uint8Array]>([
    ["a frame of exactly the limit", frame("x".repeat(MAX_BYTES))],
    ["parts of exactly the limit", parts("x".repeat(MAX_BYTES - 5), "xxxxx")],
    ["a character over two parts", parts(bytes(0x22, 0xc3), bytes(0xa9, 0x22))],
    ["an empty frame", frame("")],
    ["a frame with a longer header than it needs", bytes(0x81, 0xfe, 0, 2, 0, 0, 0, 0, 0x7b, 0x7d)],
    ["a NUL", frame("\0")],
    ["control characters", frame('{"event":"pusher:ping\u0007\n"}')],
    ["a mark before it", frame('\ufeff{"event":"pusher:ping"}')],
    ["two values", frame('{"event":"pusher:ping"}{}')],
    ["a number", frame("1e999")],
    ["a text", frame('"pusher:ping"')],
    ["null", frame("null")],
    ["an event that is a number", frame('{"event":1}')],
    ["an event that is an object", frame('{"event":{"toString":"pusher:ping"}}')],
    ["an event of a prototype", frame('{"__proto__":{"event":"pusher:ping"}}')],
  ])("%s", async (_, sent) => {
    const { client } = await connectFrames(scope, victim);
    client.tcp.write(sent);
    expect(await client.received()).toEqual([MALFORMED]);
  });

  test.each<[string, Uint8Array]>([
    ["lists 32,000 deep", frame("[".repeat(32_000) + "]".repeat(32_000))],
    ["objects 10,000 deep", frame('{"a":'.repeat(10_000) + "1" + "}".repeat(10_000))],
  ])("%s are refused before they are parsed, and counted", async (_, sent) => {
    const before = (await scrape(victim)).sum("fanwire_limit_hits_total", { limit: "json_depth" });
    const { client } = await connectFrames(scope, victim);
    client.tcp.write(sent);
    const message = "Invalid JSON: a message is nested too deeply";
    expect(await client.received()).toEqual([
      { event: "pusher:error", data: { code: null, message } },
    ]);
    const after = (await scrape(victim)).sum("fanwire_limit_hits_total", { limit: "json_depth" });
    expect(after).toBe(before + 1);
  });

  test("a ping between the parts of a message, which is answered at once", async () => {
    const { client } = await connectFrames(scope, victim);
    client.send('{"event":"pusher', { final: false });
    client.send("now", { opcode: OPCODE.ping });
    client.send(':ping"}', { opcode: OPCODE.continuation });
    expect((await client.messages.next())["event"]).toBe("pusher:pong");
    expect(client.controls.take()).toMatchObject([{ opcode: OPCODE.pong }]);
  });
});

test("frames in the packet of the upgrade are read after the handshake", async () => {
  const { client } = await connectFrames(scope, victim);
  client.tcp.write(Buffer.concat(Array.from({ length: 50 }, () => frame("{}"))));
  expect(await client.received()).toHaveLength(50);
});

test("a frame with whole numbers as keys out of all proportion is refused by name", async () => {
  const limit = "json_keys";
  const before = (await scrape(victim)).sum("fanwire_limit_hits_total", { limit });
  const { client } = await connectFrames(scope, victim);
  client.send(`{"event":"x","data":[${'{"999":0},'.repeat(100)}0]}`);
  const message = "Invalid JSON: a message has too many large whole numbers as keys";
  expect(await client.received()).toEqual([
    { event: "pusher:error", data: { code: null, message } },
  ]);
  expect((await scrape(victim)).sum("fanwire_limit_hits_total", { limit })).toBe(before + 1);
});
