import { beforeAll, describe, expect, test } from "bun:test";
import type PusherServer from "pusher";
import { authorisedAs, startApplication } from "../harness/application.ts";
import { connectPusher, listen, occurrence, subscribe } from "../harness/pusher-client.ts";
import { connectRaw } from "../harness/raw-client.ts";
import { fileScope, testScope } from "../harness/scope.ts";
import { serverLibrary } from "../harness/server-library.ts";
import { type Server, startServer } from "../harness/server.ts";
import { signSubscription } from "../harness/signing.ts";

const scope = testScope();
const forFile = fileScope();
let server: Server;
let library: PusherServer;

beforeAll(async () => {
  server = await startServer(forFile);
  library = serverLibrary(server);
});

describe("pusher-js on a private channel", () => {
  test("is let in with the signature of its application and gets events", async () => {
    const application = startApplication(scope, library);
    const channelAuthorization = authorisedAs(application, "ada");
    const pusher = await connectPusher(scope, server, { channelAuthorization });
    const channel = await subscribe(pusher, "private-letters");
    const events = listen(channel, "letter");
    await library.trigger("private-letters", "letter", { text: "hello" });
    expect((await events.next()).data).toEqual({ text: "hello" });
  });

  test("is told pusher:subscription_error when its application refuses", async () => {
    const { authEndpoint: endpoint } = startApplication(scope, library);
    const pusher = await connectPusher(scope, server, {
      channelAuthorization: { transport: "ajax", endpoint },
    });
    const error = occurrence(pusher.subscribe("private-letters"), "pusher:subscription_error");
    expect(await error).toMatchObject({ type: "AuthError", status: 403 });
  });

  test("is refused with a wrong signature, and the socket stays open", async () => {
    const forger = serverLibrary({ ...server, secret: "another" });
    const channelAuthorization = authorisedAs(startApplication(scope, forger), "ada");
    const pusher = await connectPusher(scope, server, { channelAuthorization });
    const error = occurrence(pusher.connection, "error");
    const channel = pusher.subscribe("private-letters");
    const { socket_id: socketId } = pusher.connection;
    const [, signature] = forger.authorizeChannel(socketId, channel.name).auth.split(":");
    expect(await error).toMatchObject({
      type: "PusherError",
      data: {
        code: null,
        message: `Invalid signature: Expected HMAC SHA256 hex digest of ${socketId}:private-letters, but got ${signature}`,
      },
    });
    expect(channel.subscribed).toBe(false);
    await subscribe(pusher, "public");
    expect(pusher.connection.socket_id).toBe(socketId);
  });
});

describe("a private channel refuses", () => {
  test.each([
    ["no auth", {}, "Auth info required to subscribe to private-x"],
    ["an empty auth", { auth: "" }, "Auth info required to subscribe to private-x"],
    [
      "an auth without a colon",
      { auth: "app-key" },
      "Auth value for subscription to private-x is invalid: should be of format 'key:signature'",
    ],
    [
      "the key of nobody",
      { auth: "no-such-key:00" },
      "Invalid key in subscription auth data: 'no-such-key'",
    ],
  ])("%s with the live text", async (_, parameters, message) => {
    const { client } = await connectRaw(scope, server);
    client.subscribe({ channel: "private-x", ...parameters });
    expect((await client.received()).map(({ text }) => text)).toEqual([
      JSON.stringify({ event: "pusher:error", data: { code: null, message } }),
    ]);
  });

  test("the signature of another socket", async () => {
    const { client } = await connectRaw(scope, server);
    client.subscribe({ channel: "private-x", ...library.authorizeChannel("1.2", "private-x") });
    expect(await client.received()).toMatchObject([{ event: "pusher:error" }]);
  });

  test("the signature of another channel", async () => {
    const { client, socketId } = await connectRaw(scope, server);
    const { auth } = library.authorizeChannel(socketId, "private-y");
    client.subscribe({ channel: "private-x", auth });
    expect(await client.received()).toMatchObject([{ event: "pusher:error" }]);
  });
});

test("channel_data is part of what is signed, on private channels as well", async () => {
  const { client, socketId } = await connectRaw(scope, server);
  const { auth, channel_data: data = "" } = library.authorizeChannel(socketId, "private-x", {
    user_id: "1",
  });
  client.subscribe({ channel: "private-x", auth });
  expect(await client.received()).toMatchObject([{ event: "pusher:error" }]);
  client.subscribe({ channel: "private-x", auth, channel_data: data });
  expect((await client.received()).map(({ text }) => text)).toEqual([
    '{"event":"pusher_internal:subscription_succeeded","data":"{}","channel":"private-x"}',
  ]);
});

describe("the signature of a channel with a colon lets nobody into the channel before the colon", () => {
  test.each([
    "private-room",
    "private-cache-room",
    "private-encrypted-room",
    "private-encrypted-cache-room",
    "presence-room",
    "presence-cache-room",
  ])("%s", async (channel) => {
    const { client, socketId } = await connectRaw(scope, server);
    client.subscribe(signSubscription(socketId, channel, "lobby"));
    expect((await client.received()).map(({ text }) => text)).toEqual([
      JSON.stringify({
        event: "pusher:error",
        data: {
          code: null,
          message: `Invalid channel_data for subscription to ${channel}: must be a JSON object`,
        },
      }),
    ]);
  });

  test("nor does it sign anybody in", async () => {
    const { client, socketId } = await connectRaw(scope, server);
    const { auth } = signSubscription(socketId, ":user:", "ada");
    client.signIn({ auth, user_data: "ada" });
    expect(await client.received()).toMatchObject([
      { data: { message: "user_data required to sign in: must be JSON with an id" } },
    ]);
  });
});

test("a second subscription to a channel is refused and leaves the first as it is", async () => {
  const { client } = await connectRaw(scope, server);
  client.subscribe({ auth: "", channel: "twice" });
  client.subscribe({ auth: "", channel: "twice" });
  const [, refused, ...more] = await client.received();
  expect(refused).toMatchObject({
    event: "pusher:error",
    data: { code: null, message: "Existing subscription to channel twice" },
  });
  expect(more).toEqual([]);
  await library.trigger("twice", "e", {});
  expect(await client.received()).toMatchObject([{ event: "e" }]);
});

test("unsubscribing from a channel without a subscription is refused", async () => {
  const { client } = await connectRaw(scope, server);
  client.send({ event: "pusher:unsubscribe", data: { channel: "never" } });
  expect(await client.received()).toMatchObject([
    {
      data: {
        code: null,
        message: "No current subscription to channel never, or subscription in progress",
      },
    },
  ]);
});

test("unsubscribe and subscribe, sent at once, end subscribed", async () => {
  const pusher = await connectPusher(scope, server);
  await subscribe(pusher, "again");
  pusher.unsubscribe("again");
  const events = listen(await subscribe(pusher, "again"), "e");
  await library.trigger("again", "e", 1);
  expect((await events.next()).data).toBe(1);
});
