import { describe, expect, test } from "bun:test";
import { readRequest, withDeltaMember } from "../../../src/client/request.ts";
import { subscribe } from "./reference.ts";

describe("readRequest()", () => {
  test.each([
    {
      frame: subscribe("pusher:", "ticker"),
      request: { kind: "subscribe", channel: "ticker", prefix: "pusher:", asksItself: false },
    },
    {
      frame: subscribe("sockudo:", "ticker", { delta: false }),
      request: { kind: "subscribe", channel: "ticker", prefix: "sockudo:", asksItself: true },
    },
    {
      frame: '{ "event" : "pusher:subscribe", "data": "{\\"channel\\":\\"ticker\\"}" }',
      request: { kind: "subscribe", channel: "ticker", prefix: "pusher:", asksItself: false },
    },
    {
      frame: '{"event":"pusher:unsubscribe","data":{"channel":"ticker"}}',
      request: { kind: "unsubscribe", channel: "ticker" },
    },
    {
      frame: '{"event":"sockudo:unsubscribe","data":"ticker"}',
      request: { kind: "unsubscribe", channel: "ticker" },
    },
    {
      frame: '{"event":"pusher:enable_delta_compression","data":{"algorithms":["fossil"]}}',
      request: { kind: "enable" },
    },
  ])("reads $frame", ({ frame, request }) => {
    expect(readRequest(frame)).toEqual(request);
  });

  test.each([
    '{"event":"pusher:ping","data":{}}',
    '{"event":"client-x","data":{"event":"pusher:subscribe","channel":"c"},"channel":"private-c"}',
    '{"event":"pusher:subscribe"',
    '{"event":"pusher:subscribe"}',
    '{"event":"pusher:subscribe","data":{"channel":7}}',
    '{"event":"pusher:subscribe","data":[]}',
    '{"event":"pusher:unsubscribe"}',
    "",
  ])("gives null for %s", (frame) => {
    expect(readRequest(frame)).toBeNull();
  });
});

describe("withDeltaMember()", () => {
  test("adds the delta request to an object", () => {
    const frame = subscribe("pusher:", "c", { filter: { key: "a", cmp: "ex" } });
    expect(JSON.parse(withDeltaMember(frame, "compact"))).toEqual({
      event: "pusher:subscribe",
      data: {
        auth: "",
        channel: "c",
        filter: { key: "a", cmp: "ex" },
        delta: { algorithm: "fossil", format: "compact" },
      },
    });
  });

  test("adds the delta request to a JSON text", () => {
    const frame = JSON.stringify({ event: "pusher:subscribe", data: '{"channel":"c"}' });
    expect(JSON.parse(withDeltaMember(frame, "json"))).toEqual({
      event: "pusher:subscribe",
      data: '{"channel":"c","delta":{"algorithm":"fossil","format":"json"}}',
    });
  });
});
