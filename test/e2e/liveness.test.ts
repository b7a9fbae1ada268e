import { expect, test } from "bun:test";
import { connectFrames } from "../harness/frame-client.ts";
import { type Closing, OPCODE } from "../harness/frames.ts";
import { connectRaw } from "../harness/raw-client.ts";
import { testScope } from "../harness/scope.ts";
import { serverLibrary } from "../harness/server-library.ts";
import { startServer } from "../harness/server.ts";

const scope = testScope();
const PUSH_INTERVAL_MS = 50;
const SUBSCRIBE = '{"event":"pusher:subscribe","data":{"auth":"","channel":"ticks"}}';

test("who proves to be alive stays, and who does not is closed with 4201 although it is pushed to", async () => {
  const server = await startServer(scope, { config: { activity_timeout: 1, pong_timeout: 1 } });
  const library = serverLibrary(server);

  // Sends nothing by itself, but its runtime answers control pings, as browsers do.
  const { client: answering } = await connectRaw(scope, server);
  answering.sendText(SUBSCRIBE);
  // Answers nothing, but sends control pings, as the Swift and .NET libraries do.
  const { client: pinging } = await connectFrames(scope, server);
  pinging.send(SUBSCRIBE);
  // Answers nothing and sends nothing. The last to connect, so that it is not due before the others.
  const { client: dead } = await connectFrames(scope, server);
  dead.send(SUBSCRIBE);

  const closed = dead.closed();
  let closing: Closing | null = null;
  do {
    pinging.send("", { opcode: OPCODE.ping });
    await library.trigger("ticks", "tick", {});
    closing = await Promise.race([closed, Bun.sleep(PUSH_INTERVAL_MS).then(() => null)]);
  } while (closing === null);
  expect(closing).toEqual({ code: 4201, reason: "Pong reply not received" });
  await dead.tcp.ended();

  await library.trigger("ticks", "still-here", {});
  await answering.frames.takeUntil(({ event }) => event === "still-here");
  await pinging.messages.takeUntil(({ event }) => event === "still-here");
  expect(answering.isOpen).toBe(true);
});
