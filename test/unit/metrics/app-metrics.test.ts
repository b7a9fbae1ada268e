// The metrics of apps are read from the structures, and contain no name that a client can choose.
import { expect, test } from "bun:test";
import type { LimitName } from "../../../src/protocol/faults.ts";
import { CLOSE, type Fault } from "../../../src/protocol/faults.ts";
import { valueOf } from "./families.ts";
import { emptyApp, openChannel, scrape, scrapeText, testNode } from "./node.ts";

test("a scrape of a node without apps has no series of an app", async () => {
  const families = await scrape(testNode([]));
  expect([...families.keys()].filter((name) => name.startsWith("fanwire_"))).toEqual([
    "fanwire_build_info",
    "fanwire_refused_connections_held",
    "fanwire_event_loop_lag_max_ms",
    "fanwire_heap_used_bytes",
    "fanwire_heap_size_bytes",
    "fanwire_heap_external_bytes",
  ]);
});

test("every counter of an app is exported under its name", async () => {
  const app = emptyApp("3");
  Object.assign(app.counters, {
    connections: 7,
    subscriptions: 12,
    unsubscriptions: 5,
    framesReceived: 20,
    bytesReceived: 21,
    framesSent: 30,
    bytesSent: 31,
    publications: 40,
    clientEvents: 41,
    requests: 50,
    requestBytes: 51,
    responseBytes: 52,
    lags: 60,
    slowConsumers: 61,
    bytesSavedByDeltas: 70,
    bytesSavedByFilters: 71,
    keyedPublishes: 80,
    repeatedPublishes: 81,
  });
  const families = await scrape(testNode([app]));
  const expected = {
    new_connections_total: 7,
    new_disconnections_total: 7,
    channel_subscriptions_total: 12,
    channel_unsubscriptions_total: 5,
    ws_messages_received_total: 20,
    socket_received_bytes: 21,
    ws_messages_sent_total: 30,
    socket_transmitted_bytes: 31,
    publications_total: 40,
    client_events_total: 41,
    http_calls_received_total: 50,
    http_received_bytes: 51,
    http_transmitted_bytes: 52,
    socket_lags_total: 60,
    slow_consumer_closes_total: 61,
    delta_compression_bandwidth_saved_bytes: 70,
    filter_bandwidth_saved_bytes: 71,
    idempotency_publish_total: 80,
    idempotency_duplicates_total: 81,
  };
  for (const [name, value] of Object.entries(expected)) {
    expect([name, valueOf(families, `fanwire_${name}`)]).toEqual([name, value]);
    expect(families.get(`fanwire_${name}`)?.type).toBe("counter");
  }
});

test("gauges are read from the structures, and are 0 again when all connections have ended", async () => {
  const app = emptyApp("3");
  const node = testNode([app]);
  app.counters.connections = 3;
  app.sockets.set("1.1", { bufferedBytes: 10 }).set("1.2", { bufferedBytes: 5 });
  app.users.set("ann", { isHere: true }).set("bob", { isHere: false });
  app.laggingCount = 1;
  openChannel(app, "prices");
  const labels = { app_id: "3", port: "6001" };

  const busy = await scrape(node);
  expect(valueOf(busy, "fanwire_connected", labels)).toBe(2);
  expect(valueOf(busy, "fanwire_new_disconnections_total", labels)).toBe(1);
  expect(valueOf(busy, "fanwire_buffered_bytes", labels)).toBe(15);
  expect(valueOf(busy, "fanwire_lagging_sockets", labels)).toBe(1);
  expect(valueOf(busy, "fanwire_users_online", labels)).toBe(1);
  expect(valueOf(busy, "fanwire_active_channels", { channel_type: "public" })).toBe(1);

  for (const structure of [app.sockets, app.users, app.channels]) structure.clear();
  app.laggingCount = 0;
  const idle = await scrape(node);
  expect(valueOf(idle, "fanwire_connected", labels)).toBe(0);
  expect(valueOf(idle, "fanwire_new_disconnections_total", labels)).toBe(3);
  expect(valueOf(idle, "fanwire_buffered_bytes", labels)).toBe(0);
  expect(valueOf(idle, "fanwire_lagging_sockets", labels)).toBe(0);
  expect(valueOf(idle, "fanwire_users_online", labels)).toBe(0);
  expect(valueOf(idle, "fanwire_active_channels", { channel_type: "public" })).toBe(0);
});

test.each([
  ["prices", "public"],
  ["private-orders", "private"],
  ["private-encrypted-orders", "private_encrypted"],
  ["presence-room", "presence"],
  ["cache-prices", "cache"],
  ["private-cache-prices", "cache"],
  ["presence-cache-room", "cache"],
  ["private-encrypted-cache-orders", "cache"],
  ["#server-to-user-ann", "user"],
])("active_channels counts %p as %p", async (name, type) => {
  const app = emptyApp("3");
  openChannel(app, name);
  const series = (await scrape(testNode([app]))).get("fanwire_active_channels")?.series ?? [];
  expect(series.filter(({ value }) => value === 1).map(({ labels }) => labels)).toEqual([
    { app_id: "3", port: "6001", channel_type: type },
  ]);
  expect(series).toHaveLength(6);
});

test("connections are counted by close code, with one series for all unknown codes", async () => {
  const app = emptyApp("3");
  for (const code of [1000, 1000, 1006, 4201]) app.counters.closed(code);
  for (let code = 3000; code < 4000; code++) app.counters.closed(code);
  const closes = (await scrape(testNode([app]))).get("fanwire_connection_closes_total");
  expect(closes?.series.map(({ labels, value }) => [labels["code"], value])).toEqual([
    ["1000", 2],
    ["1006", 1],
    ["4201", 1],
    ["other", 1000],
  ]);
});

test("each close code of the server has its own series", async () => {
  const app = emptyApp("3");
  const faults = Object.values(CLOSE).map((make): Fault => Reflect.apply(make, null, ["x"]));
  const codes = new Set(faults.map(({ code }) => Number(code)));
  for (const code of codes) app.counters.closed(code);
  const closes = (await scrape(testNode([app]))).get("fanwire_connection_closes_total");
  expect(new Set(closes?.series.map(({ labels }) => Number(labels["code"])))).toEqual(codes);
});

test("limit hits are counted by name, and those that refuse a connection also as connection errors", async () => {
  const app = emptyApp("3");
  for (const limit of ["origin", "origin", "connections", "client_events"] as const)
    app.counters.hit(limit);
  const families = await scrape(
    testNode([app], {
      refusals: new Map([
        [4001, 5],
        [4100, 2],
        [4321, 1],
        [4322, 1],
      ]),
      limits: new Map<LimitName, number>([
        ["address_connections", 4],
        ["api_rate", 6],
      ]),
    }),
  );
  const limits = families.get("fanwire_limit_hits_total")?.series ?? [];
  expect(limits.map(({ labels, value }) => [labels["limit"], value])).toEqual([
    ["origin", 2],
    ["connections", 1],
    ["client_events", 1],
    ["address_connections", 4],
    ["api_rate", 6],
  ]);
  const errors = families.get("fanwire_connection_errors_total")?.series ?? [];
  expect(
    errors.map(({ labels, value }) => [labels["app_id"], labels["error_type"], value]),
  ).toEqual([
    ["3", "origin_not_allowed", 2],
    ["3", "over_connection_quota", 1],
    ["", "address_over_quota", 4],
    ["", "app_not_found", 5],
    ["", "over_capacity", 2],
    ["", "other", 2],
  ]);
});

test("apps have separate series, whatever their ids contain", async () => {
  const ids = ['quote"', "back\\slash", "two\nlines", "a,port:6001", "a", "#x{y}", "ü"];
  const apps = ids.map((id, index) => {
    const app = emptyApp(id);
    app.counters.connections = index + 1;
    return app;
  });
  const families = await scrape(testNode(apps));
  for (const [index, id] of ids.entries())
    expect(valueOf(families, "fanwire_new_connections_total", { app_id: id })).toBe(index + 1);
});

test("no name of a channel, socket or user is exported", async () => {
  const app = emptyApp("3");
  app.sockets.set("811.922", { bufferedBytes: 1 });
  app.users.set("user-zoe", { isHere: true });
  openChannel(app, "private-merger");
  openChannel(app, "#server-to-user-user-zoe");
  expect(await scrapeText(testNode([app]))).not.toMatch(/811\.922|zoe|merger/);
});

test("the prefix and the port are configurable", async () => {
  const node = testNode([emptyApp("3")]);
  const families = await scrape(node, { prefix: "soketi_", port: 8443 });
  expect(valueOf(families, "soketi_connected", { app_id: "3", port: "8443" })).toBe(0);
  const foreign = [...families.keys()].filter((name) => !/^(soketi|process)_/.test(name));
  expect(foreign).toEqual([]);
  expect(families.get("process_open_fds")).toBeDefined();
});

test("an empty prefix leaves the bare names", async () => {
  const families = await scrape(testNode([emptyApp("3")]), { prefix: "" });
  expect(valueOf(families, "connected")).toBe(0);
});
