import { expect, test } from "bun:test";
import { publish } from "../harness/api.ts";
import { until } from "../harness/deadline.ts";
import { frame, subscribeText, upgradeRequest } from "../harness/frames.ts";
import { KernelSocket } from "../harness/kernel-socket.ts";
import { untilFigures } from "../harness/metrics.ts";
import { connectRaw, type RawClient } from "../harness/raw-client.ts";
import { testScope } from "../harness/scope.ts";
import { type Server, startServer } from "../harness/server.ts";
import { signSubscription } from "../harness/signing.ts";
import { socketUrl } from "../harness/target.ts";
import { startBystander } from "./bystander.ts";
import { expectWell } from "./well.ts";

const scope = testScope();

const CHANNEL = "presence-room";
const TIMEOUTS = { activity_timeout: 1, pong_timeout: 1 };
/** One second of silence, one for the answer to a ping, and the granularity of the server's timers. */
const GONE_WITHIN_MS = 4000;
const PUSH_MS = 50;

test.each([
  { who: "that answers nothing", load: "", vanishes: false },
  { who: "whose network is gone", load: "", vanishes: true },
  {
    who: "whose network is gone while much is sent to it",
    load: "x".repeat(10_000),
    vanishes: true,
  },
])(
  "a client $who is gone in time although it is pushed to, and the others are told",
  async ({ load, vanishes }) => {
    const victim = await startServer(scope, { config: TIMEOUTS });
    const bystander = await startBystander(scope, victim);
    const watcher = await watch(victim);
    const vanishing = new KernelSocket(scope, victim);
    vanishing.send(upgradeRequest(victim));
    const [, socketId = ""] = await vanishing.reads(/socket_id\\":\\"(\d+\.\d+)/);
    const parameters = signSubscription(socketId, CHANNEL, '{"user_id":"vanishing"}');
    const startMs = performance.now();
    vanishing.send(frame(subscribeText(parameters)));
    await vanishing.reads(/subscription_succeeded/);
    if (vanishes) vanishing.vanish();

    const events = await pushUntilRemoved(victim, watcher, load);
    expect(performance.now() - startMs).toBeLessThan(GONE_WITHIN_MS);
    expect(events.filter((event) => event !== "tick")).toEqual([
      'pusher_internal:member_added {"user_id":"vanishing"}',
      'pusher_internal:member_removed {"user_id":"vanishing"}',
    ]);
    await untilFigures(
      victim,
      (figures) =>
        figures.sum("fanwire_connection_closes_total", { code: "4201" }) === 1 &&
        figures.sum("fanwire_connected") === 2,
      "the close to be counted",
    );
    await bystander.missedNothing();
    await expectWell(victim);
  },
);

test("a client whose process freezes is gone in time, and not before it freezes", async () => {
  const victim = await startServer(scope, { config: TIMEOUTS });
  const bystander = await startBystander(scope, victim);
  const watcher = await watch(victim);
  const script = `${import.meta.dir}/frozen-client.ts`;
  const child = Bun.spawn(
    [process.execPath, script, socketUrl(victim), CHANNEL, '{"user_id":"freezing"}'],
    { stdin: "ignore", stdout: "ignore", stderr: "inherit" },
  );
  scope.add(async () => {
    child.kill("SIGKILL");
    await child.exited;
  });
  expect((await watcher.frames.next()).event).toBe("pusher_internal:member_added");
  // As long as it runs it answers pings, and stays.
  await Bun.sleep(GONE_WITHIN_MS);
  expect(watcher.frames.take()).toEqual([]);

  child.kill("SIGSTOP");
  const startMs = performance.now();
  const events = await pushUntilRemoved(victim, watcher, "");
  expect(performance.now() - startMs).toBeLessThan(GONE_WITHIN_MS);
  expect(events.filter((event) => event !== "tick")).toEqual([
    'pusher_internal:member_removed {"user_id":"freezing"}',
  ]);
  await bystander.missedNothing();
  await expectWell(victim);
});

/** A member that answers pings, and so is told which members join and leave. */
async function watch(victim: Server): Promise<RawClient> {
  const { client, socketId } = await connectRaw(scope, victim);
  client.subscribe(signSubscription(socketId, CHANNEL, '{"user_id":"watcher"}'));
  expect((await client.frames.next()).event).toBe("pusher_internal:subscription_succeeded");
  return client;
}

/** Publishes to the channel until the watcher is told that a member has left. Returns what it was told: names of events, and their data. */
async function pushUntilRemoved(
  victim: Server,
  watcher: RawClient,
  load: string,
): Promise<readonly string[]> {
  const events: string[] = [];
  await until(async () => {
    await publish(victim, { name: "tick", channel: CHANNEL, data: load });
    await Bun.sleep(PUSH_MS);
    for (const { event, data } of watcher.frames.take())
      events.push(event === "tick" ? event : `${event} ${String(data)}`);
    return events.some((event) => event.startsWith("pusher_internal:member_removed"));
  }, "a member to be removed");
  return events;
}
