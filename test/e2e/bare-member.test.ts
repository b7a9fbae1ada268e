// A member whose user_info is `true`: Laravel sends it for a channel whose callback returns true.
import { beforeAll, expect, test } from "bun:test";
import Echo from "laravel-echo";
import Pusher from "pusher-js";
import type { ChannelAuthorizationCallback } from "pusher-js/types/src/core/auth/options";
import { within } from "../harness/deadline.ts";
import { PROCESS_COUNT } from "../harness/form.ts";
import { connected, connectPusher, directTo, join, listen } from "../harness/pusher-client.ts";
import { connectRaw } from "../harness/raw-client.ts";
import { fileScope, testScope } from "../harness/scope.ts";
import { type Server, startServer } from "../harness/server.ts";
import { signSubscription } from "../harness/signing.ts";

const scope = testScope();
const forFile = fileScope();
let server: Server;

beforeAll(async () => {
  server = await startServer(forFile);
});

/** What Laravel answers, as pusher-js takes it. */
function laravel(userId: string, socketId: string, channel: string) {
  const member = JSON.stringify({ user_id: userId, user_info: true });
  const { auth = "", channel_data = "" } = signSubscription(socketId, channel, member);
  return { auth, channel_data };
}

function joinAs(userId: string, channel: string) {
  return connectPusher(scope, server, {
    channelAuthorization: {
      transport: "ajax",
      endpoint: "",
      customHandler: ({ socketId, channelName }, callback) =>
        callback(null, laravel(userId, socketId, channelName)),
    },
  }).then((pusher) => join(pusher, channel));
}

test("is let in, and pusher-js has it as it is", async () => {
  const channel = await joinAs("1", "presence-js");
  expect(channel.members.get("1")).toEqual({ id: "1", info: true });
  const added = listen(channel, "pusher:member_added");
  const second = await joinAs("2", "presence-js");
  expect((await added.next()).data).toEqual({ id: "2", info: true });
  expect(second.members.count).toBe(2);
});

test("is let in, and Laravel Echo has it as it is", async () => {
  const echo = new Echo({
    ...directTo(server),
    broadcaster: "pusher",
    Pusher,
    key: server.key,
    authorizer: ({ name }: { name: string }) => ({
      authorize: (socketId: string, callback: ChannelAuthorizationCallback) =>
        callback(null, laravel("1", socketId, name)),
    }),
  });
  scope.add(() => echo.disconnect());
  await connected(echo.connector.pusher);
  const here = Promise.withResolvers<unknown>();
  const joining = Promise.withResolvers<unknown>();
  echo.join("echo").here(here.resolve).joining(joining.resolve);
  expect(await within(here.promise, "here()")).toEqual([true]);
  await joinAs("2", "presence-echo");
  expect(await within(joining.promise, "joining()")).toBe(true);
});

test("is warned of in the log, once by each process for its app", async () => {
  for (const channel of ["presence-a", "presence-b", "presence-c", "presence-d"]) {
    const { client, socketId } = await connectRaw(scope, server);
    client.subscribe({ channel, ...laravel("1", socketId, channel) });
    expect((await client.received())[0]?.data).toBe(
      '{"presence":{"count":1,"ids":["1"],"hash":{"1":true}}}',
    );
  }
  const warnings = server.program.stderr.match(/let in what Pusher refuses/g) ?? [];
  expect(warnings.length).toBeWithin(1, PROCESS_COUNT + 1);
  expect(server.program.stderr).toMatch(/WARN.*let in what Pusher refuses.*strict_presence/i);
});

test.each([{ app: { strict_presence: true } }, { config: { strict_presence: true } }])(
  "is refused with Pusher's text by %j",
  async (settings) => {
    const strict = await startServer(scope, settings);
    const { client, socketId } = await connectRaw(scope, strict);
    client.subscribe({ channel: "presence-a", ...laravel("1", socketId, "presence-a") });
    expect(await client.received()).toMatchObject([
      {
        event: "pusher:error",
        data: {
          code: null,
          message:
            "user_info supplied to presence subscription is invalid - if supplied it must be a type of hash",
        },
      },
    ]);
  },
);
