import { beforeAll, describe, expect, test } from "bun:test";
import type PusherServer from "pusher";
import type Pusher from "pusher-js";
import { type Application, authenticatedAs, startApplication } from "../harness/application.ts";
import { until } from "../harness/deadline.ts";
import { settled } from "../harness/form.ts";
import { connectPusher, listen, occurrence } from "../harness/pusher-client.ts";
import { connectRaw } from "../harness/raw-client.ts";
import { fileScope, testScope } from "../harness/scope.ts";
import { serverLibrary } from "../harness/server-library.ts";
import { type Server, startServer } from "../harness/server.ts";

const scope = testScope();
const forFile = fileScope();
let server: Server;
let library: PusherServer;
let application: Application;

beforeAll(async () => {
  server = await startServer(forFile, { app: { enable_watchlist_events: true } });
  library = serverLibrary(server);
  application = startApplication(forFile, library);
});

/** pusher-js that is signed in and hears what is sent to its user. */
async function signIn(userId: string, watchlist: readonly string[] = []): Promise<Pusher> {
  const pusher = await connectPusher(scope, server, {
    userAuthentication: authenticatedAs(application, userId, watchlist),
  });
  pusher.signin();
  await until(() => pusher.user.serverToUserChannel?.subscribed, `the sign-in of ${userId}`);
  return pusher;
}

describe("a signed-in user", () => {
  test("is who the application said", async () => {
    const pusher = await signIn("ada");
    expect(pusher.user.user_data).toMatchObject({ id: "ada", user_info: { name: "Name of ada" } });
  });

  test("gets on each connection what is sent to it, and nobody else does", async () => {
    const pushers = [await signIn("bea"), await signIn("bea"), await signIn("cid")];
    const [first, second, other] = pushers.map(({ user }) => listen(user, "note", "mark"));
    await library.sendToUser("bea", "note", { text: "hello" });
    expect((await first?.next())?.data).toEqual({ text: "hello" });
    expect((await second?.next())?.data).toEqual({ text: "hello" });
    await settled();
    await library.sendToUser("cid", "mark", {});
    expect((await other?.next())?.event).toBe("mark");
  });

  test("cannot be listened to by others", async () => {
    const { client } = await connectRaw(scope, server);
    client.subscribe({ auth: "", channel: "#server-to-user-dan" });
    expect(await client.received()).toMatchObject([
      { event: "pusher:error", data: { code: null } },
    ]);
    await library.sendToUser("dan", "note", {});
    expect(await client.received()).toEqual([]);
  });

  test("is closed with 4009 by terminateUserConnections(), and nobody else is", async () => {
    const [eve, other] = [await signIn("eve"), await signIn("fay")];
    const states = listen(eve.connection, "state_change");
    const error = occurrence(eve.connection, "error");
    const response = await library.terminateUserConnections("eve");
    expect(await response.text()).toBe("{}");
    expect(await error).toMatchObject({ data: { code: 4009 } });
    expect((await states.next()).data).toEqual({ previous: "connected", current: "disconnected" });
    const note = occurrence(other.user, "note");
    await library.sendToUser("fay", "note", 1);
    expect(await note).toBe(1);
  });

  test("is told who of its watchlist is online, comes and goes", async () => {
    await signIn("guy");
    const pusher = await connectPusher(scope, server, {
      userAuthentication: authenticatedAs(application, "hal", ["guy", "ivy"]),
    });
    const seen = listen(pusher.user.watchlist, "online", "offline");
    pusher.signin();
    expect((await seen.next()).data).toEqual({ name: "online", user_ids: ["guy"] });
    expect((await seen.next()).data).toEqual({ name: "offline", user_ids: ["ivy"] });
    const ivy = await signIn("ivy");
    expect((await seen.next()).data).toEqual({ name: "online", user_ids: ["ivy"] });
    ivy.disconnect();
    expect((await seen.next()).data).toEqual({ name: "offline", user_ids: ["ivy"] });
  });

  test("is a member of a presence channel without channel_data", async () => {
    const { client, socketId } = await connectRaw(scope, server);
    const user = library.authenticateUser(socketId, { id: "jon", user_info: { name: "Jon" } });
    client.signIn(user);
    expect((await client.frames.next()).text).toBe(
      JSON.stringify({
        event: "pusher:signin_success",
        data: JSON.stringify({ user_data: user.user_data }),
      }),
    );
    const channel = "presence-signed-in";
    client.subscribe({ channel, auth: library.authorizeChannel(socketId, channel).auth });
    expect((await client.frames.next()).data).toBe(
      '{"presence":{"count":1,"ids":["jon"],"hash":{"jon":{"name":"Jon"}}}}',
    );
  });
});

test("a sign-in with a wrong signature is refused, and the socket stays open", async () => {
  const { client, socketId } = await connectRaw(scope, server);
  const forger = serverLibrary({ ...server, secret: "another" });
  const data = forger.authenticateUser(socketId, { id: "kim" });
  client.send({ event: "pusher:signin", data });
  expect(await client.received()).toMatchObject([{ event: "pusher:error", data: { code: null } }]);
  expect(client.isOpen).toBe(true);
});
