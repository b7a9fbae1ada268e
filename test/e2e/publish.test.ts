import { beforeAll, describe, expect, test } from "bun:test";
import type PusherServer from "pusher";
import { post } from "../harness/api.ts";
import { connectPusher, listen, subscribe } from "../harness/pusher-client.ts";
import { connectRaw } from "../harness/raw-client.ts";
import { fileScope, testScope } from "../harness/scope.ts";
import { refusal, serverLibrary } from "../harness/server-library.ts";
import { type Server, startServer } from "../harness/server.ts";

const scope = testScope();
const forFile = fileScope();
let server: Server;
let library: PusherServer;

beforeAll(async () => {
  server = await startServer(forFile);
  library = serverLibrary(server);
});

/** A raw client that is subscribed to the channels. */
async function subscribedTo(...channels: readonly string[]) {
  const { client, socketId } = await connectRaw(scope, server);
  for (const channel of channels) client.subscribe({ auth: "", channel });
  await client.received();
  return { client, socketId };
}

describe("an event of the server library", () => {
  test("reaches pusher-js with its name and data", async () => {
    const channel = await subscribe(await connectPusher(scope, server), "news");
    const events = listen(channel, "headline");
    await library.trigger("news", "headline", { text: "ünïcode ✓", list: [1, null, {}] });
    expect((await events.next()).data).toEqual({ text: "ünïcode ✓", list: [1, null, {}] });
  });

  test("is this very frame", async () => {
    const { client } = await subscribedTo("news");
    await library.trigger("news", "App\\Events\\Shipped", { a: 'b"' });
    expect((await client.frames.next()).text).toBe(
      String.raw`{"event":"App\\Events\\Shipped","data":"{\"a\":\"b\\\"\"}","channel":"news"}`,
    );
  });

  test("keeps data that is not JSON as it is", async () => {
    const { client } = await subscribedTo("news");
    await library.trigger("news", "e", "not { JSON");
    expect((await client.frames.next()).data).toBe("not { JSON");
  });

  test("reaches the subscribers of each of its channels, once a channel", async () => {
    const { client } = await subscribedTo("a", "b", "c");
    await library.trigger(["a", "b", "a", "nobody"], "e", {});
    const frames = await client.received();
    expect(frames.map(({ channel }) => channel)).toEqual(["a", "b"]);
  });

  test("reaches nobody after unsubscribe", async () => {
    const { client } = await subscribedTo("a", "b");
    client.send({ event: "pusher:unsubscribe", data: { channel: "a" } });
    await client.received();
    await library.trigger(["a", "b"], "e", {});
    expect((await client.received()).map(({ channel }) => channel)).toEqual(["b"]);
  });

  test("leaves out the socket of socket_id", async () => {
    const sender = await subscribedTo("a");
    const other = await subscribedTo("a");
    await library.trigger("a", "e", {}, { socket_id: sender.socketId });
    expect((await other.client.received()).map(({ event }) => event)).toEqual(["e"]);
    expect(await sender.client.received()).toEqual([]);
  });

  test("is taken when socket_id is of nobody", async () => {
    const { client } = await subscribedTo("a");
    await library.trigger("a", "e", {}, { socket_id: "1.2" });
    expect((await client.received()).map(({ event }) => event)).toEqual(["e"]);
  });

  test("arrives in the order of publishing", async () => {
    const { client } = await subscribedTo("a");
    for (let index = 0; index < 50; index++) await library.trigger("a", "e", { index });
    const frames = await client.received();
    expect(frames.map(({ data }) => data)).toEqual(
      Array.from({ length: 50 }, (_, index) => JSON.stringify({ index })),
    );
  });
});

describe("the answer to a publish", () => {
  test("is exactly {} with status 200 and type JSON", async () => {
    const response = await library.trigger("a", "e", {});
    expect(response.status).toBe(200);
    expect(response.headers.get("Content-Type")).toBe("application/json");
    expect(await response.text()).toBe("{}");
  });

  test("has the asked figures of each channel", async () => {
    // A channel of its own, since clients of previous tests may still be disconnecting.
    await subscribedTo("counted");
    const info = "user_count,subscription_count";
    const response = await library.trigger(["counted", "presence-empty"], "e", {}, { info });
    expect(await response.json()).toEqual({
      channels: {
        counted: { subscription_count: 1 },
        "presence-empty": { user_count: 0, subscription_count: 0 },
      },
    });
  });
});

describe("a batch", () => {
  test("reaches each item's channel and is answered with {}", async () => {
    const { client } = await subscribedTo("a", "b");
    const response = await library.triggerBatch([
      { channel: "a", name: "first", data: { n: 1 } },
      { channel: "b", name: "second", data: "two" },
    ]);
    expect(await response.text()).toBe("{}");
    expect(await client.received()).toMatchObject([
      { channel: "a", event: "first", data: '{"n":1}' },
      { channel: "b", event: "second", data: "two" },
    ]);
  });

  test("is answered item by item when one asks for figures", async () => {
    await subscribedTo("counted-in-batch");
    const response = await library.triggerBatch([
      { channel: "counted-in-batch", name: "e", data: {}, info: "subscription_count" },
      { channel: "b", name: "e", data: {} },
      { channel: "presence-c", name: "e", data: {}, info: "user_count" },
    ]);
    expect(await response.json()).toEqual({
      batch: [{ subscription_count: 1 }, {}, { user_count: 0 }],
    });
  });

  test("leaves out each item's socket_id", async () => {
    const { client, socketId } = await subscribedTo("a");
    await library.triggerBatch([
      { channel: "a", name: "excluded", data: {}, socket_id: socketId },
      { channel: "a", name: "included", data: {} },
    ]);
    expect((await client.received()).map(({ event }) => event)).toEqual(["included"]);
  });

  test("of eleven is refused", async () => {
    const batch = Array.from({ length: 11 }, () => ({ channel: "a", name: "e", data: {} }));
    expect(await refusal(library.triggerBatch(batch))).toEqual({
      status: 400,
      body: "Batch too large (11 > 10)\n",
    });
  });

  test("publishes nothing when one item is wrong", async () => {
    const { client } = await subscribedTo("a");
    const batch = [
      { channel: "a", name: "e", data: {} },
      { channel: "a", name: "e", data: "x".repeat(10_241) },
    ];
    expect((await refusal(library.triggerBatch(batch))).status).toBe(413);
    expect(await client.received()).toEqual([]);
  });

  test("item without a channel is refused", async () => {
    expect(await post(server, "/batch_events", { batch: [{ name: "e", data: "{}" }] })).toEqual({
      status: 400,
      body: "Missing required parameter: channel\n",
    });
  });
});

describe("event data", () => {
  test("of 10240 bytes is delivered", async () => {
    const { client } = await subscribedTo("a");
    const data = "x".repeat(10_240);
    await library.trigger("a", "e", data);
    expect((await client.frames.next()).data).toBe(data);
  });

  test.each([
    ["10241 bytes", "x".repeat(10_241)],
    ["10242 bytes in 5121 characters", "ä".repeat(5121)],
  ])("of %s is refused with 413", async (_, data) => {
    expect(await refusal(library.trigger("a", "e", data))).toEqual({
      status: 413,
      body: "The data content of this event exceeds the allowed maximum (10240 bytes). See https://pusher.com/docs/channels/server_api/http-api#publishing-events for more info\n",
    });
  });
});

describe("a publish is refused with the live text", () => {
  test.each([
    [
      "a name that is no text",
      { name: 7, channel: "a", data: "" },
      "Expected name parameter to be a string",
    ],
    ["a channel with a space", { name: "e", channel: "a b", data: "" }, "Invalid channel name"],
    [
      "a channel of 165 characters",
      { name: "e", channel: "x".repeat(165), data: "" },
      "Invalid channel name",
    ],
    ["no channel", { name: "e", data: "" }, "Missing required parameter: channels"],
    ["no name", { channel: "a", data: "" }, "Missing required parameter: name"],
    ["no data", { name: "e", channel: "a" }, "Missing required parameter: data"],
  ])("for %s", async (_, body, message) => {
    expect(await post(server, "/events", body)).toEqual({ status: 400, body: `${message}\n` });
  });
});
