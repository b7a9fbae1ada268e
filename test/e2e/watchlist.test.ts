import { beforeAll, describe, expect, test } from "bun:test";
import type PusherServer from "pusher";
import { type Application, authenticatedAs, startApplication } from "../harness/application.ts";
import { connectPusher, listen } from "../harness/pusher-client.ts";
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

/** A raw client that has asked to sign in; its answers are not read yet. */
async function signInRaw(to: Server, id: string, watchlist: readonly string[] = []) {
  const { client, socketId } = await connectRaw(scope, to);
  client.signIn(library.authenticateUser(socketId, { id, watchlist }));
  return { client, socketId };
}

describe("a watchlist tells", () => {
  test("pusher-js who is online, who comes with the first and goes with the last connection", async () => {
    const pusher = await connectPusher(scope, server, {
      userAuthentication: authenticatedAs(application, "ada", ["bob", "cid"]),
    });
    const seen = listen(pusher.user.watchlist, "online", "offline");
    pusher.signin();
    expect((await seen.next()).data).toEqual({ name: "offline", user_ids: ["bob", "cid"] });
    const [first, second] = [await signInRaw(server, "bob"), await signInRaw(server, "bob")];
    await first.client.received();
    await second.client.received();
    expect((await seen.next()).data).toEqual({ name: "online", user_ids: ["bob"] });
    first.client.terminate();
    const cid = await signInRaw(server, "cid");
    // Nothing was told between the two of Bob's second connection or the end of his first.
    expect((await seen.next()).data).toEqual({ name: "online", user_ids: ["cid"] });
    second.client.terminate();
    expect((await seen.next()).data).toEqual({ name: "offline", user_ids: ["bob"] });
    cid.client.terminate();
    expect((await seen.next()).data).toEqual({ name: "offline", user_ids: ["cid"] });
  });

  test("the present state behind the reply, in this very frame without a channel", async () => {
    const eve = await signInRaw(server, "eve");
    await eve.client.received();
    const { client } = await signInRaw(server, "dan", ["eve", "fay"]);
    const [success, state] = await client.received();
    expect(success?.event).toBe("pusher:signin_success");
    expect(state?.text).toBe(
      String.raw`{"event":"pusher_internal:watchlist_events","data":"{\"events\":[{\"name\":\"online\",\"user_ids\":[\"eve\"]},{\"name\":\"offline\",\"user_ids\":[\"fay\"]}]}"}`,
    );
  });

  test("nothing of who is on a presence channel without a sign-in", async () => {
    const watcher = await signInRaw(server, "gus", ["hal"]);
    await watcher.client.received();
    const { client, socketId } = await connectRaw(scope, server);
    const channel = "presence-room";
    const member = library.authorizeChannel(socketId, channel, { user_id: "hal" });
    client.subscribe({ channel, ...member });
    await client.received();
    expect(await watcher.client.received()).toEqual([]);
  });

  test("nothing of others than those on it", async () => {
    const watcher = await signInRaw(server, "ian", ["jon"]);
    await watcher.client.received();
    await (await signInRaw(server, "kay")).client.received();
    expect(await watcher.client.received()).toEqual([]);
  });
});

test("of a watchlist above 100 the first 100 count, and the rest is told by 4302", async () => {
  const watchlist = Array.from({ length: 101 }, (_, index) => `friend-${index}`);
  const { client } = await signInRaw(server, "lea", watchlist);
  const frames = await client.received();
  expect(frames.map(({ event }) => event).toSorted()).toEqual([
    "pusher:error",
    "pusher:signin_success",
    "pusher_internal:watchlist_events",
  ]);
  expect(frames[0]?.event).toBe("pusher:signin_success");
  expect(frames.find(({ event }) => event === "pusher:error")?.data).toMatchObject({ code: 4302 });
  const state = frames.find(({ event }) => event === "pusher_internal:watchlist_events");
  expect(JSON.parse(String(state?.data)).events[0].user_ids).toEqual(watchlist.slice(0, 100));
  await (await signInRaw(server, "friend-100")).client.received();
  expect(await client.received()).toEqual([]);
  await (await signInRaw(server, "friend-99")).client.received();
  expect((await client.received()).map(({ event }) => event)).toEqual([
    "pusher_internal:watchlist_events",
  ]);
  expect(client.isOpen).toBe(true);
});

test("a watchlist of 100 is no error, also of the longest ids", async () => {
  const watchlist = Array.from({ length: 100 }, (_, index) => String(index).padStart(128, "0"));
  const { client } = await signInRaw(server, "moe", watchlist);
  const frames = await client.received();
  expect(frames.filter(({ event }) => event === "pusher:error")).toEqual([]);
});

test("an app that does not ask for watchlists is told nothing, and no limit holds", async () => {
  const quiet = await startServer(scope);
  const watchlist = Array.from({ length: 101 }, (_, index) => `friend-${index}`);
  const { client } = await signInRaw(quiet, "ned", watchlist);
  expect((await client.received()).map(({ event }) => event)).toEqual(["pusher:signin_success"]);
});
