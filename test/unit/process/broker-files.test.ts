import { describe, expect, test } from "bun:test";
import { brokerFileProblems } from "../../../src/process/broker-files.ts";
import { configOf } from "../config/reading.ts";

const tls = { ca_path: "/none.pem", client_cert_path: import.meta.path };

describe("brokerFileProblems()", () => {
  const CASES: readonly (readonly [file: object, option: string])[] = [
    [
      { adapter: { driver: "redis" }, database: { redis: { master_tls: tls } } },
      "database.redis.master_tls.ca_path",
    ],
    [
      { adapter: { driver: "redis" }, database: { redis: { sentinel_tls: tls } } },
      "database.redis.sentinel_tls.ca_path",
    ],
    [
      { adapter: { driver: "redis-cluster", cluster: { nodes: ["a"], tls } } },
      "adapter.cluster.tls.ca_path",
    ],
    [
      {
        adapter: { driver: "redis", redis: { cluster_mode: true }, cluster: { nodes: ["a"], tls } },
      },
      "adapter.cluster.tls.ca_path",
    ],
    [{ adapter: { driver: "nats", nats: { tls } } }, "adapter.nats.tls.ca_path"],
    [
      { adapter: { driver: "nats", nats: { credentials_path: "/none.pem" } } },
      "adapter.nats.credentials_path",
    ],
  ];
  for (const [file, option] of CASES)
    test(`names ${option}`, () => {
      expect(brokerFileProblems(configOf(file))).toEqual([
        `Cannot read ${option} "/none.pem": there is no such file`,
      ]);
    });

  test("does not look at files of other drivers", () => {
    expect(brokerFileProblems(configOf({ adapter: { nats: { tls } } }))).toEqual([]);
    expect(brokerFileProblems(configOf({ adapter: { driver: "redis", nats: { tls } } }))).toEqual(
      [],
    );
  });
});
