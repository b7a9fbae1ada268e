// Details of frames that libraries rely on and hide.
import { beforeAll, describe, expect, test } from "bun:test";
import type PusherServer from "pusher";
import { connectFrames } from "../harness/frame-client.ts";
import { OPCODE } from "../harness/frames.ts";
import { connectRaw, subscribeRaw } from "../harness/raw-client.ts";
import { fileScope, testScope } from "../harness/scope.ts";
import { serverLibrary } from "../harness/server-library.ts";
import { type Server, startServer } from "../harness/server.ts";
import { socketUrl } from "../harness/target.ts";

const scope = testScope();
const forFile = fileScope();
let server: Server;
let library: PusherServer;

beforeAll(async () => {
  server = await startServer(forFile);
  library = serverLibrary(server);
});

const SUCCEEDED = "pusher_internal:subscription_succeeded";

describe("a subscription", () => {
  test("to a public channel takes any auth and channel_data, and heeds none", async () => {
    const { client } = await connectRaw(scope, server);
    client.subscribe({ channel: "public", auth: "nonsense", channel_data: "{" });
    expect((await client.received()).map(({ text }) => text)).toEqual([
      `{"event":"${SUCCEEDED}","data":"{}","channel":"public"}`,
    ]);
  });

  test("may have its parameters as the text of their JSON", async () => {
    const { client } = await connectRaw(scope, server);
    client.send({ event: "pusher:subscribe", data: '{"channel":"public"}' });
    client.send({ event: "pusher:unsubscribe", data: '{"channel":"public"}' });
    expect((await client.received()).map(({ event }) => event)).toEqual([SUCCEEDED]);
  });

  test.each(["4", "5", "6"])("is answered on any channel with protocol %s", async (protocol) => {
    const { client, socketId } = await connectRaw(scope, socketUrl(server, `protocol=${protocol}`));
    client.subscribe({ channel: "public", auth: "" });
    const channel = "private-x";
    client.subscribe({ channel, ...library.authorizeChannel(socketId, channel) });
    expect((await client.received()).map(({ text }) => text)).toEqual([
      `{"event":"${SUCCEEDED}","data":"{}","channel":"public"}`,
      `{"event":"${SUCCEEDED}","data":"{}","channel":"private-x"}`,
    ]);
  });

  test("ends without an answer", async () => {
    const { client } = await subscribeRaw(scope, server, "public");
    client.send({ event: "pusher:unsubscribe", data: { channel: "public" } });
    expect(await client.received()).toEqual([]);
  });
});

describe("an event of an application", () => {
  test("may be written in any language and may hold anything", async () => {
    const { client } = await subscribeRaw(scope, server, "any");
    const data = '\u0000\u001f"\\/\u2028 ünïcode 🙂 \ud800';
    await library.trigger("any", "e", { data });
    const { data: received } = await client.frames.next();
    expect(JSON.parse(String(received))).toEqual({ data });
  });
});

describe("control frames", () => {
  test("of a client are answered with what they hold", async () => {
    const { client } = await connectFrames(scope, server);
    client.send("are you there?", { opcode: OPCODE.ping });
    const { opcode, payload } = await client.controls.next();
    expect([opcode, payload.toString()]).toEqual([OPCODE.pong, "are you there?"]);
  });

  test("ask a client that is silent, and no event does", async () => {
    const brief = await startServer(scope, { config: { activity_timeout: 1 } });
    const { client } = await connectFrames(scope, brief);
    expect((await client.controls.next()).opcode).toBe(OPCODE.ping);
    expect(client.messages.take()).toEqual([]);
  });
});

describe("a frame of a client", () => {
  test("may have 64 KB, and closes its connection with 1009 when it has more", async () => {
    const { client } = await connectRaw(scope, server);
    const frame = (bytes: number): string => {
      const [head, tail] = ['{"event":"pusher:ping","data":"', '"}'];
      return head + "x".repeat(bytes - head.length - tail.length) + tail;
    };
    client.sendText(frame(64 * 1024));
    expect((await client.frames.next()).event).toBe("pusher:pong");
    client.sendText(frame(64 * 1024 + 1));
    expect((await client.closed()).code).toBe(1009);
  });

  test("is compressed by nobody, whatever a browser offers", async () => {
    const { client } = await connectRaw(scope, server);
    expect(client.extensions).toBe("");
  });
});
