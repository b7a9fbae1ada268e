import { beforeAll, describe, expect, test } from "bun:test";
import { until } from "../harness/deadline.ts";
import { HttpConnection, request } from "../harness/http-connection.ts";
import { isObject, parseObject } from "../harness/json.ts";
import { connectRaw } from "../harness/raw-client.ts";
import { fileScope, testScope } from "../harness/scope.ts";
import { type Server, startServer } from "../harness/server.ts";
import { httpUrl } from "../harness/target.ts";

const scope = testScope();
const forFile = fileScope();
let server: Server;

beforeAll(async () => {
  const apps = [
    { id: "4711", key: "app-key", secret: "app-secret" },
    { id: "off", key: "off-key", secret: "off-secret", enabled: false },
  ];
  server = await startServer(forFile, { config: { apps } });
});

/** What the server says of its health at the path. */
async function ask(to: Server, path: string): Promise<readonly [number, string, string | null]> {
  const response = await fetch(httpUrl(to, path));
  return [response.status, await response.text(), response.headers.get("X-Health-Check")];
}

describe("health", () => {
  test.each(["/", "/live", "/up", "/ready", "/accept-traffic", "/up/4711"])(
    "is OK at %s",
    async (path) => {
      expect(await ask(server, path)).toEqual([200, "OK", "OK"]);
    },
  );

  test("of an app that is not known is 404, of a disabled one 503", async () => {
    expect(await ask(server, "/up/999")).toEqual([404, "NOT_FOUND", "NOT_FOUND"]);
    expect(await ask(server, "/up/off")).toEqual([503, "ERROR", "ERROR"]);
  });

  test("at /accept-traffic is 503 when there is less memory than is asked for", async () => {
    const full = await startServer(scope, {
      config: { http_api: { accept_traffic: { memory_threshold: 0.000001 } } },
    });
    expect(await ask(full, "/accept-traffic")).toEqual([503, "ERROR", "ERROR"]);
    expect(await ask(full, "/ready")).toEqual([200, "OK", "OK"]);
  });
});

describe("pages", () => {
  const origin = "https://page.example";
  const asking = { headers: { Origin: origin } };

  test.each(["/", "/live", "/up", "/ready", "/accept-traffic", "/usage", "/up/4711", "/up/999"])(
    "may read %s, as they may ask the API",
    async (path) => {
      const { headers } = await fetch(httpUrl(server, path), asking);
      expect(headers.get("Access-Control-Allow-Origin")).toBe("*");
      const preflight = await fetch(httpUrl(server, path), { method: "OPTIONS", ...asking });
      expect(preflight.status).toBe(204);
      expect(preflight.headers.get("Access-Control-Allow-Methods")).toBe("GET, POST, OPTIONS");
    },
  );

  test("may not where they are not named", async () => {
    const named = await startServer(scope, { config: { cors: { origin: [origin] } } });
    const { headers } = await fetch(httpUrl(named, "/up"), asking);
    expect(headers.get("Access-Control-Allow-Origin")).toBe(origin);
    expect(headers.get("Vary")).toBe("Origin");
    expect(headers.get("Content-Type")).toStartWith("text/plain");
    const other = await fetch(httpUrl(named, "/up"), { headers: { Origin: "https://other" } });
    expect(other.headers.get("Access-Control-Allow-Origin")).toBeNull();
  });
});

describe("/usage", () => {
  test("tells of the memory in bytes and percent", async () => {
    const response = await fetch(httpUrl(server, "/usage"));
    expect(response.headers.get("Content-Type")).toStartWith("application/json");
    const { memory } = parseObject(await response.text());
    const { free, used, total, percent } = isObject(memory) ? memory : {};
    expect(Number(used)).toBeGreaterThan(1_000_000);
    expect(Number(free) + Number(used)).toBe(Number(total));
    expect(percent).toBeCloseTo((Number(used) / Number(total)) * 100);
  });

  test("is not there when it is turned off", async () => {
    const quiet = await startServer(scope, { config: { http_api: { usage_enabled: false } } });
    expect((await fetch(httpUrl(quiet, "/usage"))).status).toBe(404);
  });
});

test("before it stops to accept, a server says that it is draining", async () => {
  const stopping = await startServer(scope, { config: { shutdown_delay: 2 } });
  stopping.program.terminate();
  await until(async () => (await ask(stopping, "/ready"))[0] === 503, "readiness to turn red");
  expect(await ask(stopping, "/ready")).toEqual([503, "DRAINING", "DRAINING"]);
  expect(await ask(stopping, "/live")).toEqual([200, "OK", "OK"]);
  // As HAProxy asks: by HTTP/1.0, without a host.
  const plain = new HttpConnection();
  await plain.connect(scope, stopping);
  expect(await plain.ask("GET /ready HTTP/1.0\r\n\r\n")).toMatchObject({ status: 503 });
  await connectRaw(scope, stopping);
});

test("while it stops, a server tells nobody that it is ready: a newcomer is refused, and a kept connection is told and ends", async () => {
  const stopping = await startServer(scope, { config: { shutdown_grace_period: 30 } });
  // Enough clients that closing them takes a while.
  const clients = await Promise.all(Array.from({ length: 800 }, () => connectRaw(scope, stopping)));
  const kept = new HttpConnection();
  await kept.connect(scope, stopping);
  const question = request("GET /ready");
  expect(await kept.ask(question)).toMatchObject({ status: 200, body: "OK" });
  stopping.program.terminate();
  await stopping.program.says(/stopping/);
  const isRefused = await fetch(httpUrl(stopping, "/ready")).then(
    () => false,
    () => true,
  );
  expect(isRefused).toBe(true);
  const last = await kept.ask(question);
  expect(last).toMatchObject({ status: 503, body: "DRAINING" });
  expect(last?.head).toMatch(/\r\nConnection: close(\r\n|$)/);
  await kept.tcp.ended();
  expect(clients.some(({ client }) => client.isOpen)).toBe(true);
  expect((await stopping.program.outcome()).code).toBe(0);
});
