// No option is accepted and then ignored: one that would change delivery or retention is refused by name.
import { beforeAll, describe, expect, test } from "bun:test";
import type PusherServer from "pusher";
import { call } from "../harness/api.ts";
import { connectRaw, RawClient, subscribeRaw } from "../harness/raw-client.ts";
import { fileScope, testScope } from "../harness/scope.ts";
import { serverLibrary } from "../harness/server-library.ts";
import { type Server, startServer } from "../harness/server.ts";
import { hmac } from "../harness/signing.ts";
import { resource, socketUrl } from "../harness/target.ts";

const scope = testScope();
const forFile = fileScope();
let server: Server;
let library: PusherServer;

beforeAll(async () => {
  server = await startServer(forFile);
  library = serverLibrary(server);
});

describe("a handshake is refused that asks for", () => {
  test.each([
    ["another format", "protocol=2&format=msgpack", 4007, "format, must be json: msgpack"],
    ["another format in Pusher's dialect", "protocol=7&format=protobuf", 4007, "protobuf"],
    ["the rights of a token", "protocol=2&token=a.b.c", 4009, "Unsupported parameter: token"],
    ["echoes by another word", "protocol=2&echo_messages=no", 4007, "echo_messages"],
    ["a format of the longest name", `protocol=2&format=${"ü".repeat(500)}`, 4007, "format"],
  ])("%s", async (_, query, code, reason) => {
    const client = new RawClient(scope, socketUrl(server, query));
    const closing = await client.closed();
    expect(closing.code).toBe(code);
    expect(closing.reason).toContain(reason);
  });

  test.each([
    "protocol=2&client=python&version=2.2.0&flash=false&format=json&echo_messages=true&append_mode=delta",
    "protocol=2&client=x&version=latest&append_mode=full&append_rollup_window=40",
  ])("nothing else: %s", async (query) => {
    const { socketId } = await connectRaw(scope, socketUrl(server, query));
    expect(socketId).toMatch(/^\d+\.\d+$/);
  });
});

describe("a subscription is refused that asks for", () => {
  test.each([
    ["rewind", 5],
    ["rewind", { seconds: 60 }],
    ["modes", ["ANNOTATION_SUBSCRIBE"]],
  ])("%s: %j, and there is none", async (member, value) => {
    const { client } = await connectRaw(scope, server);
    client.send({ event: "pusher:subscribe", data: { channel: "a", [member]: value } });
    expect(await client.received()).toMatchObject([
      {
        event: "pusher:error",
        data: { code: null, message: expect.stringContaining(`to a with ${member}: this server`) },
      },
    ]);
    await library.trigger("a", "e", {});
    expect(await client.received()).toEqual([]);
  });

  test("an expression", async () => {
    const { client } = await connectRaw(scope, server);
    const filter = { expression: "tags.a == 'b'" };
    client.send({ event: "pusher:subscribe", data: { channel: "a", filter } });
    expect(await client.received()).toMatchObject([
      { data: { message: expect.stringContaining("filter.expression") } },
    ]);
  });

  test("none of it, and a list of events beside the filter holds", async () => {
    const { client } = await connectRaw(scope, server);
    const data = { channel: "a", rewind: null, modes: [], events: ["wanted"] };
    client.send({ event: "pusher:subscribe", data });
    await client.received();
    for (const name of ["wanted", "other"]) await library.trigger("a", name, {});
    expect((await client.received()).map(({ event }) => event)).toEqual(["wanted"]);
  });
});

test("a sign-in with capabilities is refused, since they would restrict nothing", async () => {
  const { client, socketId } = await connectRaw(scope, server);
  for (const capabilities of [{ subscribe: ["a"] }, {}]) {
    const userData = JSON.stringify({ id: "1", capabilities });
    const auth = `${server.key}:${hmac(server.secret, `${socketId}::user::${userData}`)}`;
    client.signIn({ auth, user_data: userData });
  }
  expect(await client.received()).toMatchObject([
    {
      event: "pusher:error",
      data: { message: "Cannot sign in with capabilities: this server restricts nothing by them" },
    },
    { event: "pusher:signin_success" },
  ]);
});

describe("an event is refused that has", () => {
  test.each([
    ["message_id", { message_id: "m" }],
    ["extras.headers", { extras: { headers: { a: 1 } } }],
    ["extras.push", { extras: { push: { title: "t" } } }],
  ])("%s", async (name, members) => {
    const { client } = await subscribeRaw(scope, server, "a");
    const body = JSON.stringify({ name: "e", channel: "a", data: "{}", ...members });
    const response = await call(server, "POST", resource("/events"), { body });
    expect(response.status).toBe(400);
    expect(await response.text()).toStartWith(`Unsupported parameter: ${name} `);
    expect(await client.received()).toEqual([]);
  });
});
