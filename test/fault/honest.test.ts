// Demanding but well-behaved clients reach none of the limits that are made for attackers.
import { beforeEach, expect, test } from "bun:test";
import { connectFrames } from "../harness/frame-client.ts";
import { frame, subscribeText } from "../harness/frames.ts";
import { scrape } from "../harness/metrics.ts";
import { connectPusher, subscribe } from "../harness/pusher-client.ts";
import { testScope } from "../harness/scope.ts";
import { type Server, startServer } from "../harness/server.ts";
import { expectWell } from "./well.ts";

const scope = testScope();
let victim: Server;

beforeEach(async () => {
  victim = await startServer(scope);
  scope.add(async () => {
    const figures = await scrape(victim);
    expect(figures.sum("fanwire_limit_hits_total")).toBe(0);
    await expectWell(victim);
  });
});

test("pusher-js subscribes to 100 channels at once, again and again", async () => {
  for (let times = 0; times < 10; times++) {
    const pusher = await connectPusher(scope, victim);
    const names = Array.from({ length: 100 }, (_, number) => `channel-${number}`);
    const channels = await Promise.all(names.map((name) => subscribe(pusher, name)));
    expect(channels.every(({ subscribed }) => subscribed)).toBe(true);
    pusher.disconnect();
  }
});

test("a page has 30 filters, of everything that filters know", async () => {
  const { client } = await connectFrames(scope, victim);
  const watched = Array.from({ length: 12 }, (_, number) => `SYM${number}`);
  for (let number = 0; number < 30; number++) {
    const nodes = [
      { key: "symbol", cmp: "in", vals: watched },
      { key: "price", cmp: "gte", val: String(number) },
      { op: "not", nodes: [{ key: "venue", cmp: "sw", val: "dark" }] },
      { op: "or", nodes: ["trade", "quote"].map((val) => ({ key: "kind", cmp: "eq", val })) },
    ];
    const filter = { events: ["tick", "bar"], tags: { op: "and", nodes } };
    client.send(subscribeText({ channel: `feed-${number}`, filter }));
  }
  const answers = await client.received();
  expect(answers.map(({ event }) => event)).toEqual(
    Array<string>(30).fill("pusher_internal:subscription_succeeded"),
  );
});

test("a connection has thousands of channels, where it has them alone", async () => {
  const { client } = await connectFrames(scope, victim);
  const frames = Array.from({ length: 4000 }, (_, number) =>
    frame(subscribeText({ channel: `own-${number}` })),
  );
  for (const half of [frames.slice(0, 1900), frames.slice(1900, 3800)]) {
    client.tcp.write(Buffer.concat(half));
    await client.received();
    await Bun.sleep(1000);
  }
  expect((await scrape(victim)).sum("fanwire_active_channels")).toBe(3800);
});
