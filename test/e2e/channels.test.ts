import { beforeAll, beforeEach, describe, expect, test } from "bun:test";
import type PusherServer from "pusher";
import { until } from "../harness/deadline.ts";
import { connectRaw, type RawClient } from "../harness/raw-client.ts";
import { fileScope, testScope } from "../harness/scope.ts";
import { refusal, serverLibrary } from "../harness/server-library.ts";
import { type Server, startServer } from "../harness/server.ts";

const scope = testScope();
const forFile = fileScope();
let server: Server;
let library: PusherServer;

beforeAll(async () => {
  server = await startServer(forFile, { app: { enable_subscription_count: true } });
  library = serverLibrary(server);
});

/** Ada with two tabs and Bob in a presence channel; both of Ada's tabs read the news. */
beforeEach(async () => {
  await until(isEmpty, "the clients of the test before to be gone");
  for (const userId of ["ada", "ada", "bob"]) {
    const { client, socketId } = await connectRaw(scope, server);
    const member = library.authorizeChannel(socketId, "presence-room", { user_id: userId });
    client.subscribe({ channel: "presence-room", ...member });
    if (userId === "ada") client.subscribe({ channel: "news", auth: "" });
    await settled(client);
  }
});

async function isEmpty(): Promise<boolean> {
  return (await get("/channels")) === '{"channels":{}}';
}

async function settled(client: RawClient): Promise<void> {
  const frames = await client.received();
  expect(frames.filter(({ event }) => event === "pusher:error")).toEqual([]);
}

async function get(path: string, params: Record<string, string> = {}): Promise<string> {
  const response = await library.get({ path, params });
  expect(response.status).toBe(200);
  expect(response.headers.get("Content-Type")).toBe("application/json");
  return response.text();
}

describe("GET /channels", () => {
  test("has the occupied channels", async () => {
    expect(JSON.parse(await get("/channels"))).toEqual({
      channels: { "presence-room": {}, news: {} },
    });
  });

  test("has those with the prefix, with their number of users when asked", async () => {
    const params = { filter_by_prefix: "presence-", info: "user_count" };
    expect(await get("/channels", params)).toBe('{"channels":{"presence-room":{"user_count":2}}}');
  });

  test("has their numbers of subscriptions when asked, where the app counts them", async () => {
    expect(JSON.parse(await get("/channels", { info: "subscription_count" }))).toEqual({
      channels: { "presence-room": { subscription_count: 3 }, news: { subscription_count: 2 } },
    });
    const params = { filter_by_prefix: "presence-", info: "user_count,subscription_count" };
    expect(JSON.parse(await get("/channels", params))).toEqual({
      channels: { "presence-room": { user_count: 2, subscription_count: 3 } },
    });
  });

  test("refuses to count subscriptions where the app does not", async () => {
    const plain = serverLibrary(await startServer(scope));
    const params = { info: "subscription_count" };
    expect(await refusal(plain.get({ path: "/channels", params }))).toEqual({
      status: 400,
      body: "subscription_count may not be requested for a list of channels\n",
    });
  });

  test("has an empty object when there are none", async () => {
    expect(await get("/channels", { filter_by_prefix: "private-" })).toBe('{"channels":{}}');
  });

  test("refuses to count users of all channels", async () => {
    expect(
      await refusal(library.get({ path: "/channels", params: { info: "user_count" } })),
    ).toEqual({
      status: 400,
      body: "user_count may only be requested for presence channels - please supply filter_by_prefix begining with presence-\n",
    });
  });

  test("refuses an attribute that it does not know", async () => {
    const answer = await refusal(library.get({ path: "/channels", params: { info: "weather" } }));
    expect(answer.status).toBe(400);
    expect(answer.body).toStartWith("info should be a comma separated list of attributes");
  });
});

describe("GET /channels/NAME", () => {
  test("says that a channel is occupied, and no more", async () => {
    expect(await get("/channels/news")).toBe('{"occupied":true}');
  });

  test("says that a channel is not occupied", async () => {
    expect(await get("/channels/nobody")).toBe('{"occupied":false}');
  });

  test("counts users and subscriptions when asked", async () => {
    const params = { info: "user_count,subscription_count" };
    expect(JSON.parse(await get("/channels/presence-room", params))).toEqual({
      occupied: true,
      user_count: 2,
      subscription_count: 3,
    });
  });

  test.each([
    [
      "users of a channel that has none",
      { info: "user_count" },
      "Cannot retrieve the user count unless the channel is a presence channel\n",
    ],
    [
      "a parameter that it does not know",
      { colour: "blue" },
      "The following query string parameters are extraneous: colour\n",
    ],
  ])("refuses %s", async (_, params: Record<string, string>, body) => {
    expect(await refusal(library.get({ path: "/channels/news", params }))).toEqual({
      status: 400,
      body,
    });
  });

  test("refuses to count subscriptions where that is turned off", async () => {
    const quiet = await startServer(scope, { app: { enable_subscription_count: false } });
    const params = { info: "subscription_count" };
    expect(await refusal(serverLibrary(quiet).get({ path: "/channels/news", params }))).toEqual({
      status: 400,
      body: "Cannot retrieve the subscription count because subscription counting is not enabled\n",
    });
  });
});

describe("GET /channels/NAME/users", () => {
  test("has each user once", async () => {
    expect(await get("/channels/presence-room/users")).toBe(
      '{"users":[{"id":"ada"},{"id":"bob"}]}',
    );
  });

  test("has an empty list for an empty channel", async () => {
    expect(await get("/channels/presence-nobody/users")).toBe('{"users":[]}');
  });

  test("refuses a channel that has no users", async () => {
    expect(await refusal(library.get({ path: "/channels/news/users" }))).toEqual({
      status: 400,
      body: "Users can only be retrieved for presence channels\n",
    });
  });

  test("refuses parameters", async () => {
    const params = { info: "user_count" };
    expect(await refusal(library.get({ path: "/channels/presence-room/users", params }))).toEqual({
      status: 400,
      body: "The following query string parameters are extraneous: info\n",
    });
  });
});
