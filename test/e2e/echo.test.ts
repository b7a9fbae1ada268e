import { beforeAll, describe, expect, test } from "bun:test";
import Echo from "laravel-echo";
import type PusherServer from "pusher";
import Pusher from "pusher-js";
import { type Application, startApplication } from "../harness/application.ts";
import { within } from "../harness/deadline.ts";
import { settled } from "../harness/form.ts";
import { Inbox } from "../harness/inbox.ts";
import { connected, directTo } from "../harness/pusher-client.ts";
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

/** Laravel Echo as a user, connected. */
async function connectEcho(userId: string): Promise<Echo<"pusher">> {
  const echo = new Echo({
    ...directTo(server),
    broadcaster: "pusher",
    Pusher,
    key: server.key,
    authEndpoint: application.authEndpoint,
    bearerToken: userId,
  });
  scope.add(() => echo.disconnect());
  await connected(echo.connector.pusher);
  return echo;
}

/** What Echo's channels have in common here. */
interface EchoChannel {
  subscribed(callback: () => void): unknown;
}

/** Waits until the server has agreed to the channel. */
async function subscribed<Channel extends EchoChannel>(channel: Channel): Promise<Channel> {
  const { promise, resolve } = Promise.withResolvers<void>();
  channel.subscribed(resolve);
  await within(promise, "the subscription");
  return channel;
}

describe("Laravel Echo", () => {
  test("listens to broadcastAs names and class names on a public channel", async () => {
    const channel = await subscribed((await connectEcho("ada")).channel("orders"));
    const events = new Inbox<unknown>();
    channel.listen(".order.shipped", (data: unknown) => events.push(["as", data]));
    channel.listen("OrderShipped", (data: unknown) => events.push(["class", data]));
    await library.trigger("orders", "order.shipped", { id: 1 });
    await library.trigger("orders", "App\\Events\\OrderShipped", { id: 2 });
    expect(await events.next()).toEqual(["as", { id: 1 }]);
    expect(await events.next()).toEqual(["class", { id: 2 }]);
  });

  test("listens on a private channel with a model's name", async () => {
    const echo = await connectEcho("ada");
    const channel = await subscribed(echo.private("App.Models.User.1"));
    const events = new Inbox<unknown>();
    channel.listen(".e", (data: unknown) => events.push(data));
    await library.trigger("private-App.Models.User.1", "e", { id: 1 });
    expect(await events.next()).toEqual({ id: 1 });
  });

  test("is told by join() who is here, joining and leaving", async () => {
    const seen = new Inbox<readonly [string, unknown]>();
    const ada = await connectEcho("ada");
    ada
      .join("room")
      .here((users: unknown) => seen.push(["here", users]))
      .joining((user: unknown) => seen.push(["joining", user]))
      .leaving((user: unknown) => seen.push(["leaving", user]));
    expect(await seen.next()).toEqual(["here", [{ name: "Name of ada" }]]);

    const bob = await connectEcho("bob");
    const atBob = new Inbox<unknown>();
    bob.join("room").here((users: unknown) => atBob.push(users));
    expect(await atBob.next()).toEqual([{ name: "Name of ada" }, { name: "Name of bob" }]);
    expect(await seen.next()).toEqual(["joining", { name: "Name of bob" }]);
    bob.leave("room");
    expect(await seen.next()).toEqual(["leaving", { name: "Name of bob" }]);
  });

  test("whispers to the others, with and without a payload", async () => {
    const [ada, bob] = [await connectEcho("ada"), await connectEcho("bob")];
    const fromAda = await subscribed(ada.private("talk"));
    const whispers = new Inbox<unknown>();
    (await subscribed(bob.private("talk"))).listenForWhisper("typing", (data: unknown) =>
      whispers.push(data),
    );
    fromAda.whisper("typing", { name: "Ada" });
    expect(await whispers.next()).toEqual({ name: "Ada" });
    // The types ask for a payload; applications in JavaScript leave it out.
    const lenient: { whisper(event: string, data?: object): unknown } = fromAda;
    lenient.whisper("typing");
    expect(await whispers.next()).toEqual({});
  });

  test("is left out of what it posts with X-Socket-ID, as by toOthers()", async () => {
    const [ada, bob] = [await connectEcho("ada"), await connectEcho("bob")];
    const [atAda, atBob] = [new Inbox<unknown>(), new Inbox<unknown>()];
    for (const [echo, inbox] of [
      [ada, atAda],
      [bob, atBob],
    ] as const)
      (await subscribed(echo.channel("board")))
        .listen(".posted", (data: unknown) => inbox.push(data))
        .listen(".mark", () => inbox.push("mark"));
    const response = await fetch(`${application.origin}/messages`, {
      method: "POST",
      headers: { "X-Socket-ID": ada.socketId() ?? "" },
      body: JSON.stringify({ channel: "board", event: "posted", data: '{"text":"hello"}' }),
    });
    expect(response.status).toBe(204);
    expect(await atBob.next()).toEqual({ text: "hello" });
    await settled();
    await library.trigger("board", "mark", {});
    expect(await atAda.next()).toBe("mark");
  });

  test("gets nothing after leave()", async () => {
    const echo = await connectEcho("ada");
    const inbox = new Inbox<string>();
    (await subscribed(echo.channel("left"))).listen(".e", () => inbox.push("left"));
    (await subscribed(echo.channel("kept"))).listen(".e", () => inbox.push("kept"));
    echo.leave("left");
    // The answer to a later request comes after it.
    await subscribed(echo.channel("asked-later"));
    await library.trigger(["left", "kept"], "e", {});
    expect(await inbox.next()).toBe("kept");
    expect((await (await library.get({ path: "/channels/left" })).json()).occupied).toBe(false);
  });

  test("connects with the broadcaster of Reverb as well", async () => {
    const { cluster: _, ...options } = directTo(server);
    const echo = new Echo({ ...options, broadcaster: "reverb", Pusher, key: server.key });
    scope.add(() => echo.disconnect());
    const channel = await subscribed(echo.channel("orders"));
    const events = new Inbox<unknown>();
    channel.listen(".e", (data: unknown) => events.push(data));
    await library.trigger("orders", "e", { id: 1 });
    expect(await events.next()).toEqual({ id: 1 });
  });
});
