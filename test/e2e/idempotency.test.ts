import { beforeAll, describe, expect, test } from "bun:test";
import { call } from "../harness/api.ts";
import { PROCESS_COUNT } from "../harness/form.ts";
import { type RawClient, subscribeRaw } from "../harness/raw-client.ts";
import { fileScope, testScope } from "../harness/scope.ts";
import { type Server, startServer } from "../harness/server.ts";
import { resource } from "../harness/target.ts";

const scope = testScope();
const forFile = fileScope();
let server: Server;

beforeAll(async () => {
  server = await startServer(forFile);
});

async function subscribed(to: Server, channel: string): Promise<RawClient> {
  const { client } = await subscribeRaw(scope, to, channel);
  return client;
}

async function post(
  to: Server,
  path: string,
  body: object,
  header?: string,
): Promise<readonly [number, string]> {
  const headers = header === undefined ? {} : { "X-Idempotency-Key": header };
  const response = await call(to, "POST", resource(path), { body: JSON.stringify(body), headers });
  return [response.status, await response.text()];
}

function event(channel: string, members: object = {}): object {
  return { name: "e", channel, data: "{}", ...members };
}

describe("an idempotency key", () => {
  test("of fifty requests at once lets one of each process publish, and all get its answer", async () => {
    const client = await subscribed(server, "at-once");
    const body = event("at-once", { idempotency_key: "k", info: "subscription_count" });
    const answers = await Promise.all(
      Array.from({ length: 50 }, () => post(server, "/events", body)),
    );
    expect(new Set(answers.map(String))).toEqual(
      new Set(['200,{"channels":{"at-once":{"subscription_count":1}}}']),
    );
    // Each process keeps the answers that it gave.
    expect((await client.received()).length).toBeWithin(1, PROCESS_COUNT + 1);
  });

  test("may stand in the header, and is the app's for every channel and event", async () => {
    const client = await subscribed(server, "header");
    expect(await post(server, "/events", event("header"), "h")).toEqual([200, "{}"]);
    expect(await post(server, "/events", event("header", { name: "f" }), "h")).toEqual([200, "{}"]);
    expect(await post(server, "/events", event("header"), "other")).toEqual([200, "{}"]);
    expect((await client.received()).map((frame) => frame.event)).toEqual(["e", "e"]);
  });

  test("of each event of a batch is heeded, as Sockudo's library sends it again", async () => {
    const client = await subscribed(server, "batch");
    const items = [0, 1, 2].map((index) =>
      event("batch", { name: `e${index}`, idempotency_key: `base:0:${index}` }),
    );
    expect(await post(server, "/batch_events", { batch: items.slice(0, 2) })).toEqual([200, "{}"]);
    expect(await post(server, "/batch_events", { batch: items })).toEqual([200, "{}"]);
    expect(await post(server, "/events", items[2] ?? {})).toEqual([200, "{}"]);
    expect((await client.received()).map((frame) => frame.event)).toEqual(["e0", "e1", "e2"]);
  });

  test("is free again after a publish that failed", async () => {
    const client = await subscribed(server, "failed");
    const wrong = event("failed", { data: "x".repeat(10_241), idempotency_key: "f" });
    expect((await post(server, "/events", wrong))[0]).toBe(413);
    expect(await post(server, "/events", event("failed", { idempotency_key: "f" }))).toEqual([
      200,
      "{}",
    ]);
    expect(await client.received()).toHaveLength(1);
  });

  test("is not empty and has at most 128 characters", async () => {
    for (const key of ["", "x".repeat(129)])
      expect((await post(server, "/events", event("a", { idempotency_key: key })))[0]).toBe(400);
    expect((await post(server, "/events", event("a"), "x".repeat(128)))[0]).toBe(200);
  });

  test("means nothing where the app says so", async () => {
    const off = await startServer(scope, { app: { idempotency: { enabled: false } } });
    const client = await subscribed(off, "a");
    for (let count = 0; count < 2; count++) await post(off, "/events", event("a"), "k");
    expect(await client.received()).toHaveLength(2);
  });

  test("is forgotten after ttl_seconds, and before when there are too many", async () => {
    const short = await startServer(scope, {
      config: { idempotency: { ttl_seconds: 1, max_keys: 2 } },
    });
    const client = await subscribed(short, "a");
    const send = (key: string): Promise<unknown> => post(short, "/events", event("a"), key);
    for (const key of ["k", "l", "m", "m", "k"]) await send(key);
    expect(await client.received()).toHaveLength(4);
    await Bun.sleep(1100);
    await send("m");
    expect(await client.received()).toHaveLength(1);
    expect(short.program.stderr).toContain("idempotency_memory");
  });
});
