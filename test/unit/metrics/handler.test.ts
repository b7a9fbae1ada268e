// Requests to the metrics port.
import { expect, test } from "bun:test";
import { exposition } from "../../../src/metrics/exposition.ts";
import { metricsHandler } from "../../../src/metrics/handler.ts";
import { takeSnapshot } from "../../../src/metrics/metric.ts";
import { nodeMetrics } from "../../../src/metrics/node-metrics.ts";
import { readFamilies, valueOf } from "./families.ts";
import { emptyApp, TEST_METRICS, testNode } from "./node.ts";

const app = emptyApp("3");
app.counters.connections = 2;
const metrics = nodeMetrics({ ...TEST_METRICS, openFileLimit: 1 }, testNode([app]));
const figures = exposition(() => Promise.resolve([takeSnapshot(metrics, () => {})]));
const open = metricsHandler(figures, { token: null });
const guarded = metricsHandler(figures, { token: "s3cret" });

function get(path: string, init: RequestInit = {}): Request {
  return new Request(`http://127.0.0.1:9601${path}`, init);
}

test("/metrics answers in Prometheus' text format", async () => {
  const response = await open(get("/metrics"));
  expect(response.status).toBe(200);
  expect(response.headers.get("content-type")).toBe("text/plain; version=0.0.4; charset=utf-8");
  const families = readFamilies(await response.text());
  expect(valueOf(families, "fanwire_new_connections_total")).toBe(2);
});

test.each(["/metrics?json", "/metrics?json=1"])("%s answers in JSON", async (path) => {
  const response = await open(get(path));
  expect(response.headers.get("content-type")).toBe("application/json");
  expect(await response.json()).toContainEqual({
    name: "fanwire_new_connections_total",
    help: "Connections opened",
    type: "counter",
    aggregator: "sum",
    values: [{ labels: { app_id: "3", port: "6001" }, value: 2 }],
  });
});

test.each([
  ["GET", "/", 200, "OK\n"],
  ["GET", "/metrics/", 404, "Not found\n"],
  ["GET", "/apps/3/channels", 404, "Not found\n"],
  ["POST", "/metrics", 405, "Method not allowed: must be GET\n"],
])("%s %s is answered with %d", async (method, path, status, body) => {
  const response = await open(get(path, { method }));
  expect([response.status, await response.text()]).toEqual([status, body]);
});

test("HEAD is answered like GET", async () => {
  expect((await open(get("/metrics", { method: "HEAD" }))).status).toBe(200);
});

test.each([
  null,
  "",
  "s3cret",
  "Bearer ",
  "Bearer s3cre",
  "Bearer s3cret2",
  "Bearer S3CRET",
  "Basic s3cret",
])("with a token set, %p reads nothing", async (authorization) => {
  const headers: Record<string, string> =
    authorization === null ? {} : { Authorization: authorization };
  const response = await guarded(get("/metrics", { headers }));
  expect(response.status).toBe(401);
  expect(response.headers.get("www-authenticate")).toBe("Bearer");
  expect(await response.text()).not.toContain("fanwire_");
});

test("with a token, metrics require it and the liveness check does not", async () => {
  const headers = { Authorization: "Bearer s3cret" };
  const lowerCase = { authorization: "bearer s3cret" };
  expect((await guarded(get("/metrics", { headers: lowerCase }))).status).toBe(200);
  expect((await guarded(get("/metrics", { headers }))).status).toBe(200);
  expect((await guarded(get("/metrics?json", { headers }))).status).toBe(200);
  expect((await guarded(get("/"))).status).toBe(200);
});

test("figures that cannot be read are an error, not an empty answer", async () => {
  const failing = metricsHandler(
    exposition(() => Promise.reject(new Error("worker 2 does not answer"))),
    { token: null },
  );
  const failure = await Promise.resolve(failing(get("/metrics"))).catch((error: unknown) => error);
  expect(failure).toEqual(new Error("worker 2 does not answer"));
});
