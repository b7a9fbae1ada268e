import { beforeAll, describe, expect, test } from "bun:test";
import type PusherServer from "pusher";
import { type Application, authorisedAs, startApplication } from "../harness/application.ts";
import { settled } from "../harness/form.ts";
import { connectPusher, join, listen, subscribe } from "../harness/pusher-client.ts";
import { connectRaw, type RawClient } from "../harness/raw-client.ts";
import { fileScope, testScope } from "../harness/scope.ts";
import { serverLibrary } from "../harness/server-library.ts";
import { type Server, startServer } from "../harness/server.ts";

const scope = testScope();
const forFile = fileScope();
let server: Server;
let library: PusherServer;
let application: Application;

beforeAll(async () => {
  server = await startServer(forFile);
  library = serverLibrary(server);
  application = startApplication(forFile, library);
});

const CHANNEL = "private-talk";

/** pusher-js as a user. */
function connectAs(userId: string) {
  return connectPusher(scope, server, { channelAuthorization: authorisedAs(application, userId) });
}

/** A raw client on a private channel. */
async function subscribedRaw(to: Server, channel = CHANNEL): Promise<RawClient> {
  const { client, socketId } = await connectRaw(scope, to);
  client.subscribe({ channel, ...library.authorizeChannel(socketId, channel) });
  expect((await client.frames.next()).event).toBe("pusher_internal:subscription_succeeded");
  return client;
}

describe("a client event", () => {
  test("reaches the others and not who sent it", async () => {
    const [ada, bob] = [await connectAs("ada"), await connectAs("bob")];
    const [fromAda, fromBob] = [await subscribe(ada, CHANNEL), await subscribe(bob, CHANNEL)];
    const atAda = listen(fromAda, "client-typing", "mark");
    const atBob = listen(fromBob, "client-typing", "mark");
    fromAda.trigger("client-typing", { text: "hello" });
    expect(await atBob.next()).toEqual({
      event: "client-typing",
      data: { text: "hello" },
      userId: null,
    });
    await settled();
    await library.trigger(CHANNEL, "mark", {});
    expect((await atAda.next()).event).toBe("mark");
  });

  test("carries its sender's user id on a presence channel", async () => {
    const [ada, bob] = [await connectAs("ada"), await connectAs("bob")];
    const fromAda = await join(ada, "presence-talk");
    const atBob = listen(await join(bob, "presence-talk"), "client-typing");
    fromAda.trigger("client-typing", { text: "hello" });
    expect(await atBob.next()).toMatchObject({ data: { text: "hello" }, userId: "ada" });
  });

  test.each([
    ["an object", { a: 1 }, '{"a":1}'],
    ["a text", "as it is", "as it is"],
    ["a list", [1, null], "[1,null]"],
    ["a number", 7, "7"],
  ])("is relayed as text, sent with %s", async (_, data, relayed) => {
    const [sender, other] = [await subscribedRaw(server), await subscribedRaw(server)];
    sender.send({ event: "client-e", data, channel: CHANNEL });
    expect((await other.frames.next()).text).toBe(
      JSON.stringify({ event: "client-e", data: relayed, channel: CHANNEL }),
    );
  });

  test("without data is relayed, as Echo's whisper sends it", async () => {
    const [sender, other] = [await subscribedRaw(server), await subscribedRaw(server)];
    sender.send({ event: "client-typing", channel: CHANNEL });
    expect(await other.frames.next()).toMatchObject({ event: "client-typing", data: "{}" });
  });
});

describe("a client event is refused, and the socket stays open,", () => {
  test("when the app has them turned off", async () => {
    const silent = await startServer(scope, { app: { enable_client_messages: false } });
    const [sender, other] = [await subscribedRaw(silent), await subscribedRaw(silent)];
    sender.send({ event: "client-e", data: {}, channel: CHANNEL });
    expect((await sender.received()).map(({ text }) => text)).toEqual([
      '{"event":"pusher:error","data":{"code":null,"message":"To send client events, you must enable this feature in the Settings page of your dashboard."}}',
    ]);
    expect(await other.received()).toEqual([]);
  });

  test("on a public channel", async () => {
    const { client } = await connectRaw(scope, server);
    client.subscribe({ auth: "", channel: "public" });
    client.send({ event: "client-e", data: {}, channel: "public" });
    const [, refused] = await client.received();
    expect(refused?.data).toEqual({
      code: null,
      message: "Client event rejected - only supported on private and presence channels",
    });
  });

  test("on a channel without a subscription", async () => {
    const { client } = await connectRaw(scope, server);
    client.send({ event: "client-e", data: {}, channel: CHANNEL });
    expect(await client.received()).toMatchObject([
      {
        data: {
          code: null,
          message: `Cannot broadcast client event (connection not subscribed to channel ${CHANNEL})`,
        },
      },
    ]);
  });

  test("without a channel", async () => {
    const { client } = await connectRaw(scope, server);
    client.send({ event: "client-e", data: {} });
    expect(await client.received()).toMatchObject([
      { data: { code: null, message: "Invalid client event (must contain channel and data)" } },
    ]);
  });

  test("with more data than 10240 bytes", async () => {
    const [sender, other] = [await subscribedRaw(server), await subscribedRaw(server)];
    sender.send({ event: "client-e", data: "x".repeat(10_241), channel: CHANNEL });
    expect(await sender.received()).toMatchObject([{ data: { code: null } }]);
    expect(await other.received()).toEqual([]);
  });

  test("above ten a second, with code 4301", async () => {
    const [sender, other] = [await subscribedRaw(server), await subscribedRaw(server)];
    for (let index = 0; index < 40; index++)
      sender.send({ event: "client-e", data: { index }, channel: CHANNEL });
    const refused = await sender.received();
    const relayed = await other.received();
    // The allowance refills while frames arrive, so how many above ten are accepted depends on time.
    expect(relayed.length).toBeGreaterThanOrEqual(10);
    expect(refused.length).toBeGreaterThanOrEqual(1);
    expect(relayed.length + refused.length).toBe(40);
    for (const { event, data } of refused) {
      expect(event).toBe("pusher:error");
      expect(data).toMatchObject({ code: 4301 });
    }
    expect(sender.isOpen).toBe(true);
    await library.trigger(CHANNEL, "still-here", {});
    expect((await sender.received()).map(({ event }) => event)).toEqual(["still-here"]);
  });
});
