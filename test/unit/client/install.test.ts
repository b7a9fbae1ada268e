import { describe, expect, test } from "bun:test";
import { install, stats, withDelta } from "../../../src/client/install.ts";
import * as reference from "./reference.ts";
import { SocketDouble } from "./socket-double.ts";

const URL_OF_PUSHER_JS =
  "ws://localhost:6001/app/key?protocol=7&client=js&version=8.6.0&flash=false";

/** Whether a socket with this address requests deltas for this channel. */
function asks(Constructor: typeof SocketDouble, url: string | URL, channel = "ticker"): boolean {
  const socket = new Constructor(url);
  socket.send(reference.subscribe("pusher:", channel));
  return String(socket.sent[0]).includes('"delta":{"algorithm":"fossil"');
}

describe("withDelta()", () => {
  test.each([
    URL_OF_PUSHER_JS,
    "wss://ws.example.com/prefix/app/key?protocol=7&client=js",
    "ws://localhost/app/key?client=java-client&version=2.4&protocol=5",
    "/app/key?protocol=2&client=js",
    new URL(URL_OF_PUSHER_JS),
  ])("requests deltas on %s", (url) => {
    expect(asks(withDelta(SocketDouble), url)).toBe(true);
  });

  test.each([
    "ws://localhost/live/websocket?vsn=2.0.0",
    "ws://localhost/app/key",
    "ws://localhost/app/key?client=js",
    "ws://localhost/app/key?protocol=7",
    "ws://localhost/app/key/more?protocol=7&client=js",
    "ws://localhost/app/key#?protocol=7&client=js",
    "ws://localhost/apps?to=/app/key&protocol=7&client=js",
  ])("does not wrap a socket to %s", (url) => {
    const socket = new (withDelta(SocketDouble))(url);
    expect(asks(withDelta(SocketDouble), url)).toBe(false);
    expect(Object.getOwnPropertyNames(socket)).toEqual(
      Object.getOwnPropertyNames(new SocketDouble(url)),
    );
  });

  test("creates sockets with the constructor and all of its arguments", () => {
    const Wrapped = withDelta(SocketDouble);
    const socket = new Wrapped(URL_OF_PUSHER_JS, ["a", "b"]);
    expect(socket).toBeInstanceOf(SocketDouble);
    expect(socket).toBeInstanceOf(Wrapped);
    expect([socket.url, socket.protocols]).toEqual([URL_OF_PUSHER_JS, ["a", "b"]]);
    expect([Wrapped.OPEN, Wrapped.name, Wrapped.prototype]).toEqual([
      SocketDouble.OPEN,
      SocketDouble.name,
      SocketDouble.prototype,
    ]);
  });

  test("can be extended", () => {
    class Extended extends withDelta(SocketDouble) {
      readonly extra = 7;
    }
    const socket = new Extended(URL_OF_PUSHER_JS);
    expect(socket).toBeInstanceOf(Extended);
    expect([socket.extra, asks(Extended, URL_OF_PUSHER_JS)]).toEqual([7, true]);
  });

  test("never requests deltas for encrypted channels, and only for the channels it is told", () => {
    const every = withDelta(SocketDouble);
    expect(asks(every, URL_OF_PUSHER_JS, "private-encrypted-a")).toBe(false);
    const some = withDelta(SocketDouble, { channels: ["ticker*", "private-*"] });
    const channels = ["ticker", "ticker-1", "quotes", "private-a", "private-encrypted-a"];
    expect(channels.map((channel) => asks(some, URL_OF_PUSHER_JS, channel))).toEqual([
      true,
      true,
      false,
      true,
      false,
    ]);
  });

  test("does not wrap a wrapped constructor twice, and uses the later options", () => {
    const twice = withDelta(withDelta(SocketDouble), { channels: ["quotes"], format: "json" });
    expect(asks(twice, URL_OF_PUSHER_JS)).toBe(false);
    const before = stats().messages;
    const socket = new twice(URL_OF_PUSHER_JS);
    socket.send(reference.subscribe("pusher:", "quotes"));
    expect(socket.sent).toEqual([
      reference.subscribe("pusher:", "quotes", { delta: { algorithm: "fossil", format: "json" } }),
    ]);
    socket.receive("a frame");
    expect(stats().messages).toBe(before + 1);
  });

  test("calls onStats with the total after a change, at most once a second", async () => {
    const { promise, resolve } = Promise.withResolvers<number>();
    let callCount = 0;
    const Wrapped = withDelta(SocketDouble, {
      onStats: ({ messages }) => {
        callCount++;
        resolve(messages);
      },
    });
    const [one, other] = [new Wrapped(URL_OF_PUSHER_JS), new Wrapped(URL_OF_PUSHER_JS)];
    const before = stats().messages;
    for (const socket of [one, other, one]) socket.receive("a frame");
    expect(callCount).toBe(0);
    expect(await promise).toBe(before + 3);
    await Bun.sleep(20);
    expect(callCount).toBe(1);
  });
});

describe("install()", () => {
  test("wraps the WebSocket of a window, and may be called again", () => {
    const window = { WebSocket: SocketDouble };
    install(window);
    install(window, { channels: ["quotes"] });
    expect(asks(window.WebSocket, URL_OF_PUSHER_JS, "ticker")).toBe(false);
    expect(asks(window.WebSocket, URL_OF_PUSHER_JS, "quotes")).toBe(true);
    expect(new window.WebSocket(URL_OF_PUSHER_JS)).toBeInstanceOf(SocketDouble);
  });
});

describe("stats()", () => {
  test("counts each socket, and returns zeros for others", () => {
    const Wrapped = withDelta(SocketDouble);
    const [one, other] = [new Wrapped(URL_OF_PUSHER_JS), new Wrapped(URL_OF_PUSHER_JS)];
    one.receive("a frame");
    expect(stats(one)).toEqual({
      messages: 1,
      deltas: 0,
      bytesReceived: 7,
      bytesWithoutDelta: 7,
      bytesSaved: 0,
      resyncs: 0,
      undecoded: 0,
    });
    expect(stats(other).messages).toBe(0);
    expect(stats(new SocketDouble(URL_OF_PUSHER_JS)).messages).toBe(0);
  });
});
