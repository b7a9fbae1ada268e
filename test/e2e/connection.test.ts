import { beforeAll, describe, expect, test } from "bun:test";
import { settled } from "../harness/form.ts";
import { connectPusher, listen, startPusher } from "../harness/pusher-client.ts";
import { connectRaw, RawClient } from "../harness/raw-client.ts";
import { fileScope, testScope } from "../harness/scope.ts";
import { type Server, startServer } from "../harness/server.ts";
import { socketUrl } from "../harness/target.ts";

const scope = testScope();
const forFile = fileScope();
let server: Server;

beforeAll(async () => {
  server = await startServer(forFile);
});

const UNKNOWN_KEY =
  "App key no-such-key not in this cluster. Did you forget to specify the cluster?";

describe("a connection", () => {
  test("brings pusher-js to state connected with a socket id of digits.digits", async () => {
    const pusher = await connectPusher(scope, server);
    expect(pusher.connection.state).toBe("connected");
    expect(pusher.connection.socket_id).toMatch(/^\d+\.\d+$/);
  });

  test("begins with the exact handshake frame", async () => {
    const client = new RawClient(scope, server);
    const { text } = await client.frames.next();
    expect(text).toMatch(
      /^\{"event":"pusher:connection_established","data":"\{\\"socket_id\\":\\"\d+\.\d+\\",\\"activity_timeout\\":120\}"\}$/,
    );
  });

  test("has a socket id of its own", async () => {
    const ids = await Promise.all(
      Array.from({ length: 20 }, async () => (await connectRaw(scope, server)).socketId),
    );
    expect(new Set(ids).size).toBe(20);
  });

  test.each([
    ["with empty data", '{"event":"pusher:ping","data":{}}'],
    ["without data, as Java sends it", '{"event": "pusher:ping"}'],
  ])("answers a ping %s", async (_, ping) => {
    const { client } = await connectRaw(scope, server);
    client.sendText(ping);
    expect((await client.frames.next()).text).toBe('{"event":"pusher:pong","data":"{}"}');
  });

  test.each(["4", "5", "6", "7"])("takes protocol %s", async (protocol) => {
    const { socketId } = await connectRaw(scope, socketUrl(server, `protocol=${protocol}`));
    expect(socketId).toMatch(/^\d+\.\d+$/);
  });
});

describe("a wrong key", () => {
  test("closes with 4001 after the upgrade has succeeded", async () => {
    const client = new RawClient(scope, { ...server, key: "no-such-key" });
    await client.opened();
    expect(await client.closed()).toEqual({ code: 4001, reason: UNKNOWN_KEY });
  });

  test("is told to protocol 7 by the close frame alone", async () => {
    const client = new RawClient(scope, { ...server, key: "no-such-key" });
    await client.closed();
    expect(client.frames.take()).toEqual([]);
  });

  test.each(["4", "5"])("is told to protocol %s by an event before the close", async (protocol) => {
    const url = socketUrl({ ...server, key: "no-such-key" }, `protocol=${protocol}`);
    const client = new RawClient(scope, url);
    expect((await client.closed()).code).toBe(4001);
    expect(client.frames.take().map(({ text }) => text)).toEqual([
      `{"event":"pusher:error","data":{"code":4001,"message":"${UNKNOWN_KEY}"}}`,
    ]);
  });

  test("makes pusher-js give up", async () => {
    const pusher = startPusher(scope, { ...server, key: "no-such-key" });
    const states = listen(pusher.connection, "state_change");
    const errors = listen(pusher.connection, "error");
    const { data: change } = await states.next();
    expect(change).toEqual({ previous: "connecting", current: "disconnected" });
    expect(errors.take().map(({ data }) => data)).toMatchObject([
      { error: { data: { code: 4001, message: UNKNOWN_KEY } } },
    ]);
    // It does nothing more by itself: no other try is under way, and none is planned.
    expect(pusher.connection.retryTimer ?? null).toBeNull();
    expect(pusher.connection.runner ?? null).toBeNull();
  });
});

describe("an upgrade that is not understood closes with", () => {
  test.each([
    ["4008 without a protocol", "client=js&version=8.6.0", 4008, /protocol/i],
    ["4007 for a protocol that is too old", "protocol=3", 4007, /3/],
    ["4007 for a protocol that does not exist yet", "protocol=8", 4007, /8/],
    ["4007 for a protocol that is no number", "protocol=seven", 4007, /seven/],
    ["4006 for a bad version", "protocol=7&version=eight", 4006, /version/i],
  ])("%s", async (_, query, code, reason) => {
    const client = new RawClient(scope, socketUrl(server, query));
    await client.opened();
    const closing = await client.closed();
    expect(closing.code).toBe(code);
    expect(closing.reason).toMatch(reason);
  });

  test.each(["/", "/app", "/app/", "/app/app-key/more", "/elsewhere/app-key"])(
    "4005 for path %j",
    async (path) => {
      const url = `ws://${server.host}:${server.port}${path}?protocol=7`;
      const client = new RawClient(scope, url);
      await client.opened();
      expect((await client.closed()).code).toBe(4005);
    },
  );
});

describe("a frame that is not understood", () => {
  test.each([
    ["not JSON", "{", /^Invalid JSON/],
    ["not an object", "[1]", /^Invalid JSON/],
    ["without event", '{"data":{}}', /^Invalid JSON/],
    [
      "of an unknown event",
      '{"event":"pusher:launch","data":{}}',
      "Unsupported event received on socket: pusher:launch",
    ],
    [
      "of the server's own names",
      '{"event":"pusher_internal:member_added","data":{},"channel":"a"}',
      "Unsupported event received on socket: pusher_internal:member_added",
    ],
  ])("is refused and leaves the socket open: %s", async (_, text, message) => {
    const { client } = await connectRaw(scope, server);
    client.sendText(text);
    expect(await client.received()).toMatchObject([
      { event: "pusher:error", data: { code: null, message: expect.stringMatching(message) } },
    ]);
    expect(client.isOpen).toBe(true);
  });

  test("closes with 1003 when it is binary", async () => {
    const { client } = await connectRaw(scope, server);
    client.sendBinary(new Uint8Array([1, 2, 3]));
    expect((await client.closed()).code).toBe(1003);
  });
});

test("a connection above the app's limit closes with 4004", async () => {
  const small = await startServer(scope, { app: { max_connections: 1 } });
  await connectRaw(scope, small);
  await settled();
  const client = new RawClient(scope, small);
  expect(await client.closed()).toEqual({
    code: 4004,
    reason: "Application is over connection quota",
  });
});

test("connections to a disabled app close with 4003", async () => {
  const disabled = await startServer(scope, { app: { enabled: false } });
  const client = new RawClient(scope, disabled);
  expect((await client.closed()).code).toBe(4003);
});
