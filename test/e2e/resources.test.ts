// Resources that few applications ask for: deprecated ones, one that only Python's library asks
// for, and all of them under a prefix.
import { beforeAll, describe, expect, test } from "bun:test";
import type PusherServer from "pusher";
import { call } from "../harness/api.ts";
import { connectPusher, occurrence, subscribe } from "../harness/pusher-client.ts";
import { connectRaw, subscribeRaw } from "../harness/raw-client.ts";
import { fileScope, testScope } from "../harness/scope.ts";
import { serverLibrary } from "../harness/server-library.ts";
import { type Server, startServer } from "../harness/server.ts";
import { httpUrl, resource } from "../harness/target.ts";

const scope = testScope();
const forFile = fileScope();
let server: Server;
let library: PusherServer;

beforeAll(async () => {
  server = await startServer(forFile);
  library = serverLibrary(server);
});

describe("the deprecated way to publish", () => {
  const CHANNEL = resource("/channels/news/events");

  test("takes the body as the data and answers with 202 and nothing", async () => {
    const { client } = await subscribeRaw(scope, server, "news");
    const response = await call(server, "POST", CHANNEL, {
      body: "not { JSON",
      signing: { parameters: { name: "headline" } },
    });
    expect(response.status).toBe(202);
    expect(await response.text()).toBe("");
    expect((await client.frames.next()).text).toBe(
      '{"event":"headline","data":"not { JSON","channel":"news"}',
    );
  });

  test("leaves out the socket of socket_id", async () => {
    const { client, socketId } = await subscribeRaw(scope, server, "news");
    const parameters = { name: "headline", socket_id: socketId };
    await call(server, "POST", CHANNEL, { body: "{}", signing: { parameters } });
    expect(await client.received()).toEqual([]);
  });

  test("refuses a body without a name", async () => {
    expect((await call(server, "POST", CHANNEL, { body: "{}" })).status).toBe(400);
  });
});

describe("the deprecated figures of a channel", () => {
  async function stats(channel: string): Promise<unknown> {
    return (await library.get({ path: `/channels/${channel}/stats` })).json();
  }

  test("count connections, and users where there are any", async () => {
    for (const userId of ["ada", "ada", "bob"]) {
      const { client, socketId } = await connectRaw(scope, server);
      const member = library.authorizeChannel(socketId, "presence-s", { user_id: userId });
      client.subscribe({ channel: "presence-s", ...member });
      client.subscribe({ channel: "stats", auth: "" });
      await client.received();
    }
    expect(await stats("presence-s")).toEqual({
      occupied: true,
      user_count: 2,
      connection_count: 3,
    });
    expect(await stats("stats")).toEqual({ occupied: true, connection_count: 3 });
    expect(await stats("nobody")).toEqual({ occupied: false, connection_count: 0 });
  });
});

describe("a user's connections may be terminated without /apps, as by Python's library", () => {
  const path = "/users/ada/terminate_connections";

  test("by the app of the key", async () => {
    const { client, socketId } = await connectRaw(scope, server);
    client.signIn(library.authenticateUser(socketId, { id: "ada" }));
    await client.received();
    const response = await call(server, "POST", path, { body: "{}" });
    expect([response.status, await response.text()]).toEqual([200, "{}"]);
    expect((await client.closed()).code).toBe(4009);
  });

  test("and not with a key that is nobody's", async () => {
    const signing = { key: "no-such-key" };
    expect((await call(server, "POST", path, { body: "{}", signing })).status).toBe(401);
  });
});

describe("a path may hold names", () => {
  test.each(["=@,.;", encodeURIComponent("=@,.;")])("written as %s", async (written) => {
    const { client } = await connectRaw(scope, server);
    client.subscribe({ auth: "", channel: "x-=@,.;" });
    await client.received();
    const response = await call(server, "GET", resource(`/channels/x-${written}`));
    expect(await response.json()).toEqual({ occupied: true });
  });

  test("that the HTTP library has escaped after it was signed", async () => {
    const signed = resource("/channels/x-=@");
    const query = library.createSignedQueryString({ method: "GET", path: signed });
    const url = httpUrl(server, `${resource("/channels/x-%3D%40")}?${query}`);
    expect((await fetch(url)).status).toBe(200);
  });
});

describe("under a path prefix", () => {
  const PREFIX = "/realtime";
  let prefixed: Server;

  beforeAll(async () => {
    prefixed = await startServer(forFile, { config: { path_prefix: PREFIX } });
  });

  test("pusher-js connects with wsPath, and requests count that are signed without it", async () => {
    const pusher = await connectPusher(scope, prefixed, { wsPath: PREFIX });
    const channel = await subscribe(pusher, "news");
    const event = occurrence(channel, "e");
    const body = '{"name":"e","channel":"news","data":"1"}';
    const given = { body, prefix: PREFIX };
    expect((await call(prefixed, "POST", resource("/events"), given)).status).toBe(200);
    expect(await event).toBe(1);
    const channels = await call(prefixed, "GET", resource("/channels"), { prefix: PREFIX });
    expect(await channels.text()).toBe('{"channels":{"news":{}}}');
  });

  test("health is told", async () => {
    expect((await fetch(httpUrl(prefixed, `${PREFIX}/up`))).status).toBe(200);
    expect((await fetch(httpUrl(prefixed, `${PREFIX}/ready`))).status).toBe(200);
  });

  test("a prefix that only begins so is another path", async () => {
    const response = await fetch(httpUrl(prefixed, `${PREFIX}s/up`));
    expect(response.status).toBe(404);
  });
});
