import { expect, test } from "bun:test";
import { publish } from "../harness/api.ts";
import { connectFrames, type FrameClient, type Message } from "../harness/frame-client.ts";
import { frame, subscribeText } from "../harness/frames.ts";
import { scrape, untilFigures } from "../harness/metrics.ts";
import { testScope } from "../harness/scope.ts";
import { startServer } from "../harness/server.ts";
import { startBystander } from "./bystander.ts";
import { residentBytes } from "./process.ts";
import { expectWell } from "./well.ts";

const scope = testScope();

/** So that one connection may ask for everything at once. */
const UNLIMITED_FRAMES = {
  websocket: {
    max_frames_per_second: 0,
    max_kb_per_second: 0,
    max_subscriptions_per_second: 0,
    max_waiting_kb: 4096,
  },
};

test("one socket has 5,000 channels and no more, until it leaves one", async () => {
  const victim = await startServer(scope, { config: UNLIMITED_FRAMES });
  const bystander = await startBystander(scope, victim);
  const { client } = await connectFrames(scope, victim);
  const answers = await subscribeTo(client, 0, 10_000);
  expect(answers.filter(isSuccess)).toHaveLength(5000);
  const refusals = answers.filter((answer) => !isSuccess(answer));
  expect(refusals).toHaveLength(5000);
  for (const refusal of refusals)
    expect(refusal).toEqual({
      event: "pusher:error",
      data: {
        code: null,
        message: "Too many subscriptions on one connection: the maximum is 5000",
      },
    });
  const figures = await scrape(victim);
  expect(figures.sum("fanwire_limit_hits_total", { limit: "subscriptions" })).toBe(5000);
  client.send(JSON.stringify({ event: "pusher:unsubscribe", data: { channel: "many-7" } }));
  expect((await subscribeTo(client, 9999, 10_001)).map(isSuccess)).toEqual([true, false]);
  await bystander.missedNothing();
  await expectWell(victim);
});

test("10,000 channels on one socket work when they are allowed, and nothing is left of them", async () => {
  const victim = await startServer(scope, {
    config: UNLIMITED_FRAMES,
    app: { max_subscriptions_per_connection: 10_000 },
  });
  const bystander = await startBystander(scope, victim);
  const before = await scrape(victim);
  const beforeBytes = residentBytes(victim.program.pid);
  for (let round = 0; round < 3; round++) {
    const { client } = await connectFrames(scope, victim);
    expect((await subscribeTo(client, 0, 10_000)).every(isSuccess)).toBe(true);
    const during = await scrape(victim);
    expect(during.sum("fanwire_active_channels")).toBe(
      before.sum("fanwire_active_channels") + 10_000,
    );
    for (const number of [0, 4711, 9999])
      await publish(victim, { name: "e", channel: `many-${number}`, data: "" });
    const events = (await client.received()).map(({ channel }) => channel);
    expect(events).toEqual(["many-0", "many-4711", "many-9999"]);
    client.tcp.terminate();
    await untilFigures(
      victim,
      (now) => now.sum("fanwire_active_channels") === before.sum("fanwire_active_channels"),
      "the channels to be gone",
    );
  }
  // Garbage of the first rounds is reused by the last ones.
  expect(residentBytes(victim.program.pid) - beforeBytes).toBeLessThan(100 * 1_048_576);
  await bystander.missedNothing();
  await expectWell(victim);
});

/** Subscribes to `many-FROM` up to but not `many-TO` and returns the answers. */
async function subscribeTo(
  client: FrameClient,
  from: number,
  to: number,
): Promise<readonly Message[]> {
  const frames: Buffer[] = [];
  for (let number = from; number < to; number++)
    frames.push(frame(subscribeText({ channel: `many-${number}` })));
  client.tcp.write(Buffer.concat(frames));
  return client.received();
}

function isSuccess({ event }: Message): boolean {
  return event === "pusher_internal:subscription_succeeded";
}
