import { beforeAll, describe, expect, test } from "bun:test";
import { connectPusher, occurrence, subscribe } from "../harness/pusher-client.ts";
import { connectRaw, subscribeRaw } from "../harness/raw-client.ts";
import { fileScope, testScope } from "../harness/scope.ts";
import { refusal, serverLibrary } from "../harness/server-library.ts";
import { type Server, startServer } from "../harness/server.ts";

const scope = testScope();
const forFile = fileScope();
const OLD = { key: "old-key", secret: "old-secret" };
const NEW = { key: "new-key", secret: "new-secret" };
const PAIRS = [
  ["the old pair", OLD],
  ["the new pair", NEW],
] as const;
let server: Server;

beforeAll(async () => {
  server = await startServer(forFile, {
    config: { apps: [{ id: "4711", credentials: [OLD, NEW], enable_client_messages: true }] },
  });
});

describe("an app with two pairs of key and secret", () => {
  test.each(PAIRS)("takes connections and requests with %s", async (_, pair) => {
    const target = { ...server, ...pair };
    const channel = await subscribe(await connectPusher(scope, target), "news");
    for (const [, publisher] of PAIRS) {
      const event = occurrence(channel, "e");
      await serverLibrary({ ...server, ...publisher }).trigger("news", "e", publisher.key);
      expect(await event).toBe(publisher.key);
    }
  });

  test.each(PAIRS)("takes the signature of %s on a connection of the other", async (_, pair) => {
    const library = serverLibrary({ ...server, ...pair });
    const other = pair === OLD ? NEW : OLD;
    const { client, socketId } = await connectRaw(scope, { ...server, ...other });
    const channel = "private-x";
    client.subscribe({ channel, ...library.authorizeChannel(socketId, channel) });
    client.signIn(library.authenticateUser(socketId, { id: "ada" }));
    expect((await client.received()).map(({ event }) => event)).toEqual([
      "pusher_internal:subscription_succeeded",
      "pusher:signin_success",
    ]);
  });

  test("refuses the key of one with the secret of the other", async () => {
    const crossed = { ...server, key: OLD.key, secret: NEW.secret };
    const library = serverLibrary(crossed);
    expect((await refusal(library.get({ path: "/channels" }))).status).toBe(401);
    const { client, socketId } = await connectRaw(scope, crossed);
    const channel = "private-x";
    client.subscribe({ channel, ...library.authorizeChannel(socketId, channel) });
    expect(await client.received()).toMatchObject([{ event: "pusher:error" }]);
  });
});

describe("two apps on one server", () => {
  test("do not see one another", async () => {
    const apps = [
      { id: "1", key: "key-1", secret: "secret-1" },
      { id: "2", key: "key-2", secret: "secret-2" },
    ] as const;
    const both = await startServer(scope, { config: { apps } });
    const [first, second] = [
      { ...both, ...apps[0] },
      { ...both, ...apps[1] },
    ];
    const { client } = await subscribeRaw(scope, first, "news");
    await serverLibrary(second).trigger("news", "e", {});
    expect(await client.received()).toEqual([]);
    const channels = await serverLibrary(second).get({ path: "/channels" });
    expect(await channels.text()).toBe('{"channels":{}}');
    const stranger = serverLibrary({ ...second, id: first.id });
    expect((await refusal(stranger.get({ path: "/channels" }))).status).toBe(401);
  });
});
