import { describe, expect, test } from "bun:test";
import { Channels, type DeltaChannel } from "../../../src/client/channels.ts";

function opened(channels: Channels, name: string): DeltaChannel {
  channels.open(name, "pusher:");
  const channel = channels.named(name);
  if (channel === null) throw new Error(`Cannot open "${name}"`);
  return channel;
}

function keep(channels: Channels, channel: DeltaChannel, seq: number, key = ""): void {
  channels.keep(channel, { seq, key, bytes: new Uint8Array(800) });
}

describe("Channels", () => {
  test("open() does not change a channel that exists", () => {
    const channels = new Channels(1e6);
    const channel = opened(channels, "c");
    expect(opened(channels, "c")).toBe(channel);
    expect(channels.named("d")).toBeNull();
  });

  test("a number belongs to one channel, and a channel has one number", () => {
    const channels = new Channels(1e6);
    const [a, b] = [opened(channels, "a"), opened(channels, "b")];
    channels.setNumber(a, 7);
    channels.setNumber(a, 8);
    expect([channels.numbered(7), channels.numbered(8)]).toEqual([null, a]);
    channels.setNumber(b, 8);
    channels.close("a");
    expect(channels.numbered(8)).toBe(b);
    channels.reset(b);
    expect(channels.numbered(8)).toBeNull();
  });

  test("reset() forgets the texts, and that the channel was unsynced", () => {
    const channels = new Channels(1e6);
    const channel = opened(channels, "c");
    keep(channels, channel, 1);
    channel.isOutOfStep = true;
    channels.reset(channel);
    expect([channels.usedBytes, channel.isOutOfStep]).toEqual([0, false]);
    expect(channels.named("c")).toBe(channel);
  });

  test("close() and closeAll() return the memory", () => {
    const channels = new Channels(1e6);
    for (const name of ["a", "b", "c"]) keep(channels, opened(channels, name), 1);
    channels.close("b");
    channels.close("unknown");
    expect(channels.usedBytes).toBe(2000);
    channels.closeAll();
    expect([channels.usedBytes, channels.named("a")]).toEqual([0, null]);
  });

  test("keep() first drops texts that can no longer be a base", () => {
    const channels = new Channels(10_500);
    const channel = opened(channels, "c");
    for (let seq = 0; seq < 9; seq++) keep(channels, channel, seq);
    keep(channels, opened(channels, "quiet"), 0, "k");
    channel.bases.use(7);
    keep(channels, channel, 9);
    const held = [6, 7, 8, 9].filter((seq) => channel.bases.use(seq) !== null);
    expect(held).toEqual([7, 8, 9]);
    expect(channels.named("quiet")?.bases.use(0)).not.toBeNull();
  });

  test("keep() never exceeds its limit, and drops from the largest channel", () => {
    const channels = new Channels(50_000);
    const [large, small] = [opened(channels, "large"), opened(channels, "small")];
    keep(channels, small, 0);
    for (let seq = 0; seq < 1000; seq++) {
      keep(channels, large, seq, `key ${seq}`);
      expect(channels.usedBytes).toBeLessThanOrEqual(50_000);
    }
    expect(small.bases.use(0)).not.toBeNull();
    expect(large.bases.use(999)).not.toBeNull();
  });

  test.each([0, -1, 100])("keep() keeps nothing with a limit of %d bytes, and returns", (limit) => {
    const channels = new Channels(limit);
    const channel = opened(channels, "c");
    keep(channels, channel, 1);
    expect([channels.usedBytes, channel.bases.use(1)]).toEqual([0, null]);
  });
});
