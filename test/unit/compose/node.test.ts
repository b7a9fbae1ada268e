// A whole node on a port, over a store that the test controls: what a client gets if looking up its
// app is slow or fails, and what requests other than API requests get.
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import type { Apps } from "../../../src/apps/apps.ts";
import { backendsOf } from "../../../src/compose/backends.ts";
import { type RunningNode, startNode } from "../../../src/compose/node.ts";
import { createLog } from "../../../src/log/log.ts";
import type { App } from "../../../src/protocol/app.ts";
import { testApp, KEY } from "../../doubles/app.ts";
import { ProcessBus } from "../../doubles/bus.ts";
import { APP, configOf } from "../config/reading.ts";

/** A store that answers as the test says. */
class PlayedApps implements Apps {
  answer: () => App | null | Promise<App | null> = () => testApp();

  byKey(): App | null | Promise<App | null> {
    return this.answer();
  }

  byId(): App | null | Promise<App | null> {
    return this.answer();
  }
}

let apps: PlayedApps;
let node: RunningNode;
let lines: string[];

beforeEach(async () => {
  apps = new PlayedApps();
  lines = [];
  node = await start();
});

afterEach(() => node.stop());

function start(
  given: Record<string, unknown> = {},
  bus: ProcessBus | null = null,
): Promise<RunningNode> {
  const config = configOf({
    host: "127.0.0.1",
    port: 0,
    shutdown_grace_period: 0,
    path_prefix: "/realtime",
    apps: [APP],
    ...given,
  });
  const log = createLog({
    level: "info",
    format: "text",
    colour: false,
    write: (line) => void lines.push(line),
    nowMs: Date.now,
  });
  const backends = { ...backendsOf(config), apps, openBus: bus?.open ?? null };
  return startNode(config, { version: "0.0.0", log, backends });
}

/** How a connection started: the event of its first frame, or the code and reason with which it was closed. */
function connect(): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>();
  const socket = new WebSocket(`ws://127.0.0.1:${node.port}/realtime/app/${KEY}?protocol=7`);
  socket.onmessage = ({ data }: MessageEvent<unknown>) => {
    resolve(JSON.parse(String(data)).event);
    socket.close();
  };
  socket.onclose = ({ code, reason }) => resolve(`${code} ${reason}`);
  socket.onerror = () => resolve("no WebSocket");
  return promise;
}

function ask(path: string, init: RequestInit = {}): Promise<Response> {
  return fetch(`http://127.0.0.1:${node.port}${path}`, init);
}

describe("an upgrade", () => {
  test("waits for the app", async () => {
    const app = Promise.withResolvers<App | null>();
    apps.answer = () => app.promise;
    const connecting = connect();
    app.resolve(testApp());
    expect(await connecting).toBe("pusher:connection_established");
  });

  test("succeeds and is closed with 4100 when the look-up fails, and the failure is logged", async () => {
    apps.answer = () => Promise.reject(new Error("The store is down"));
    expect(await connect()).toBe("4100 Application could not be looked up, try again later");
    expect(lines.join("")).toContain("store or cluster failed");
    expect(lines.join("")).toContain("The store is down");
  });

  test("admits no more than the capacity when many look-ups are answered at once", async () => {
    await node.stop();
    node = await start({ max_connections: 2 });
    const app = Promise.withResolvers<App | null>();
    apps.answer = () => app.promise;
    const connecting = [connect(), connect(), connect()];
    await Bun.sleep(50);
    app.resolve(testApp());
    const outcomes = await Promise.all(connecting);
    expect(outcomes.filter((outcome) => outcome === "pusher:connection_established")).toHaveLength(
      2,
    );
    expect(outcomes).toContain("4100 Over capacity");
  });

  test("that is not a WebSocket handshake is a bad request", async () => {
    const answer = await ask(`/realtime/app/${KEY}`, { headers: { upgrade: "websocket" } });
    expect([answer.status, await answer.text()]).toEqual([
      400,
      "Invalid WebSocket upgrade request\n",
    ]);
  });
});

test("what the program itself publishes reaches the other nodes too", async () => {
  await node.stop();
  const bus = new ProcessBus();
  node = await start({}, bus);
  node.publish(testApp(), { name: "e", channel: "c", data: "{}" });
  expect(bus.published.filter(([topic]) => topic === `c:${testApp().id}:c`)).toHaveLength(1);
});

describe("a request", () => {
  test("for health is answered below the path prefix", async () => {
    const answer = await ask("/realtime/up/3");
    expect([answer.status, await answer.text()]).toEqual([200, "OK"]);
  });

  test("for an unknown path is answered with 404", async () => {
    expect((await ask("/realtime/nothing")).status).toBe(404);
  });

  test("for the client script is answered with the script", async () => {
    const answer = await ask("/realtime/client/fanwire.js");
    expect(answer.headers.get("content-type")).toContain("javascript");
  });

  test("of the API whose app cannot be looked up fails, and the reason is logged", async () => {
    apps.answer = () => Promise.reject(new Error("The store is down"));
    const answer = await ask("/realtime/apps/3/channels?auth_key=k&auth_signature=s");
    expect([answer.status, await answer.text()]).toEqual([500, "Internal server error\n"]);
    expect(lines.join("")).toContain("The store is down");
  });
});
