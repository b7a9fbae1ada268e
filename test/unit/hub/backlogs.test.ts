// The backlogs of several apps and channels, and which of them shrinks when they take too much
// memory together.
import { beforeEach, expect, test } from "bun:test";
import type { AppHub } from "../../../src/hub/app-hub.ts";
import { Hub } from "../../../src/hub/hub.ts";
import { beginLag } from "../../../src/hub/lag/catch-up.ts";
import { publish } from "../../../src/hub/publish.ts";
import { checkLag } from "../../../src/hub/lag/check.ts";
import { unsubscribeAll } from "../../../src/hub/subscribe.ts";
import { PLAIN, testApp } from "../../doubles/app.ts";
import { hubContext, TEST_LAG, subscribe } from "../../doubles/hub.ts";
import { TestNetwork, TestSocket } from "../../doubles/network.ts";

const LIMITS = { maxBytesPerSocket: 1_000_000, maxBytesPerApp: 100_000, maxBytesPerNode: 150_000 };
let network: TestNetwork;
let hub: Hub;
let ids = 0;

beforeEach(() => {
  network = new TestNetwork();
  hub = new Hub(hubContext(network, { lag: { ...TEST_LAG, backlogs: LIMITS } }));
});

function laggingSocket(app: AppHub, channels: readonly string[]): TestSocket {
  const socket = new TestSocket(network, `1.${++ids}`);
  app.connect(socket);
  for (const channel of channels)
    subscribe(app, socket, { kind: "subscribe", channel, auth: null, channelData: null });
  beginLag(app, socket);
  return socket;
}

function send(app: AppHub, channel: string, bytes: number): void {
  const data = "x".repeat(bytes);
  publish(app, { event: "e", data, channels: [channel], exceptSocketId: null, ...PLAIN });
}

test("over the app's limit the largest backlog drops its older half, and only sockets that missed it are closed", () => {
  const app = hub.of(testApp());
  const [hog, modest] = [laggingSocket(app, ["busy"]), laggingSocket(app, ["quiet"])];
  send(app, "quiet", 1000);
  for (let count = 0; count < 50; count++) send(app, "busy", 5000);
  expect(app.backlogs.bytes).toBeLessThanOrEqual(LIMITS.maxBytesPerApp);
  for (const socket of [hog, modest]) checkLag(app, socket);
  expect([hog.closedWith?.code, modest.closedWith]).toEqual([4100, null]);
  expect(modest.frames).toHaveLength(2);
});

test("over the node's limit the largest backlog of all apps shrinks, whichever app publishes", () => {
  const [large, small] = [hub.of(testApp()), hub.of(testApp({ id: "other" }))];
  const [hog, modest] = [laggingSocket(large, ["busy"]), laggingSocket(small, ["quiet"])];
  for (let count = 0; count < 15; count++) send(large, "busy", 5000);
  for (let count = 0; count < 14; count++) send(small, "quiet", 5000);
  expect(large.nodeUse.backlogs.bytes).toBeLessThanOrEqual(LIMITS.maxBytesPerNode);
  checkLag(large, hog);
  checkLag(small, modest);
  expect([hog.closedWith?.code, modest.closedWith]).toEqual([4100, null]);
});

test("a backlog is removed with the last lagging socket of its channel", () => {
  const app = hub.of(testApp());
  const sockets = [laggingSocket(app, ["a", "b"]), laggingSocket(app, ["a"])];
  for (const channel of ["a", "b"]) send(app, channel, 1000);
  expect(app.backlogs.bytes).toBeGreaterThan(2000);
  for (const socket of sockets) {
    app.disconnect(socket);
    unsubscribeAll(app, socket);
  }
  expect([app.backlogs.bytes, app.nodeUse.backlogs.bytes, app.lags.size]).toEqual([0, 0, 0]);
});

test("a socket with room in its buffer is brought up to date, and not judged by what is kept for others", () => {
  const app = hub.of(testApp());
  laggingSocket(app, ["a"]);
  for (let count = 0; count < 18; count++) send(app, "a", 5000);
  const newcomer = laggingSocket(app, ["a"]);
  send(app, "a", 100);
  checkLag(app, newcomer);
  expect([newcomer.closedWith, newcomer.frames.length, app.lags.has(newcomer)]).toEqual([
    null,
    2,
    false,
  ]);
});
