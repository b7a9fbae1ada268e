import { beforeAll, describe, expect, test } from "bun:test";
import type PusherServer from "pusher";
import type Pusher from "pusher-js";
import {
  type Application,
  authenticatedAs,
  authorisedAs,
  startApplication,
} from "../harness/application.ts";
import { until } from "../harness/deadline.ts";
import { settled } from "../harness/form.ts";
import { connectPusher, join, listen, occurrence, subscribe } from "../harness/pusher-client.ts";
import { connectRaw, type Frame, type RawClient } from "../harness/raw-client.ts";
import { fileScope, testScope } from "../harness/scope.ts";
import { serverLibrary } from "../harness/server-library.ts";
import { type Server, startServer } from "../harness/server.ts";
import { hmac } from "../harness/signing.ts";

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

/** pusher-js that is signed in and hears what is sent to its user. */
async function signIn(userId: string): Promise<Pusher> {
  const pusher = await connectPusher(scope, server, {
    userAuthentication: authenticatedAs(application, userId),
  });
  pusher.signin();
  await until(() => pusher.user.serverToUserChannel?.subscribed, `the sign-in of ${userId}`);
  return pusher;
}

/** A raw client that has signed in. */
async function signInRaw(userId: string) {
  const { client, socketId } = await connectRaw(scope, server);
  client.signIn(library.authenticateUser(socketId, { id: userId }));
  expect((await client.frames.next()).event).toBe("pusher:signin_success");
  return { client, socketId };
}

describe("an event to a user", () => {
  test("reaches every connection of the user alone, in this very frame", async () => {
    const [tab, other] = [await signIn("amy"), await signIn("ben")];
    const { client } = await signInRaw("amy");
    const name = "#server-to-user-amy";
    client.subscribe({ auth: "", channel: name });
    expect((await client.frames.next()).text).toBe(
      `{"event":"pusher_internal:subscription_succeeded","data":"{}","channel":"${name}"}`,
    );
    const [atTab, atOther] = [listen(tab.user, "note"), listen(other.user, "note", "mark")];
    await library.sendToUser("amy", "note", { text: "hello" });
    expect((await atTab.next()).data).toEqual({ text: "hello" });
    expect((await client.frames.next()).text).toBe(
      String.raw`{"event":"note","data":"{\"text\":\"hello\"}","channel":"#server-to-user-amy"}`,
    );
    await settled();
    await library.sendToUser("ben", "mark", {});
    expect((await atOther.next()).event).toBe("mark");
  });

  test("reaches nobody who has not signed in, whatever the signature", async () => {
    const { client, socketId } = await connectRaw(scope, server);
    const channel = "#server-to-user-cat";
    const auth = `${server.key}:${hmac(server.secret, `${socketId}:${channel}`)}`;
    client.subscribe({ channel, auth });
    expect(await client.received()).toMatchObject([
      { event: "pusher:error", data: { code: null } },
    ]);
    await library.sendToUser("cat", "note", {});
    expect(await client.received()).toEqual([]);
  });

  test("reaches nobody who has signed in as somebody else", async () => {
    const { client } = await signInRaw("dan");
    client.subscribe({ auth: "", channel: "#server-to-user-eva" });
    expect(await client.received()).toMatchObject([
      { event: "pusher:error", data: { code: null } },
    ]);
    await library.sendToUser("eva", "note", {});
    expect(await client.received()).toEqual([]);
    expect(client.isOpen).toBe(true);
  });

  test("is accepted for a user who is not there", async () => {
    const answer = await library.sendToUser("nobody", "note", {});
    expect(answer.status).toBe(200);
    expect(await answer.text()).toBe("{}");
  });

  test("goes over a channel that applications are not told of", async () => {
    await signIn("fox");
    const answer = await (await library.get({ path: "/channels" })).json();
    expect(Object.keys(answer.channels).filter((name) => name.startsWith("#"))).toEqual([]);
  });
});

describe("a sign-in", () => {
  test("a second time as the same user succeeds, as another is refused", async () => {
    const { client, socketId } = await signInRaw("gus");
    const again = (id: string): void => client.signIn(library.authenticateUser(socketId, { id }));
    again("gus");
    again("hal");
    again("gus");
    expect((await client.received()).map(({ event }) => event)).toEqual([
      "pusher:signin_success",
      "pusher:error",
      "pusher:signin_success",
    ]);
  });

  test("needs no setting of the app and comes again with each connection of pusher-js", async () => {
    const pusher = await signIn("ida");
    const { socket_id: before } = pusher.connection;
    await library.post({ path: "/users/ida/force_reconnect", body: "" });
    await until(
      () => pusher.connection.socket_id !== before && pusher.user.serverToUserChannel?.subscribed,
      "the second sign-in",
    );
    const note = occurrence(pusher.user, "note");
    await library.sendToUser("ida", "note", 1);
    expect(await note).toBe(1);
  });

  const USER = '{"id":"joe"}';
  test.each([
    ["without auth", { user_data: USER }],
    ["without user_data", { auth: "app-key:00" }],
    ["with an auth without a colon", { auth: "app-key", user_data: USER }],
    ["with the key of nobody", { auth: "no-such-key:00", user_data: USER }],
    ["with a wrong signature", { auth: "app-key:00", user_data: USER }],
  ])("%s is refused and leaves the socket open", async (_, data) => {
    const { client } = await connectRaw(scope, server);
    client.send({ event: "pusher:signin", data });
    expect(await client.received()).toMatchObject([
      { event: "pusher:error", data: { code: null } },
    ]);
    expect(client.isOpen).toBe(true);
  });

  test.each([
    ["without an id", "{}"],
    ["with a number as id", '{"id":7}'],
    ["with an empty id", '{"id":""}'],
    ["with a space in the id", '{"id":"a b"}'],
    ["with an id of 129 characters", `{"id":"${"a".repeat(129)}"}`],
    ["with user_info that is no object", '{"id":"joe","user_info":[]}'],
    ["with a watchlist that is no list", '{"id":"joe","watchlist":"kay"}'],
    ["that is no JSON", "{"],
  ])("that was signed %s is refused", async (_, userData) => {
    expect(await answerTo(userData)).toMatchObject([
      { event: "pusher:error", data: { code: null } },
    ]);
  });

  test("with an id of 128 characters succeeds", async () => {
    const [answer] = await answerTo(`{"id":"${"a".repeat(128)}"}`);
    expect(answer?.event).toBe("pusher:signin_success");
  });

  async function answerTo(userData: string): Promise<readonly Frame[]> {
    const { client, socketId } = await connectRaw(scope, server);
    const signature = hmac(server.secret, `${socketId}::user::${userData}`);
    const auth = `${server.key}:${signature}`;
    client.signIn({ auth, user_data: userData });
    return client.received();
  }
});

describe("a presence channel without channel_data", () => {
  const channel = "presence-of-users";

  /** pusher-js whose application signs subscriptions without channel_data. */
  async function signInAndJoin(userId: string) {
    const pusher = await connectPusher(scope, server, {
      userAuthentication: authenticatedAs(application, userId),
      channelAuthorization: {
        transport: "ajax",
        endpoint: "",
        customHandler: ({ socketId, channelName }, callback) =>
          callback(null, library.authorizeChannel(socketId, channelName)),
      },
    });
    pusher.signin();
    return { pusher, channel: await join(pusher, channel) };
  }

  test("takes its member from the sign-in, for pusher-js and for who is there", async () => {
    const kim = await signInAndJoin("kim");
    const seen = listen(kim.channel, "pusher:member_added", "pusher:member_removed");
    const lea = await signInAndJoin("lea");
    expect(lea.channel.members.me).toEqual({ id: "lea", info: { name: "Name of lea" } });
    expect(lea.channel.members.count).toBe(2);
    const member = { id: "lea", info: { name: "Name of lea" } };
    expect(await seen.next()).toMatchObject({ event: "pusher:member_added", data: member });
    lea.pusher.disconnect();
    expect(await seen.next()).toMatchObject({ event: "pusher:member_removed", data: member });
  });

  test("takes channel_data before the sign-in where there are both", async () => {
    const { client, socketId } = await signInRaw("max");
    const member = library.authorizeChannel(socketId, channel, { user_id: "somebody-else" });
    client.subscribe({ channel, ...member });
    const { data } = await client.frames.next();
    expect(String(data)).toContain('"ids":["somebody-else"]');
  });

  test("refuses who has not signed in", async () => {
    const { client, socketId } = await connectRaw(scope, server);
    client.subscribe({ channel, auth: library.authorizeChannel(socketId, channel).auth });
    expect(await client.received()).toMatchObject([
      { event: "pusher:error", data: { code: null } },
    ]);
  });
});

describe("the connections of a user", () => {
  const TERMINATED = { code: 4009, reason: "You got disconnected by the app." };

  /** Two connections of the user, one of another, and one that is only a member of a channel by that id. */
  async function crowd(userId: string): Promise<Record<string, RawClient>> {
    const { client: member, socketId } = await connectRaw(scope, server);
    const channel = "presence-crowd";
    const data = { user_id: userId };
    member.subscribe({ channel, ...library.authorizeChannel(socketId, channel, data) });
    await member.received();
    const [first, second] = [await signInRaw(userId), await signInRaw(userId)];
    const other = await signInRaw("somebody");
    return { first: first.client, second: second.client, other: other.client, member };
  }

  test("are closed with 4009 by terminateUserConnections(), and no others", async () => {
    const { first, second, other, member } = await crowd("nan");
    const answer = await library.terminateUserConnections("nan");
    expect(await answer.text()).toBe("{}");
    expect(await first?.closed()).toEqual(TERMINATED);
    expect(await second?.closed()).toEqual(TERMINATED);
    await other?.received();
    await member?.received();
    expect([other?.isOpen, member?.isOpen]).toEqual([true, true]);
  });

  test("do not come back by themselves after that, with pusher-js", async () => {
    const pusher = await signIn("ola");
    const states = listen(pusher.connection, "state_change");
    await library.terminateUserConnections("ola");
    expect((await states.next()).data).toEqual({ previous: "connected", current: "disconnected" });
    // No other try is under way, and none is planned.
    expect(pusher.connection.retryTimer ?? null).toBeNull();
    expect(pusher.connection.runner ?? null).toBeNull();
  });

  test("are closed with 4200 by force_reconnect, and pusher-js is back on its channels", async () => {
    const pusher = await signIn("pia");
    const channel = await subscribe(pusher, "news");
    const { client } = await signInRaw("pia");
    const resubscribed = occurrence(channel, "pusher:subscription_succeeded");
    const answer = await library.post({ path: "/users/pia/force_reconnect", body: "" });
    expect(await answer.json()).toEqual({ ok: true });
    expect(await client.closed()).toEqual({
      code: 4200,
      reason: "Force reconnect requested by the app.",
    });
    await resubscribed;
    const news = occurrence(channel, "e");
    await library.trigger("news", "e", 1);
    expect(await news).toBe(1);
  });

  test("may be asked for when there are none", async () => {
    expect(await (await library.terminateUserConnections("nobody")).text()).toBe("{}");
    const answer = await library.post({ path: "/users/nobody/force_reconnect", body: "" });
    expect(answer.status).toBe(200);
  });
});

test("a private channel with channel_data in its signature lets pusher-js in", async () => {
  const { authEndpoint } = application;
  const pusher = await connectPusher(scope, server, {
    channelAuthorization: {
      ...authorisedAs(application, "quy"),
      endpoint: authEndpoint,
      customHandler: ({ socketId, channelName }, callback) =>
        callback(null, library.authorizeChannel(socketId, channelName, { user_id: "quy" })),
    },
  });
  const channel = await subscribe(pusher, "private-signed");
  const event = occurrence(channel, "e");
  await library.trigger("private-signed", "e", 1);
  expect(await event).toBe(1);
});
