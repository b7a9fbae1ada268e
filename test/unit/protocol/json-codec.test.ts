import { describe, expect, test } from "bun:test";
import { readTags } from "../../../src/filter/tags.ts";
import { channelSuffix, JSON_V1, JSON_V2, JsonEvent } from "../../../src/protocol/json-codec.ts";
import { compactChannel, deltaEnabled, PONG } from "../../../src/protocol/messages.ts";

const CHANNEL = { name: "c", suffix: channelSuffix("c") };

describe("JsonCodec", () => {
  test("writes the delta messages for a connection and for a subscription", () => {
    expect(JSON_V1.write(deltaEnabled("fossil", null))).toBe(
      '{"event":"pusher:delta_compression_enabled","data":{"enabled":true,"algorithm":"fossil"}}',
    );
    expect(JSON_V2.write(deltaEnabled("xdelta3", CHANNEL))).toBe(
      '{"event":"sockudo:delta_compression_enabled","data":{"enabled":true,"algorithm":"xdelta3","channel":"c"},"channel":"c"}',
    );
    expect(JSON_V1.write(deltaEnabled(null, CHANNEL))).toBe(
      '{"event":"pusher:delta_compression_enabled","data":{"enabled":false,"channel":"c"},"channel":"c"}',
    );
  });

  test("writes the channel's number for compact frames", () => {
    expect(JSON_V2.write(compactChannel(CHANNEL, 7))).toBe(
      '{"event":"sockudo_internal:compact_channel","data":"{\\"number\\":7}","channel":"c"}',
    );
  });

  test("writes a pong in its dialect", () => {
    expect([JSON_V1.write(PONG), JSON_V2.write(PONG)]).toEqual([
      '{"event":"pusher:pong","data":"{}"}',
      '{"event":"sockudo:pong","data":"{}"}',
    ]);
  });
});

describe("JsonEvent", () => {
  test("has event, data, channel, tags and user_id in this order, tags only if asked for", () => {
    const tags = readTags({ a: "1" });
    if (tags.kind === "error") throw new Error(tags.message);
    const event = new JsonEvent({ event: "e", data: "d", userId: "u", tags: tags.tags });
    expect(event.write(CHANNEL, false)).toBe(
      '{"event":"e","data":"d","channel":"c","user_id":"u"}',
    );
    expect(event.write(CHANNEL, true)).toBe(
      '{"event":"e","data":"d","channel":"c","tags":{"a":"1"},"user_id":"u"}',
    );
  });
});
