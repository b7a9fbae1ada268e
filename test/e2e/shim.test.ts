import { beforeAll, describe, expect, test } from "bun:test";
import type { Browser } from "playwright-core";
import { publish, publishInBatches, type Publishing } from "../harness/api.ts";
import { startChromium } from "../harness/chromium.ts";
import { until } from "../harness/deadline.ts";
import { FORM } from "../harness/form.ts";
import { fileScope, testScope } from "../harness/scope.ts";
import { serverLibrary } from "../harness/server-library.ts";
import { type Server, startServer } from "../harness/server.ts";
import { ticker } from "../harness/ticker.ts";
import { Damage } from "./damage.ts";
import { Relay } from "./relay.ts";
import { type Call, openPage, type Shim, type ShimPage } from "./shim-page.ts";

const scope = testScope();
const forFile = fileScope();
const APP = { channel_delta_compression: { "keyed-*": { conflation_key: "symbol" } } };
const DEFAULT: Shim = { attributes: "" };
const JSON_FORMAT: Shim = { attributes: 'data-format="json"' };
let browser: Browser;
let server: Server;

beforeAll(async () => {
  browser = await startChromium(forFile);
  server = await startServer(forFile, { app: APP });
});

/** What handlers must be called with. */
function calls(events: readonly Publishing[]): Call[] {
  return events.map(({ channel, name, data }) => [channel, name, JSON.parse(data)]);
}

function binaryCount({ frames }: ShimPage): number {
  return frames.filter((frame) => typeof frame !== "string").length;
}

/** Frames of text that begin with this event. */
function countOf({ frames }: ShimPage, event: string): number {
  const begin = `{"event":"${event}"`;
  return frames.filter((frame) => typeof frame === "string" && frame.startsWith(begin)).length;
}

describe("an application with pusher-js and one line more", () => {
  test.each([
    ["compact deltas", DEFAULT, true],
    ["deltas as JSON", JSON_FORMAT, false],
    ["the module", "module", true],
  ] as const)("sees what it saw without the line, for less (%s)", async (name, shim, isBinary) => {
    const channels = ["keyed", "unkeyed"].map((kind) => `${kind}-${name.replaceAll(" ", "-")}`);
    const plain = await openPage(scope, browser, server, { shim: null, channels });
    const page = await openPage(scope, browser, server, { shim, channels });
    const streams = channels.map((channel) => ticker(channel, 100));
    const events = streams[0]?.flatMap((event, index) => [event, streams[1]?.[index] ?? event]);
    const all = events ?? [];
    await publishInBatches(server, all.slice(0, 150));
    for (const event of all.slice(150)) await publish(server, event);

    expect(await plain.seen(200)).toEqual(calls(all));
    expect(await page.seen(200)).toEqual(calls(all));
    expect(await page.everything()).toEqual([...(await plain.everything())]);
    expect(await page.problems()).toEqual([]);

    const stats = await page.stats();
    expect(stats.deltas).toBeGreaterThan(150);
    // The browser reports frames with a delay.
    await until(
      () =>
        page.receivedBytes + page.firstBytes >= stats.bytesReceived &&
        plain.receivedBytes + page.firstBytes >= stats.bytesWithoutDelta,
      "the browser to tell of all frames",
    );
    expect(binaryCount(page)).toBe(isBinary ? stats.deltas : 0);
    expect(countOf(page, "pusher:delta")).toBe(isBinary ? 0 : stats.deltas);
    // Its counts are the bytes that arrived here and on the page without the shim.
    expect(stats.bytesReceived).toBe(page.receivedBytes + page.firstBytes);
    expect(stats.bytesWithoutDelta).toBe(plain.receivedBytes + page.firstBytes);
    expect(stats.bytesSaved).toBe(plain.receivedBytes - page.receivedBytes);
    expect(stats.bytesSaved).toBeGreaterThan(plain.receivedBytes * (isBinary ? 0.6 : 0.4));
    expect(stats).toMatchObject({ resyncs: 0, undecoded: 0 });
    if (shim !== "module")
      await until(
        async () => Bun.deepEquals(await page.told(), stats),
        "the page to be told what was saved",
      );
  });

  test("gets deltas of the channels that it names alone", async () => {
    const channels = ["keyed-named", "other"];
    const shim = { attributes: 'data-channels="keyed-* another"' };
    const page = await openPage(scope, browser, server, { shim, channels });
    await publishInBatches(server, ticker("other", 20));
    await page.seen(20);
    expect((await page.stats()).deltas).toBe(0);
    await publishInBatches(server, ticker("keyed-named", 20));
    expect(await page.seen(40)).toEqual([
      ...calls(ticker("other", 20)),
      ...calls(ticker("keyed-named", 20)),
    ]);
    expect((await page.stats()).deltas).toBeGreaterThan(0);
  });

  test("that comes in mid-stream sees the first event as a delta", async () => {
    const channel = "keyed-mid-stream";
    await openPage(scope, browser, server, { shim: DEFAULT, channels: [channel] });
    await publishInBatches(server, ticker(channel, 20));
    const page = await openPage(scope, browser, server, { shim: DEFAULT, channels: [channel] });
    const [next] = ticker(channel, 1, 20);
    if (next !== undefined) await publish(server, next);
    expect(await page.seen(1)).toEqual(calls(ticker(channel, 1, 20)));
    // Another process has chains of its own, which begin with a whole message.
    const deltas = FORM === "alone" ? 1 : 0;
    expect(await page.stats()).toMatchObject({ deltas, messages: 3 });
  });

  test("goes on after a restart of the server", async () => {
    const first = await startServer(scope, { app: APP });
    const page = await openPage(scope, browser, first, { shim: DEFAULT, channels: ["keyed-a"] });
    await publishInBatches(first, ticker("keyed-a", 30));
    await page.seen(30);
    await first.program.kill();
    const again = await startServer(scope, { app: APP, port: first.port });
    await until(async () => {
      const response = await serverLibrary(again).get({ path: "/channels/keyed-a" });
      return (await response.text()).includes('"occupied":true');
    }, "the page to subscribe again");
    const before = (await page.stats()).deltas;
    await publishInBatches(again, ticker("keyed-a", 60, 30));
    expect(await page.seen(90)).toEqual(calls(ticker("keyed-a", 90)));
    const stats = await page.stats();
    expect(stats.deltas).toBeGreaterThan(before + 30);
    expect(stats).toMatchObject({ resyncs: 0, undecoded: 0 });
  });
});

describe("a delta that was damaged on its way", () => {
  test.each([
    ["compact", "keyed-damaged-a", DEFAULT],
    ["json", "keyed-damaged-b", JSON_FORMAT],
    ["compact", "unkeyed-damaged-a", DEFAULT],
    ["json", "unkeyed-damaged-b", JSON_FORMAT],
  ] as const)(
    "is lost alone, and the page is in step again by itself (%s, %s)",
    async (_, channel, shim) => {
      const damage = new Damage();
      const { front } = new Relay(scope, server, (frame) => damage.alter(frame));
      const page = await openPage(scope, browser, server, { shim, channels: [channel], front });
      const other = await openPage(scope, browser, server, { shim, channels: [channel] });
      const before = ticker(channel, 20);
      await publishInBatches(server, before);
      await page.seen(before.length);
      damage.damageNext();
      // With conflation keys, the other deltas have bases of their own.
      const damaged = ticker(channel, channel.startsWith("keyed-") ? 5 : 1, 20);
      await publishInBatches(server, damaged);
      await until(() => countOf(page, "pusher:delta_cache_sync") === 2, "the server to begin anew");
      expect(damage.count).toBe(1);

      const after = ticker(channel, 20, 25);
      await publishInBatches(server, after);
      const due = [...before, ...damaged.slice(1), ...after];
      expect(await page.seen(due.length)).toEqual(calls(due));
      expect(await page.stats()).toMatchObject({ resyncs: 1, undecoded: 1 });
      expect(await page.problems()).toEqual([]);

      const deltas = async (): Promise<number> => (await page.stats()).deltas;
      const then = await deltas();
      let from = 1000;
      await until(async () => {
        await publishInBatches(server, ticker(channel, 10, from));
        from += 10;
        return (await deltas()) > then;
      }, "deltas again");
      due.push(...ticker(channel, from - 1000, 1000));
      expect(await page.seen(due.length)).toEqual(calls(due));
      // The other page is not affected.
      const everything = [before, damaged, after, ticker(channel, from - 1000, 1000)].flat();
      expect(await other.seen(everything.length)).toEqual(calls(everything));
      expect(await other.stats()).toMatchObject({ resyncs: 0, undecoded: 0 });
      expect(countOf(other, "pusher:delta_cache_sync")).toBe(1);
    },
  );
});
