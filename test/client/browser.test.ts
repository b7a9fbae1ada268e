// The shim in a browser: the line before pusher-js and after it, as a module, with options; and a
// socket of something else on the same page, which must be what it was.
import { beforeAll, describe, expect, test } from "bun:test";
import type { Browser, Page } from "playwright-core";
import { startChromium } from "../harness/chromium.ts";
import { until } from "../harness/deadline.ts";
import { fileScope, testScope } from "../harness/scope.ts";
import { ScriptedServer } from "./scripted-server.ts";

const SHIM = '<script src="/client/fanwire.js"></script>';
const PUSHER = '<script src="/pusher.min.js"></script>';
const APPLICATION = `<script>
  const problems = [], seen = [], told = [];
  addEventListener("error", ({ message }) => problems.push(message));
  addEventListener("fanwire:stats", ({ detail }) => told.push(detail));
  function connect() {
    const pusher = new Pusher("key", {
      cluster: "", wsHost: location.hostname, wsPort: location.port, forceTLS: false,
      enabledTransports: ["ws"],
    });
    pusher.connection.bind("error", (error) => problems.push(JSON.stringify(error)));
    pusher.bind_global((event, data) => seen.push([event, data]));
    pusher.subscribe("ticker").bind("price", () => {});
  }
</script>`;
const CONNECT = "<script>connect()</script>";
const MODULE =
  '<script type="module">import { stats } from "/client/fanwire.mjs"; window.Fanwire = { stats }; connect();</script>';

const PAGES = {
  "/before": SHIM + PUSHER + APPLICATION + CONNECT,
  "/after": PUSHER + SHIM + APPLICATION + CONNECT,
  "/module": PUSHER + APPLICATION + MODULE,
  "/json": SHIM.replace("src", 'data-format="json" src') + PUSHER + APPLICATION + CONNECT,
  "/others": SHIM.replace("src", 'data-channels="quotes" src') + PUSHER + APPLICATION + CONNECT,
  "/plain": SHIM,
};

const scope = testScope();
const forFile = fileScope();
let browser: Browser;
let server: ScriptedServer;

beforeAll(async () => {
  browser = await startChromium(forFile);
});

/** Opens the page with a server of its own. */
async function open(path: keyof typeof PAGES): Promise<Page> {
  server = new ScriptedServer(scope, true, PAGES);
  const context = await browser.newContext();
  scope.add(() => context.close());
  const page = await context.newPage();
  await page.goto(`http://127.0.0.1:${server.port}${path}`);
  return page;
}

/** Publishes, and gives what the application saw. */
async function publishTen(page: Page): Promise<unknown> {
  await until(() => server.asked.length > 0, "a subscription");
  for (let last = 1; last <= 10; last++)
    server.publish("ticker", "price", { last, symbol: "ACME", "🦊": "ü" });
  await page.waitForFunction("seen.length >= 10");
  expect(await page.evaluate("problems")).toEqual([]);
  return page.evaluate("seen");
}

const TEN = Array.from({ length: 10 }, (_, index) => [
  "price",
  { last: index + 1, symbol: "ACME", "🦊": "ü" },
]);

describe("a page in Chromium", () => {
  test.each([
    { path: "/before", binaryCount: 9, deltas: 9 },
    { path: "/after", binaryCount: 9, deltas: 9 },
    { path: "/module", binaryCount: 9, deltas: 9 },
    { path: "/json", binaryCount: 0, deltas: 9 },
    { path: "/others", binaryCount: 0, deltas: 0 },
  ] as const)("sees on $path what was published", async ({ path, binaryCount, deltas }) => {
    const page = await open(path);
    expect(await publishTen(page)).toEqual(TEN);
    expect(server.binaryCount).toBe(binaryCount);
    expect(await page.evaluate("Fanwire.stats().deltas")).toBe(deltas);
  });

  test("is told what deltas did", async () => {
    const page = await open("/before");
    await publishTen(page);
    await page.waitForFunction("told.length > 0 && told.at(-1).deltas === 9");
    expect(await page.evaluate("told.at(-1)")).toEqual(await page.evaluate("Fanwire.stats()"));
  });

  test("still has the browser's own WebSocket for everything else", async () => {
    const page = await open("/plain");
    const found = await page.evaluate(`(async () => {
      const address = "ws://" + location.host + "/elsewhere";
      const socket = new WebSocket(address);
      const type = socket.binaryType;
      const message = await new Promise((resolve) => (socket.onmessage = resolve));
      const names = Object.getOwnPropertyNames(socket).filter((name) => name !== "isTrusted");
      const refused = [];
      for (const make of [() => WebSocket(address), () => new WebSocket("ftp://localhost")])
        try { make() } catch (error) { refused.push(error.name) }
      return {
        type, names, refused,
        is: socket instanceof WebSocket,
        kind: Object.prototype.toString.call(socket),
        states: [WebSocket.CONNECTING, WebSocket.OPEN, WebSocket.CLOSING, WebSocket.CLOSED],
        native: /native code/.test(Function.prototype.toString.call(WebSocket)),
        text: typeof message.data,
      };
    })()`);
    expect(found).toEqual({
      type: "blob",
      names: [],
      refused: ["TypeError", "SyntaxError"],
      is: true,
      kind: "[object WebSocket]",
      states: [0, 1, 2, 3],
      native: true,
      text: "string",
    });
  });

  test("sees a socket of the Pusher protocol that is like the browser's", async () => {
    const page = await open("/plain");
    const found = await page.evaluate(`(async () => {
      const address = "ws://" + location.host + "/app/key?protocol=7&client=js";
      const socket = new WebSocket(address);
      const before = [socket.readyState, socket.binaryType, socket.bufferedAmount, socket.protocol];
      let early = null;
      try { socket.send("x") } catch (error) { early = error.name }
      const order = [];
      socket.onmessage = () => order.push("handler");
      socket.addEventListener("message", () => order.push("listener"));
      const event = await new Promise((resolve) => socket.addEventListener("message", resolve));
      socket.close(4000, "enough");
      const closed = await new Promise((resolve) => (socket.onclose = resolve));
      return {
        before, early, order, url: socket.url === address, keys: Object.keys(socket),
        trusted: event.isTrusted, origin: event.origin.startsWith("ws://"),
        after: [socket.readyState, closed.wasClean, closed.code, closed.reason],
        is: socket instanceof WebSocket && socket.constructor.name === "WebSocket",
      };
    })()`);
    expect(found).toEqual({
      before: [0, "blob", 0, ""],
      early: "InvalidStateError",
      order: ["handler", "listener"],
      url: true,
      keys: [],
      trusted: true,
      origin: true,
      after: [3, true, 4000, "enough"],
      is: true,
    });
  });
});
