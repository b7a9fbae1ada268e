import { beforeAll, describe, expect, test } from "bun:test";
import type PusherServer from "pusher";
import { type Application, authorisedAs, startApplication } from "../harness/application.ts";
import { settled } from "../harness/form.ts";
import { connectPusher, join, listen } from "../harness/pusher-client.ts";
import { connectRaw, type RawClient } from "../harness/raw-client.ts";
import { fileScope, testScope } from "../harness/scope.ts";
import { serverLibrary } from "../harness/server-library.ts";
import { type Server, startServer } from "../harness/server.ts";
import { signSubscription } from "../harness/signing.ts";

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

const MEMBERS = ["pusher:member_added", "pusher:member_removed"];
/** Published as a marker: all that was to arrive arrives before it. */
const MARK = "mark";

/** pusher-js as a user. */
function connectAs(userId: string) {
  return connectPusher(scope, server, { channelAuthorization: authorisedAs(application, userId) });
}

/** A raw client that has asked to be on the channel. */
async function joinRaw(channel: string, userId: string): Promise<RawClient> {
  const { client, socketId } = await connectRaw(scope, server);
  const member = library.authorizeChannel(socketId, channel, { user_id: userId });
  client.subscribe({ channel, ...member });
  return client;
}

describe("a presence channel", () => {
  test("tells a newcomer who is there, itself included", async () => {
    await join(await connectAs("ada"), "presence-roster");
    const { members } = await join(await connectAs("bob"), "presence-roster");
    expect(members.count).toBe(2);
    expect(members.me).toEqual({ id: "bob", info: { name: "Name of bob" } });
    expect(members.members).toEqual({
      ada: { name: "Name of ada" },
      bob: { name: "Name of bob" },
    });
  });

  test("tells it in this very frame", async () => {
    await (await joinRaw("presence-exact", "7")).received();
    const [frame] = await (await joinRaw("presence-exact", "8")).received();
    expect(frame?.text).toBe(
      String.raw`{"event":"pusher_internal:subscription_succeeded","data":"{\"presence\":{\"count\":2,\"ids\":[\"7\",\"8\"],\"hash\":{\"7\":{},\"8\":{}}}}","channel":"presence-exact"}`,
    );
  });

  test("tells the others who has come and gone", async () => {
    const channel = await join(await connectAs("ada"), "presence-door");
    const members = listen(channel, ...MEMBERS);
    const bob = await connectAs("bob");
    await join(bob, "presence-door");
    const member = { id: "bob", info: { name: "Name of bob" } };
    expect(await members.next()).toMatchObject({ event: "pusher:member_added", data: member });
    expect(channel.members.count).toBe(2);
    bob.unsubscribe("presence-door");
    expect(await members.next()).toMatchObject({ event: "pusher:member_removed", data: member });
    expect(channel.members.count).toBe(1);
  });

  test("tells it in these very frames, and not to who has come", async () => {
    const ada = await joinRaw("presence-frames", "ada");
    await ada.received();
    const bob = await joinRaw("presence-frames", "bob");
    expect((await bob.received()).map(({ event }) => event)).toEqual([
      "pusher_internal:subscription_succeeded",
    ]);
    bob.terminate();
    const [added, removed] = [await ada.frames.next(), await ada.frames.next()];
    expect(added.text).toBe(
      String.raw`{"event":"pusher_internal:member_added","data":"{\"user_id\":\"bob\"}","channel":"presence-frames"}`,
    );
    expect(removed.text).toBe(
      String.raw`{"event":"pusher_internal:member_removed","data":"{\"user_id\":\"bob\"}","channel":"presence-frames"}`,
    );
  });

  test("does not announce a second tab of the same user", async () => {
    const channel = await join(await connectAs("ada"), "presence-tabs");
    const seen = listen(channel, ...MEMBERS, MARK);
    const [first, second] = [await connectAs("bob"), await connectAs("bob")];
    await join(first, "presence-tabs");
    const { members } = await join(second, "presence-tabs");
    expect(members.count).toBe(2);
    await settled();
    await library.trigger("presence-tabs", MARK, {});
    expect((await seen.next()).event).toBe("pusher:member_added");
    expect((await seen.next()).event).toBe(MARK);
  });

  test("announces that a user has gone with the last tab, not the first", async () => {
    const channel = await join(await connectAs("ada"), "presence-last");
    const seen = listen(channel, ...MEMBERS, MARK);
    const [first, second] = [await connectAs("bob"), await connectAs("bob")];
    await join(first, "presence-last");
    await join(second, "presence-last");
    first.unsubscribe("presence-last");
    // The first is still connected, so the answer to its next request comes after the unsubscription.
    await join(first, "presence-elsewhere");
    await settled();
    await library.trigger("presence-last", MARK, {});
    expect((await seen.next()).event).toBe("pusher:member_added");
    expect((await seen.next()).event).toBe(MARK);
    second.unsubscribe("presence-last");
    expect(await seen.next()).toMatchObject({
      event: "pusher:member_removed",
      data: { id: "bob" },
    });
  });

  test("announces a user whose connection is lost without a close", async () => {
    const channel = await join(await connectAs("ada"), "presence-lost");
    const members = listen(channel, ...MEMBERS);
    const bob = await joinRaw("presence-lost", "bob");
    expect((await members.next()).event).toBe("pusher:member_added");
    bob.terminate();
    expect(await members.next()).toMatchObject({
      event: "pusher:member_removed",
      data: { id: "bob" },
    });
  });

  test("takes a number for a user id and says it as text", async () => {
    const { client, socketId } = await connectRaw(scope, server);
    const channel = "presence-number";
    const member = '{"user_id":10,"user_info":{"name":"Ten"}}';
    client.subscribe(signSubscription(socketId, channel, member));
    const [frame] = await client.received();
    expect(JSON.parse(String(frame?.data))).toEqual({
      presence: { count: 1, ids: ["10"], hash: { "10": { name: "Ten" } } },
    });
  });
});

describe("a presence channel refuses", () => {
  test("who does not say who it is", async () => {
    const { client, socketId } = await connectRaw(scope, server);
    const channel = "presence-nameless";
    client.subscribe({ channel, ...library.authorizeChannel(socketId, channel) });
    expect(await client.received()).toMatchObject([
      { event: "pusher:error", data: { code: null } },
    ]);
  });

  test("user_info that is no object, with the live text", async () => {
    const { client, socketId } = await connectRaw(scope, server);
    const channel = "presence-info";
    const member = '{"user_id":"1","user_info":[]}';
    client.subscribe(signSubscription(socketId, channel, member));
    expect(await client.received()).toMatchObject([
      {
        data: {
          code: null,
          message:
            "user_info supplied to presence subscription is invalid - if supplied it must be a type of hash",
        },
      },
    ]);
  });

  test("one user too many, but not one more tab", async () => {
    const small = await startServer(scope, { app: { max_presence_members_per_channel: 2 } });
    const frames = [];
    for (const userId of ["ada", "bob", "eve", "ada"]) {
      const { client, socketId } = await connectRaw(scope, small);
      const channel = "presence-small";
      const member = library.authorizeChannel(socketId, channel, { user_id: userId });
      client.subscribe({ channel, ...member });
      frames.push((await client.frames.next()).event);
      await settled();
    }
    expect(frames).toEqual([
      "pusher_internal:subscription_succeeded",
      "pusher_internal:subscription_succeeded",
      "pusher:error",
      "pusher_internal:subscription_succeeded",
    ]);
  });
});
