import { beforeAll, describe, expect, test } from "bun:test";
import type PusherServer from "pusher";
import { listen, startPusher } from "../harness/pusher-client.ts";
import { connectRaw, RawClient } from "../harness/raw-client.ts";
import { fileScope, testScope } from "../harness/scope.ts";
import { serverLibrary } from "../harness/server-library.ts";
import { type Server, startServer } from "../harness/server.ts";
import { socketUrl } from "../harness/target.ts";

const scope = testScope();
const forFile = fileScope();
const TIMEOUT = { code: 4009, reason: "Connection not authorized within timeout" };
let server: Server;
let library: PusherServer;

beforeAll(async () => {
  server = await startServer(forFile, {
    app: { enable_user_authentication: true },
    config: { user_authentication_timeout: 1 },
  });
  library = serverLibrary(server);
});

/** What a connection may do to authorise itself. */
const WAYS: Readonly<Record<string, (client: RawClient, socketId: string) => void>> = {
  "a sign-in": (client, socketId) =>
    client.signIn(library.authenticateUser(socketId, { id: "ada" })),
  "a private channel": (client, socketId) =>
    client.subscribe({ channel: "private-x", ...library.authorizeChannel(socketId, "private-x") }),
  "a presence channel": (client, socketId) => {
    const member = library.authorizeChannel(socketId, "presence-x", { user_id: "ada" });
    client.subscribe({ channel: "presence-x", ...member });
  },
};

describe("a connection that must authorise itself", () => {
  test("stays after a sign-in or an authorised channel, and is closed with 4009 without", async () => {
    const authorised = await Promise.all(
      Object.values(WAYS).map(async (authorise) => {
        const { client, socketId } = await connectRaw(scope, server);
        authorise(client, socketId);
        await client.received();
        return client;
      }),
    );
    const { client: publicOnly } = await connectRaw(scope, server);
    publicOnly.subscribe({ channel: "public", auth: "" });
    const { client: refused } = await connectRaw(scope, server);
    refused.subscribe({ channel: "private-x", auth: `${server.key}:00` });
    expect(await publicOnly.closed()).toEqual(TIMEOUT);
    expect(await refused.closed()).toEqual(TIMEOUT);
    // A later connection that was closed proves that the deadline of the earlier ones has passed.
    const { client: late } = await connectRaw(scope, server);
    expect(await late.closed()).toEqual(TIMEOUT);
    for (const client of authorised) {
      await client.received();
      expect(client.isOpen).toBe(true);
    }
  });

  test("counts against the app's connections only when it has", async () => {
    const small = await startServer(scope, {
      app: { enable_user_authentication: true, max_connections: 2 },
    });
    const clients = await Promise.all(Array.from({ length: 3 }, () => connectRaw(scope, small)));
    const [last, ...first] = clients;
    for (const { client, socketId } of first) WAYS["a private channel"]?.(client, socketId);
    await Promise.all(first.map(({ client }) => client.received()));
    if (last !== undefined) WAYS["a private channel"]?.(last.client, last.socketId);
    expect((await last?.client.closed())?.code).toBe(4004);
    expect(first.map(({ client }) => client.isOpen)).toEqual([true, true]);
    expect((await new RawClient(scope, small).closed()).code).toBe(4004);
  });

  test("is told to protocol 5 by an event before the close", async () => {
    const alone = await startServer(scope, {
      app: { enable_user_authentication: true },
      config: { user_authentication_timeout: 1 },
    });
    const { client } = await connectRaw(scope, socketUrl(alone, "protocol=5"));
    expect(await client.closed()).toEqual(TIMEOUT);
    expect(client.frames.take().map(({ text }) => text)).toEqual([
      '{"event":"pusher:error","data":{"code":4009,"message":"Connection not authorized within timeout"}}',
    ]);
  });

  test("does not come back by itself, with pusher-js", async () => {
    const alone = await startServer(scope, {
      app: { enable_user_authentication: true },
      config: { user_authentication_timeout: 1 },
    });
    const pusher = startPusher(scope, alone);
    const states = listen(pusher.connection, "state_change");
    expect((await states.next()).data).toEqual({ previous: "connecting", current: "connected" });
    expect((await states.next()).data).toEqual({ previous: "connected", current: "disconnected" });
    expect(pusher.connection.retryTimer ?? null).toBeNull();
  });
});
