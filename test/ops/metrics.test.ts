import { beforeAll, describe, expect, test } from "bun:test";
import { call, publish } from "../harness/api.ts";
import { until } from "../harness/deadline.ts";
import { connectDelta } from "../harness/delta-client.ts";
import { type Figures, metricsUrl, scrape as scrapeWith } from "../harness/metrics.ts";
import { HttpConnection } from "../harness/http-connection.ts";
import { connectRaw, RawClient, subscribeRaw } from "../harness/raw-client.ts";
import { fileScope, testScope } from "../harness/scope.ts";
import { refusal, serverLibrary } from "../harness/server-library.ts";
import { type Server, startServer } from "../harness/server.ts";
import { SlowClient } from "../harness/slow-client.ts";
import { httpUrl, resource } from "../harness/target.ts";
import { ticker } from "../harness/ticker.ts";

const scope = testScope();
const forFile = fileScope();
const TOKEN = "metrics-token";
const AUTHORIZED = { headers: { Authorization: `Bearer ${TOKEN}` } };
const METRICS = { enabled: true, port: 0, token: TOKEN };
let server: Server;
let url: string;

beforeAll(async () => {
  server = await startServer(forFile, { config: { metrics: METRICS } });
  url = metricsUrl(server);
});

/** The figures of a server that wants the token. */
function scrape(from = server): Promise<Figures> {
  return scrapeWith(from, AUTHORIZED);
}

/** The sample of the tests' app. */
function ofApp({ samples }: Figures, name: string, labels = "", of = server): number | undefined {
  return samples.get(`fanwire_${name}{app_id="${of.id}",port="${of.port}"${labels}}`);
}

async function isAlone(): Promise<boolean> {
  return ofApp(await scrape(), "connected") === 1;
}

describe("metrics", () => {
  test("count what happens", async () => {
    const library = serverLibrary(server);
    const { client, socketId } = await connectRaw(scope, server);
    client.subscribe({ auth: "", channel: "news" });
    client.subscribe({ channel: "private-x", ...library.authorizeChannel(socketId, "private-x") });
    client.send({ event: "client-e", data: {}, channel: "private-x" });
    await client.received();
    // Clients of the previous test may still be disconnecting.
    await until(isAlone, "the client to be alone");
    const before = await scrape();
    expect(ofApp(before, "active_channels", ',channel_type="private"')).toBe(1);
    expect(ofApp(before, "client_events_total")).toBe(1);

    await subscribeRaw(scope, server, "news");
    await library.trigger("news", "e", {});
    await refusal(library.trigger("news", "e", "x".repeat(10_241)));
    const after = await scrape();
    expect(ofApp(after, "connected")).toBe(2);
    for (const [name, growth] of [
      ["new_connections_total", 1],
      ["publications_total", 1],
      ["http_calls_received_total", 2],
      ["channel_subscriptions_total", 1],
    ] as const)
      expect((ofApp(after, name) ?? 0) - (ofApp(before, name) ?? 0)).toBe(growth);
    expect(ofApp(after, "limit_hits_total", ',limit="event_data"')).toBe(1);
    expect(ofApp(after, "publish_latency_ms_count")).toBe(1);
    const resident = [...after.samples.keys()].find((name) =>
      name.startsWith("process_resident_memory"),
    );
    expect(after.samples.get(resident ?? "")).toBeGreaterThan(1_000_000);

    client.terminate();
    await until(isAlone, "the lost connection to be counted");
  });

  test("tell what runs, and what deltas and filters save", async () => {
    const name = [...(await scrape()).samples.keys()].find((sample) =>
      sample.includes("build_info"),
    );
    expect(name).toMatch(/^fanwire_build_info\{version="[^"]+",runtime="bun \d+\.\d+\.\d+"\}$/);
    const client = await connectDelta(scope, server);
    await client.subscribe("saved", { delta: "fossil" });
    await client.subscribe("unwanted", { filter: { key: "a", cmp: "ex" } });
    const before = await scrape();
    for (const event of ticker("saved", 10)) await publish(server, event);
    const arrivals = await client.arrivals();
    await publish(server, { name: "e", channel: "unwanted", data: "x".repeat(1000) });
    const after = await scrape();
    const growth = (of: string): number => (ofApp(after, of) ?? 0) - (ofApp(before, of) ?? 0);
    const bytes = arrivals
      .filter(({ form }) => form === "delta")
      .reduce((sum, { frame }) => sum + Buffer.byteLength(frame.text), 0);
    expect(bytes).toBeGreaterThan(0);
    expect(growth("delta_compression_bandwidth_saved_bytes")).toBeGreaterThan(bytes);
    expect(growth("filter_bandwidth_saved_bytes")).toBeWithin(1000, 1100);
  });

  test("count repeated publishes", async () => {
    const body = JSON.stringify({ name: "e", channel: "a", data: "{}", idempotency_key: "k" });
    for (let count = 0; count < 3; count++)
      await call(server, "POST", resource("/events"), { body });
    const samples = await scrape();
    expect(ofApp(samples, "idempotency_publish_total")).toBe(1);
    expect(ofApp(samples, "idempotency_duplicates_total")).toBe(2);
  });

  test("count clients that were refused before their app was known", async () => {
    const name = `fanwire_connection_errors_total{app_id="",port="${server.port}",error_type="app_not_found"}`;
    const before = (await scrape()).samples.get(name) ?? 0;
    await new RawClient(scope, { ...server, key: "no-such-key" }).closed();
    expect((await scrape()).samples.get(name)).toBe(before + 1);
  });

  test("count the clients that do not keep up, and the times that one did not", async () => {
    const slow = await startServer(scope, {
      app: { max_event_payload_in_kb: 200 },
      config: { metrics: METRICS, shutdown_grace_period: 10 },
    });
    const figures = async (): Promise<readonly unknown[]> => {
      const samples = await scrape(slow);
      return ["lagging_sockets", "socket_lags_total"].map((name) => ofApp(samples, name, "", slow));
    };
    const reader = new SlowClient(scope, slow, { buffers: "usual" });
    await reader.subscribe("news");
    const library = serverLibrary(slow);
    expect(await figures()).toEqual([0, 0]);
    await until(async () => {
      await library.trigger("news", "e", "x".repeat(1e5));
      return (await figures())[0] === 1;
    }, "the client to lag");
    expect(await figures()).toEqual([1, 1]);
    const reading = reader.readUntil(() => reader.isOver, "the end of the connection");
    await until(async () => (await figures())[0] === 0, "the client to be up to date");
    expect(await figures()).toEqual([0, 1]);
    slow.program.terminate();
    await reading;
    expect(reader.closing?.code).toBe(4200);
  });

  test("are JSON when that is asked for", async () => {
    await connectRaw(scope, server);
    const response = await fetch(`${url}?json`, AUTHORIZED);
    expect(response.headers.get("Content-Type")).toBe("application/json");
    expect(await response.json()).toContainEqual(
      expect.objectContaining({ name: "fanwire_connected", type: "gauge" }),
    );
  });

  test.each([
    ["no token", {}],
    ["another token", { headers: { Authorization: "Bearer another" } }],
  ])("are not told with %s", async (_, init) => {
    const response = await fetch(url, init);
    expect(response.status).toBe(401);
    expect(await response.text()).not.toContain("fanwire_");
  });

  test("are told to a request that names no host, as HTTP/1.0 allows", async () => {
    const connection = new HttpConnection();
    await connection.connect(scope, { host: "127.0.0.1", port: server.metricsPort });
    const { Authorization } = AUTHORIZED.headers;
    const question = `GET /metrics HTTP/1.0\r\nAuthorization: ${Authorization}\r\n\r\n`;
    const answer = await connection.ask(question);
    expect(answer?.status).toBe(200);
    expect(answer?.body).toContain("fanwire_connected");
  });

  test("are not told on the port for clients", async () => {
    expect((await fetch(httpUrl(server, "/metrics"), AUTHORIZED)).status).toBe(404);
  });
});

test("without a setting there are no metrics", async () => {
  const quiet = await startServer(scope, { config: { metrics: undefined } });
  expect(quiet.program.stdout).not.toContain("Metrics");
});
