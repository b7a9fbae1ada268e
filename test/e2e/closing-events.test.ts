// What clients of old protocols are told before they are closed: Java and .NET learn the code from
// an event, and newer ones would take the event for a second error.
import { beforeAll, describe, expect, test } from "bun:test";
import type PusherServer from "pusher";
import { settled } from "../harness/form.ts";
import { connectRaw, RawClient } from "../harness/raw-client.ts";
import { fileScope, testScope } from "../harness/scope.ts";
import { serverLibrary } from "../harness/server-library.ts";
import { type Server, startServer } from "../harness/server.ts";
import { socketUrl } from "../harness/target.ts";

const scope = testScope();
const forFile = fileScope();
let full: Server;
let disabled: Server;
let server: Server;
let library: PusherServer;

beforeAll(async () => {
  [full, disabled, server] = await Promise.all([
    startServer(forFile, { app: { max_connections: 1 } }),
    startServer(forFile, { app: { enabled: false } }),
    startServer(forFile),
  ]);
  library = serverLibrary(server);
  await connectRaw(forFile, full);
  await settled();
});

/** The error event of the close, or null when there was none. It is the last frame. */
async function errorOf(client: RawClient): Promise<unknown> {
  const { code, reason } = await client.closed();
  const last = client.frames.take().at(-1);
  if (last?.event !== "pusher:error") return null;
  expect(last.data).toEqual({ code, message: reason });
  return code;
}

/** A client of the protocol that has signed in. */
async function signedIn(protocol: string, id: string): Promise<RawClient> {
  const { client, socketId } = await connectRaw(scope, socketUrl(server, `protocol=${protocol}`));
  client.signIn(library.authenticateUser(socketId, { id }));
  expect((await client.frames.next()).event).toBe("pusher:signin_success");
  return client;
}

describe.each([
  ["4", true],
  ["5", true],
  ["6", false],
  ["7", false],
])("a close of protocol %s, with an event before: %p", (protocol, isTold) => {
  test("that is over the quota", async () => {
    const client = new RawClient(scope, socketUrl(full, `protocol=${protocol}`));
    expect(await errorOf(client)).toBe(isTold ? 4004 : null);
  });

  test("of a disabled app", async () => {
    const client = new RawClient(scope, socketUrl(disabled, `protocol=${protocol}`));
    expect(await errorOf(client)).toBe(isTold ? 4003 : null);
  });

  test("of a path that is not known", async () => {
    const url = `ws://${server.host}:${server.port}/elsewhere?protocol=${protocol}`;
    expect(await errorOf(new RawClient(scope, url))).toBe(isTold ? 4005 : null);
  });

  test("with a version that is none", async () => {
    const client = new RawClient(scope, socketUrl(server, `protocol=${protocol}&version=x`));
    expect(await errorOf(client)).toBe(isTold ? 4006 : null);
  });

  test("of a terminated user", async () => {
    const client = await signedIn(protocol, `user-${protocol}`);
    await library.terminateUserConnections(`user-${protocol}`);
    expect(await errorOf(client)).toBe(isTold ? 4009 : null);
  });

  test("of a user who is to come back", async () => {
    const client = await signedIn(protocol, `user-${protocol}`);
    await library.post({ path: `/users/user-${protocol}/force_reconnect`, body: "" });
    expect(await errorOf(client)).toBe(isTold ? 4200 : null);
  });
});

test("protocol 3 is too old, and is told so by an event and the close", async () => {
  const client = new RawClient(scope, socketUrl(server, "protocol=3"));
  expect(await errorOf(client)).toBe(4007);
});
