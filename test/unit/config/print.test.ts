// The printed configuration contains no secrets and loads as the same configuration.

import { describe, expect, test } from "bun:test";
import { printConfig } from "../../../src/config/print.ts";
import { configOf } from "./reading.ts";

const FILE = {
  port: 7000,
  workers: "auto",
  shutdownGracePeriod: 2000,
  websocketMaxPayloadKb: 32,
  max_connections: 9,
  trusted_proxies: ["10.0.0.0/8"],
  unix_socket: { permission_mode: "600" },
  ssl: { cert_path: "/c.pem", key_path: "/k.pem", passphrase: "s3cret" },
  metrics: { enabled: true, token: "s3cret" },
  http_api: { accept_traffic: { memory_threshold: 0.5 } },
  event_limits: { max_payload_in_kb: 64 },
  apps: [
    {
      id: "1",
      key: "key-1",
      secret: "s3cret",
      maxConnections: -1,
      maxEventPayloadInKb: -1,
      channelDeltaCompression: {
        "*": "disabled",
        "ticker:*": { algorithm: "Xdelta3", conflationKey: "a.b", enableTags: true },
        "7": "inherit",
      },
    },
    {
      id: "2",
      credentials: [
        { key: "key-2", secret: "s3cret" },
        { key: "key-3", secret: "s3cret" },
      ],
    },
  ],
};

describe("printConfig()", () => {
  test("never prints a secret", () => {
    const printed = printConfig(configOf(FILE));
    expect(printed).not.toContain("s3cret");
    expect(printed.match(/"<redacted>"/g)).toHaveLength(5);
  });

  test("prints a configuration that can be loaded", () => {
    const config = configOf(FILE);
    const again = configOf(printConfig(config).replaceAll("<redacted>", "s3cret"));
    expect(again).toEqual(config);
  });

  test("prints our own keys and units", () => {
    const printed = JSON.parse(printConfig(configOf(FILE)));
    expect(printed).toMatchObject({
      port: 7000,
      workers: "auto",
      shutdown_grace_period: 2,
      websocket_max_payload_kb: 32,
      websocket: { max_backpressure: 1_048_576 },
      delta_compression: { max_sync_kb: 256, conflation_key_path: "" },
      http_api: { request_limit_in_mb: 10, accept_traffic: { memory_threshold: 50 } },
      max_connections: 9,
      max_connections_per_address: 0,
      unix_socket: { permission_mode: "600" },
      ssl: { enabled: true, passphrase: "<redacted>" },
    });
    expect(printed.apps[0]).toMatchObject({ max_connections: -1, max_event_payload_in_kb: -1 });
    expect(printed.apps[0].channel_delta_compression["ticker:*"]).toEqual({
      enabled: true,
      algorithm: "xdelta3",
      conflation_key: "a.b",
      max_conflation_keys: null,
      enable_tags: true,
    });
    expect(Object.keys(printed.apps[1]).slice(0, 2)).toEqual(["id", "credentials"]);
  });
});
