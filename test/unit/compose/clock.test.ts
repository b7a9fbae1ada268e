// The wall clock may be set back. Nothing that a node does periodically may depend on it.
import { afterEach, expect, setSystemTime, test } from "bun:test";
import { createLog } from "../../../src/log/log.ts";
import { type RunningNode, startNode } from "../../../src/compose/node.ts";
import { until } from "../../harness/deadline.ts";
import { APP, configOf } from "../config/reading.ts";

const HOUR_MS = 3_600_000;
const ends: (() => unknown)[] = [];

afterEach(async () => {
  setSystemTime();
  for (const end of ends.splice(0)) await end();
});

test("subscriber counts are sent even after the wall clock was set back by an hour", async () => {
  const config = configOf({
    host: "127.0.0.1",
    port: 0,
    shutdown_grace_period: 0,
    apps: [{ ...APP, enable_subscription_count: true }],
  });
  const log = createLog({
    level: "error",
    format: "text",
    colour: false,
    write: () => {},
    nowMs: Date.now,
  });
  const node = await startNode(config, { version: "0.0.0", log });
  ends.push(() => node.stop());
  const counts: unknown[] = [];
  await subscribe(node, (count) => void counts.push(count));
  await until(() => counts.length === 1, "the first count");
  setSystemTime(new Date(Date.now() - HOUR_MS));
  await subscribe(node, () => {});
  await until(() => counts.length === 2, "the second count");
  expect(counts).toEqual([1, 2]);
});

/** Subscribes a new client and passes on the counts that it receives. */
async function subscribe(node: RunningNode, heard: (count: unknown) => void): Promise<void> {
  const socket = new WebSocket(`ws://127.0.0.1:${node.port}/app/${APP["key"]}?protocol=7`);
  ends.push(() => socket.terminate());
  let isSubscribed = false;
  socket.onmessage = ({ data }: MessageEvent<unknown>) => {
    const frame: { event: string; data: string } = JSON.parse(String(data));
    if (frame.event === "pusher:connection_established")
      socket.send('{"event":"pusher:subscribe","data":{"channel":"c"}}');
    if (frame.event === "pusher_internal:subscription_succeeded") isSubscribed = true;
    if (frame.event === "pusher_internal:subscription_count")
      heard(JSON.parse(frame.data).subscription_count);
  };
  await until(() => isSubscribed, "the subscription");
}
