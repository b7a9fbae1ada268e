import { expect, test } from "bun:test";
import { shareOf } from "../../../src/compose/share.ts";
import { readConfig } from "../../../src/config/read.ts";

function configOf(overrides: Record<string, unknown>) {
  const text = JSON.stringify({
    apps: [{ id: "1", key: "app-key", secret: "secret" }],
    ...overrides,
  });
  const reading = readConfig({ file: { path: "c.json", text }, env: {}, overrides: {} });
  if (reading.kind === "errors") throw new Error(JSON.stringify(reading.errors));
  return reading.config;
}

test("totals of connections are divided among the workers, rounded up", () => {
  const config = configOf({
    max_connections: 100,
    max_connections_per_address: 10,
    max_handshakes_per_second: 7,
    rate_limiter: { enabled: true, websocket_rate_limit: { max_requests: 20 } },
  });
  expect(shareOf(config, 3, 6001)).toMatchObject({
    maxConnections: 34,
    maxConnectionsPerAddress: 4,
    maxHandshakesPerSecond: 3,
    handshakesPerWindow: 7,
  });
});

test("what has no limit has none, and what bounds a process stays as it is", () => {
  const config = configOf({});
  const share = shareOf(config, 4, 6002);
  expect(share).toEqual({
    ...config,
    port: 6002,
    reusePort: true,
    metricsEnabled: false,
    handshakesPerWindow: 5,
  });
  expect(share.maxConnections).toBe(Infinity);
});
