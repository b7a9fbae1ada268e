import { beforeAll, describe, expect, test } from "bun:test";
import { connectFrames, type FrameClient } from "../harness/frame-client.ts";
import { frame, OPCODE } from "../harness/frames.ts";
import { scrape, untilFigures } from "../harness/metrics.ts";
import { fileScope, testScope } from "../harness/scope.ts";
import { type Server, startServer } from "../harness/server.ts";
import { signSubscription } from "../harness/signing.ts";
import { startBystander } from "./bystander.ts";
import { MemoryWatch, processorMs, residentBytes } from "./process.ts";
import { expectWell } from "./well.ts";

const scope = testScope();
const forFile = fileScope();
let victim: Server;

const CLIENT_EVENTS_PER_SECOND = 5;
/** As deep as a frame of the default size can be. */
const DEPTH = 32_000;

beforeAll(async () => {
  victim = await startServer(forFile, {
    config: { websocket: { max_frames_per_second: 500, max_control_frames_per_second: 50 } },
    app: { max_client_events_per_second: CLIENT_EVENTS_PER_SECOND },
  });
  const bystander = await startBystander(forFile, victim);
  forFile.add(async () => {
    await bystander.missedNothing();
    await expectWell(victim);
  });
});

describe("a flood is closed with 4100", () => {
  test.each([
    ["of pings", frame("", { opcode: OPCODE.ping }), "control_frames", "50 pings"],
    ["of pongs", frame("", { opcode: OPCODE.pong }), "control_frames", "50 pings"],
    ["of text", frame('{"event":"pusher:ping"}'), "frame_rate", "500 messages"],
    ["of text that is no JSON", frame("{"), "frame_rate", "500 messages"],
    ["of empty text", frame(""), "frame_rate", "500 messages"],
  ])("%s", async (_, sent, limit, allowance) => {
    const before = (await scrape(victim)).sum("fanwire_limit_hits_total", { limit });
    const { client } = await connectFrames(scope, victim);
    await repeat(client, sent, 200_000);
    expect(await client.closed()).toEqual({
      code: 4100,
      reason: `Over capacity: more than ${allowance} a second`,
    });
    const figures = await scrape(victim);
    expect(figures.sum("fanwire_limit_hits_total", { limit })).toBe(before + 1);
  });
});

test("a flood of bytes is closed with 4100", async () => {
  const { client } = await connectFrames(scope, victim);
  await repeat(client, frame("x".repeat(60_000)), 40);
  expect(await client.closed()).toEqual({
    code: 4100,
    reason: "Over capacity: more than 1048576 bytes a second",
  });
  expect((await scrape(victim)).sum("fanwire_limit_hits_total", { limit: "byte_rate" })).toBe(1);
});

test("as much as is allowed, second after second, is no flood", async () => {
  const { client } = await connectFrames(scope, victim);
  for (let second = 0; second < 3; second++) {
    await repeat(client, frame('{"event":"pusher:ping"}'), 200);
    await repeat(client, frame("", { opcode: OPCODE.ping }), 20);
    await Bun.sleep(1000);
  }
  await client.received();
  expect(client.controls.take().map(({ opcode }) => opcode)).toEqual(Array(60).fill(OPCODE.pong));
});

test("a message in a million empty parts takes neither memory nor anybody's time", async () => {
  const { client } = await connectFrames(scope, victim);
  const beforeBytes = residentBytes(victim.program.pid);
  const memory = new MemoryWatch(victim.program.pid);
  client.send("", { final: false });
  await repeat(client, frame("", { opcode: OPCODE.continuation, final: false }), 1_000_000);
  client.send("{}", { opcode: OPCODE.continuation });
  expect(await client.received()).toHaveLength(1);
  expect(memory.stop() - beforeBytes).toBeLessThan(16 * 1_048_576);
});

test("a message in parts of one byte is closed with 1009 when they are too many", async () => {
  const { client } = await connectFrames(scope, victim);
  client.send("x", { final: false });
  await repeat(client, frame("x", { opcode: OPCODE.continuation, final: false }), 70_000);
  expect((await client.closed()).code).toBe(1009);
});

test("client events above max_client_events_per_second are answered with 4301 and not relayed, and the socket stays", async () => {
  const channel = "presence-room";
  const before = (await scrape(victim)).sum("fanwire_limit_hits_total", { limit: "client_events" });
  const [sender, receiver] = await Promise.all(
    ["sender", "receiver"].map(async (id) => {
      const { client, socketId } = await connectFrames(scope, victim);
      client.subscribe(signSubscription(socketId, channel, JSON.stringify({ user_id: id })));
      await client.received();
      return client;
    }),
  );
  if (sender === undefined || receiver === undefined) throw new Error("there are two");
  await receiver.received();
  await repeat(sender, frame(JSON.stringify({ event: "client-a", channel, data: {} })), 100);
  const refusals = (await sender.received()).filter(({ event }) => event === "pusher:error");
  expect(refusals[0]).toEqual({
    event: "pusher:error",
    data: {
      code: 4301,
      message: `The client event was rejected because the rate limit of ${CLIENT_EVENTS_PER_SECOND} client events a second was exceeded`,
    },
  });
  const relayed = (await receiver.received()).filter(({ event }) => event === "client-a");
  expect(refusals.length + relayed.length).toBe(100);
  expect(relayed.length).toBeLessThan(2 * CLIENT_EVENTS_PER_SECOND);
  await untilFigures(
    victim,
    (now) =>
      now.sum("fanwire_limit_hits_total", { limit: "client_events" }) === before + refusals.length,
    "the refusals to be counted",
  );
});

test("client events of lists in lists cost next to nothing", async () => {
  const { client } = await connectFrames(scope, victim);
  const data = "[".repeat(DEPTH) + "]".repeat(DEPTH);
  const event = frame(`{"event":"client-a","channel":"private-a","data":${data}}`);
  const beforeMs = processorMs(victim.program.pid);
  await repeat(client, event, 15);
  const refusals = await client.received();
  expect(refusals).toHaveLength(15);
  for (const { event: name } of refusals) expect(name).toBe("pusher:error");
  // The key is public, so anybody may send hundreds of these a second.
  expect(processorMs(victim.program.pid) - beforeMs).toBeLessThan(500);
});

/** Sends the frame so many times, in large writes, or until the connection ends. */
async function repeat(client: FrameClient, bytes: Uint8Array, count: number): Promise<void> {
  const perWrite = Math.min(count, 10_000);
  const many = Buffer.concat(Array.from({ length: perWrite }, () => bytes));
  for (let sent = 0; sent < count && !client.tcp.isEnded; sent += perWrite) {
    client.tcp.write(many);
    await client.tcp.drained();
  }
}
