import { describe, expect, test } from "bun:test";
import { readCommand } from "../../../src/protocol/commands.ts";
import { isFault } from "../../../src/protocol/faults.ts";

function message(frame: unknown): string | null {
  const read = readCommand(typeof frame === "string" ? frame : JSON.stringify(frame));
  return isFault(read) ? read.message : null;
}

describe("readCommand()", () => {
  test("reads a ping with any data, and with none as the Java client sends it", () => {
    for (const frame of [
      '{"event": "pusher:ping"}',
      '{"event":"pusher:ping","data":{}}',
      '{"event":"pusher:ping","data":"{}"}',
    ])
      expect(readCommand(frame)).toEqual({ kind: "ping" });
    expect(readCommand('{"event":"pusher:pong","data":{}}')).toEqual({ kind: "pong" });
  });

  test("reads a subscription; an empty auth counts as none", () => {
    expect(readCommand('{"event":"pusher:subscribe","data":{"auth":"","channel":"a"}}')).toEqual({
      kind: "subscribe",
      channel: "a",
      auth: null,
      channelData: null,
      delta: null,
    });
    expect(
      readCommand(
        '{"event":"pusher:subscribe","data":{"auth":"k:s","channel_data":"{}","channel":"presence-a"}}',
      ),
    ).toMatchObject({ kind: "subscribe", channel: "presence-a", auth: "k:s", channelData: "{}" });
  });

  test("reads data that is a JSON text", () => {
    expect(readCommand('{"event":"pusher:unsubscribe","data":"{\\"channel\\":\\"a\\"}"}')).toEqual({
      kind: "unsubscribe",
      channel: "a",
    });
  });

  test.each([
    ['"text"', "text"],
    ['{"a":1}', { a: 1 }],
    ["[1,2]", [1, 2]],
    ["7", 7],
    ["true", true],
    ["null", {}],
  ])("leaves client data %s as it was sent", (data, read) => {
    expect(readCommand(`{"event":"client-x","channel":"private-a","data":${data}}`)).toEqual({
      kind: "clientEvent",
      event: "client-x",
      channel: "private-a",
      data: read,
    });
  });

  test.each([
    ["rewind", 5, "keeps no history"],
    ["rewind", { seconds: 30 }, "keeps no history"],
    ["modes", ["ANNOTATION_SUBSCRIBE"], "has no modes of subscriptions"],
  ])("refuses a subscription with %s: %j by name", (member, value, lacks) => {
    const frame = { event: "sockudo:subscribe", data: { channel: "a", [member]: value } };
    expect(message(frame)).toBe(`Cannot subscribe to a with ${member}: this server ${lacks}`);
  });

  test("accepts members that ask for nothing", () => {
    const data = { channel: "a", rewind: null, modes: [] };
    expect(message({ event: "sockudo:subscribe", data })).toBeNull();
  });

  const tags = { key: "a", cmp: "ex" };
  test.each([
    [{ events: ["e"] }, { events: ["e"] }],
    [
      { events: ["e"], tags_filter: tags },
      { events: ["e"], tags },
    ],
    [
      { events: ["e"], filter: { tags } },
      { events: ["e"], tags },
    ],
    [{ tags_filter: tags }, tags],
  ])("reads the filter of %j", (parts, filter) => {
    const frame = { event: "sockudo:subscribe", data: { channel: "a", ...parts } };
    expect(readCommand(JSON.stringify(frame))).toMatchObject({ filter });
  });

  test("reads a whisper without data as one with an empty object", () => {
    expect(readCommand('{"event":"client-typing","channel":"private-a"}')).toMatchObject({
      data: {},
    });
  });

  test.each([
    ["not json", "Invalid JSON: a message must be an object with an event"],
    ["null", "Invalid JSON: a message must be an object with an event"],
    ["[]", "Invalid JSON: a message must be an object with an event"],
    ['{"event":1}', "Invalid JSON: a message must be an object with an event"],
    ['{"event":"hello"}', "Unsupported event received on socket: hello"],
    [
      '{"event":"pusher:connection_established"}',
      "Unsupported event received on socket: pusher:connection_established",
    ],
    [
      '{"event":"pusher_internal:member_added"}',
      "Unsupported event received on socket: pusher_internal:member_added",
    ],
    [
      '{"event":"pusher:subscribe"}',
      "Missing parameter: channel must be a string in the data of pusher:subscribe",
    ],
    [
      '{"event":"pusher:subscribe","data":{"channel":7}}',
      "Missing parameter: channel must be a string in the data of pusher:subscribe",
    ],
    [
      '{"event":"pusher:unsubscribe","data":"x"}',
      "Missing parameter: channel must be a string in the data of pusher:unsubscribe",
    ],
    ['{"event":"client-x"}', "Invalid client event (must contain channel and data)"],
  ])("refuses %s", (frame, text) => {
    expect(message(frame)).toBe(text);
  });

  test("cuts text from outside in its fault", () => {
    expect(message({ event: "x".repeat(10_000) })?.length).toBeLessThan(300);
  });

  test("survives deep nesting, in the frame and in relayed data", () => {
    const deep = "[".repeat(30_000) + "]".repeat(30_000);
    expect(readCommand(deep)).toMatchObject({
      message: "Invalid JSON: a message is nested too deeply",
      limit: "json_depth",
    });
    expect(() =>
      readCommand(`{"event":"client-x","channel":"private-a","data":${deep}}`),
    ).not.toThrow();
  });

  test("treats members named after the prototype as ordinary members", () => {
    expect(message('{"__proto__":{"event":"pusher:ping"}}')).toBe(
      "Invalid JSON: a message must be an object with an event",
    );
  });
});
