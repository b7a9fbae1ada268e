import { describe, expect, test } from "bun:test";
import { createContext, runInContext } from "node:vm";
import { clientModule, clientScript } from "../../../src/client/embed.ts";
import * as reference from "./reference.ts";
import { SocketDouble } from "./socket-double.ts";

const MAX_GZIP_BYTES = 4500;
const URL_OF_PUSHER_JS = "ws://localhost/app/key?protocol=7&client=js";

interface Page extends EventTarget {
  WebSocket: typeof SocketDouble;
  Fanwire?: { stats(): { messages: number } };
}

const GLOBALS = { TextEncoder, TextDecoder, CustomEvent, Blob, setTimeout };

/** A window in which an element with these data attributes has loaded the script. */
function loaded(dataset: Readonly<Record<string, string>> = {}): Page {
  const target = new EventTarget();
  const window = Object.assign(target, GLOBALS, {
    WebSocket: SocketDouble,
    document: { currentScript: { dataset } },
    // Unlike a window, a context's global object is not the object that it was created from.
    dispatchEvent: target.dispatchEvent.bind(target),
  });
  runInContext(clientScript(), createContext(window));
  return window;
}

/** The frame that a subscription to the channel is sent as. */
function sent({ WebSocket }: Page, channel: string): unknown {
  const socket = new WebSocket(URL_OF_PUSHER_JS);
  socket.send(reference.subscribe("pusher:", channel));
  return socket.sent[0];
}

const asking = (channel: string, delta: object): string =>
  reference.subscribe("pusher:", channel, { delta });

describe("clientScript()", () => {
  test("enables deltas and defines Fanwire when it is loaded", () => {
    const page = loaded();
    const delta = { algorithm: "fossil", format: "compact" };
    expect(sent(page, "ticker")).toBe(asking("ticker", delta));
    expect(page.Fanwire?.stats().messages).toBe(0);
  });

  test("reads its options from its element", () => {
    const page = loaded({ channels: " ticker*, quotes\n*-eu ", format: "json" });
    const delta = { algorithm: "fossil", format: "json" };
    for (const channel of ["ticker-1", "quotes", "prices-eu"])
      expect(sent(page, channel)).toBe(asking(channel, delta));
    expect(sent(page, "chat")).toBe(reference.subscribe("pusher:", "chat"));
  });

  test("does nothing when it is loaded again", () => {
    const page = loaded();
    const { WebSocket, Fanwire } = page;
    runInContext(clientScript(), createContext(page));
    expect(page.WebSocket).toBe(WebSocket);
    expect(page.Fanwire).toBe(Fanwire);
  });

  test("does nothing without a WebSocket", () => {
    const context = createContext({ ...GLOBALS });
    runInContext(clientScript(), context);
    expect(context["Fanwire"]).toBeUndefined();
  });

  test("dispatches an event with the statistics on the window", async () => {
    const page = loaded();
    const { promise, resolve } = Promise.withResolvers<Event>();
    page.addEventListener("fanwire:stats", resolve);
    new page.WebSocket(URL_OF_PUSHER_JS).receive("a frame");
    const event = await promise;
    expect(event instanceof CustomEvent && event.detail).toMatchObject({
      messages: 1,
      bytesReceived: 7,
    });
  });
});

describe("clientModule()", () => {
  test("exports its public names", () => {
    const { exports } = new Bun.Transpiler({ loader: "js" }).scan(clientModule());
    expect(exports.toSorted()).toEqual(["install", "stats", "withDelta"]);
  });
});

describe.each([
  { name: "clientScript()", text: clientScript() },
  { name: "clientModule()", text: clientModule() },
])("$name", ({ text }) => {
  test(`has at most ${MAX_GZIP_BYTES} bytes with gzip`, () => {
    expect(Bun.gzipSync(text, { level: 9 }).length).toBeLessThanOrEqual(MAX_GZIP_BYTES);
  });

  test("is browser code: it imports nothing and uses no server runtime", () => {
    expect(new Bun.Transpiler({ loader: "js" }).scanImports(text)).toEqual([]);
    expect(text).not.toMatch(/\b(Bun|process|Buffer|require|__dirname)\b/);
  });

  test("is the same in every build", () => {
    expect([clientScript(), clientModule()]).toContain(text);
  });
});
