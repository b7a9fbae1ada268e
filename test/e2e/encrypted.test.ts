import { expect, test } from "bun:test";
import { connectRaw } from "../harness/raw-client.ts";
import { testScope } from "../harness/scope.ts";
import { serverLibrary } from "../harness/server-library.ts";
import { startServer } from "../harness/server.ts";

const scope = testScope();

// The browser test covers decryption, since only the browser builds of pusher-js have it.
test("an encrypted event passes through unread and unchanged", async () => {
  const server = await startServer(scope);
  const library = serverLibrary(server, Buffer.alloc(32, "k").toString("base64"));
  const { client, socketId } = await connectRaw(scope, server);
  const channel = "private-encrypted-letters";
  const { auth } = library.authorizeChannel(socketId, channel);
  client.subscribe({ channel, auth });
  await client.received();
  await library.trigger(channel, "letter", { text: "for your eyes only" });
  const { data, text } = await client.frames.next();
  expect(text).not.toContain("eyes");
  expect(JSON.parse(String(data))).toEqual({
    nonce: expect.stringMatching(/^[A-Za-z0-9+/]{32}$/),
    ciphertext: expect.stringMatching(/^[A-Za-z0-9+/]+=*$/),
  });
});
