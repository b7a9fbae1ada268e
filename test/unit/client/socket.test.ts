import { beforeEach, describe, expect, test } from "bun:test";
import { DeltaDecoder } from "../../../src/client/decoder.ts";
import { interpose } from "../../../src/client/socket.ts";
import { Tally } from "../../../src/client/tally.ts";
import * as reference from "./reference.ts";
import { SocketDouble } from "./socket-double.ts";

const FIRST = { seq: 1, key: "", text: reference.plain("ticker", "price", "1: a text") };
const SECOND = { seq: 2, key: "", text: reference.plain("ticker", "price", "2: a text") };

let socket: SocketDouble;
let decoder: DeltaDecoder;

beforeEach(() => {
  socket = new SocketDouble("ws://localhost/app/key?protocol=7&client=js");
  interpose(socket, (send) => {
    const settings = {
      asks: () => true,
      format: "compact",
      maxBaseBytes: 1e6,
      maxMessageBytes: 1e6,
    } as const;
    decoder = new DeltaDecoder(settings, new Tally(), send);
    return decoder;
  });
});

function subscribe(): void {
  socket.send(reference.subscribe("pusher:", "ticker"));
  socket.receive(reference.succeeded("pusher:", "ticker"));
  socket.receive(reference.compactChannel("pusher:", "ticker", 7));
}

describe("a socket with a decoder", () => {
  test("gives handlers and listeners the same whole messages, in order, and no others", () => {
    const seen: unknown[] = [];
    socket.addEventListener("message", ({ type }) => seen.push(type), { capture: true });
    socket.onmessage = ({ data }) => seen.push(data);
    subscribe();
    seen.length = 0;
    socket.receive(reference.marked(FIRST));
    socket.receive(reference.compactDelta(7, FIRST, SECOND));
    socket.receive(reference.cacheSync("pusher:", "ticker", []));
    expect(seen).toEqual(["message", FIRST.text, "message", SECOND.text]);
  });

  test("passes on the browser's event with its other properties", () => {
    const events: MessageEvent[] = [];
    socket.onmessage = (event) => events.push(event);
    subscribe();
    socket.receive(reference.marked(FIRST));
    const event = events.at(-1);
    expect(event).toBeInstanceOf(MessageEvent);
    expect([event?.target, event?.currentTarget !== undefined]).toEqual([socket, true]);
    expect(event?.data).toBe(FIRST.text);
  });

  test("sends text frames as the decoder rewrites them, and buffers unchanged", () => {
    const bytes = Uint8Array.of(1, 2, 3);
    socket.send(bytes);
    subscribe();
    expect(socket.sent).toEqual([bytes, expect.stringContaining('"format":"compact"')]);
  });

  test("requests whole messages when a delta cannot be applied", () => {
    subscribe();
    socket.receive(reference.compactDelta(7, FIRST, SECOND));
    expect(socket.sent.at(-1)).toBe(reference.syncError("pusher:", "ticker"));
  });

  test("receives buffers, whatever type the page wants", () => {
    const native = Object.getOwnPropertyDescriptor(SocketDouble.prototype, "binaryType");
    expect(socket.binaryType).toBe("blob");
    socket.binaryType = "arraybuffer";
    socket.binaryType = "nonsense";
    expect(socket.binaryType).toBe("arraybuffer");
    socket.binaryType = "blob";
    expect(native?.get?.call(socket)).toBe("arraybuffer");
  });

  test("passes on other binary frames in the type that the page wants", async () => {
    const seen: unknown[] = [];
    socket.onmessage = ({ data }) => seen.push(data);
    socket.receive(Uint8Array.of(9, 8));
    socket.binaryType = "arraybuffer";
    socket.receive(Uint8Array.of(9, 8));
    const [blob, buffer] = seen;
    if (!(blob instanceof Blob)) throw new Error("Cannot read the first frame: it is no Blob");
    expect(await blob.bytes()).toEqual(Uint8Array.of(9, 8));
    expect(buffer).toEqual(Uint8Array.of(9, 8).buffer);
  });

  test("shows none of its own properties to the page", () => {
    expect(Object.keys(socket)).not.toContain("send");
    expect(Object.keys(socket)).not.toContain("binaryType");
    socket.onmessage = () => undefined;
    socket.onmessage = undefined;
    expect(() => socket.receive("a frame after the handler was taken off")).not.toThrow();
  });

  test("forgets everything when it closes", () => {
    subscribe();
    socket.receive(reference.marked(FIRST));
    expect(decoder.baseBytes).toBeGreaterThan(0);
    socket.close();
    expect(decoder.baseBytes).toBe(0);
  });
});
