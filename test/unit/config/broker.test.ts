// The servers of brokers and Redis URLs: what is accepted, what it means, and that no secret is shown.

import { describe, expect, test } from "bun:test";
import type { BrokerNode } from "../../../src/config/broker-node.ts";
import { printConfig } from "../../../src/config/print.ts";
import type { RedisUrl } from "../../../src/config/redis-url.ts";
import { configOf, errorsOf, nested } from "./reading.ts";

const SERVER = { isSecure: false, port: 6379, username: "", password: "", db: 0 };
const NO_SENTINELS = { sentinels: [], masterName: "", sentinelPassword: "" };
const NODE = { scheme: "", username: "", password: "" };

const URLS: readonly (readonly [url: string, meaning: RedisUrl])[] = [
  ["redis://h", { ...SERVER, ...NO_SENTINELS, host: "h" }],
  ["redis://h/", { ...SERVER, ...NO_SENTINELS, host: "h" }],
  ["rediss://h:7/3", { ...SERVER, ...NO_SENTINELS, isSecure: true, host: "h", port: 7, db: 3 }],
  ["redis://:p%40%2Fw@h", { ...SERVER, ...NO_SENTINELS, host: "h", password: "p@/w" }],
  [
    "redis://u:p@[::1]:7",
    { ...SERVER, ...NO_SENTINELS, host: "::1", port: 7, username: "u", password: "p" },
  ],
  [
    "redis+sentinel://:s@a,b:7/main/2?password=p&username=u",
    {
      ...SERVER,
      host: "a",
      port: 26_379,
      sentinels: [
        { ...NODE, host: "a", port: 26_379 },
        { ...NODE, host: "b", port: 7 },
      ],
      masterName: "main",
      sentinelPassword: "s",
      username: "u",
      password: "p",
      db: 2,
    },
  ],
];

describe("a Redis URL", () => {
  for (const [url, meaning] of URLS)
    test(`may be ${url}`, () => {
      expect(configOf(nested("database.redis.url", url)).redisUrl).toEqual(meaning);
    });

  for (const url of [
    "h",
    "http://h",
    "redis://",
    "redis://h/x",
    "redis://h:0",
    "redis://h/0/1",
    "redis+sentinel://a",
    7,
  ])
    test(`may not be ${url}`, () => {
      const [error = ""] = errorsOf(nested("database.redis.url", url));
      expect(error).toStartWith("fanwire.json: Cannot use database.redis.url (");
      expect(error).toContain('it must be a URL such as "redis://:password@host:6379/0"');
    });

  test("with a password is not shown", () => {
    const config = configOf(nested("database.redis.url", "redis://:hidden@h"));
    expect(printConfig(config)).not.toContain("hidden");
    expect(errorsOf(nested("database.redis.url", "redis://:hidden@h/x")).join()).not.toContain(
      "hidden",
    );
  });
});

describe("servers of a broker", () => {
  const SERVERS: readonly (readonly [value: unknown, nodes: readonly BrokerNode[]])[] = [
    [
      ["a", "nats://b:5"],
      [node("a", 4222), { ...node("b", 5), scheme: "nats" }],
    ],
    ["a, b:5,", [node("a", 4222), node("b", 5)]],
    ['["a:5"]', [node("a", 5)]],
    [
      [{ host: "a", port: 5 }, { host: "b" }],
      [node("a", 5), node("b", 4222)],
    ],
    [
      ["nats://u:p%20w@a"],
      [{ ...node("a", 4222), scheme: "nats", username: "u", password: "p w" }],
    ],
    [
      ["[::1]:5", "::1"],
      [node("::1", 5), node("::1", 4222)],
    ],
    [[], []],
  ];
  for (const [value, nodes] of SERVERS)
    test(`may be ${JSON.stringify(value)}`, () => {
      expect(configOf(nested("adapter.nats.servers", value)).natsServers).toEqual(nodes);
    });

  for (const value of [7, ["http://a"], ["a b"], ["a:99999"], [{ port: "x" }], [7]])
    test(`may not be ${JSON.stringify(value)}`, () => {
      const [error = ""] = errorsOf(nested("adapter.nats.servers", value));
      expect(error).toStartWith("fanwire.json: Cannot use adapter.nats.servers");
    });

  test("are shown without their passwords", () => {
    const shown = printConfig(configOf(nested("adapter.nats.servers", "nats://bob:hidden@a")));
    expect(shown).toContain('"nats://bob:<redacted>@a:4222"');
    const wrong = errorsOf(nested("adapter.nats.servers", "http://bob:hidden@a"));
    expect(wrong.join()).not.toContain("hidden");
  });
});

describe("a driver", () => {
  const CASES: readonly (readonly [file: object, error: string])[] = [
    [
      { adapter: { driver: "redis-cluster" } },
      "adapter.driver: a Redis Cluster needs adapter.cluster.nodes too, with some of its servers",
    ],
    [
      { adapter: { driver: "redis", redis: { cluster_mode: true } } },
      "adapter.driver: a Redis Cluster needs adapter.cluster.nodes too, with some of its servers",
    ],
    [
      { adapter: { driver: "nats", nats: { servers: [] } } },
      "adapter.nats.servers: NATS needs at least one server",
    ],
  ];
  for (const [file, error] of CASES)
    test(`needs its servers: ${JSON.stringify(file)}`, () => {
      expect(errorsOf(file)).toEqual([`fanwire.json: Cannot use ${error}`]);
    });

  test("finds the nodes of a Redis Cluster in either place", () => {
    const database = { redis: { cluster: { nodes: ["a"] } } };
    const driver = "redis-cluster";
    expect(configOf({ adapter: { driver }, database }).adapterDriver).toBe(driver);
    const cluster = { nodes: ["a"] };
    expect(configOf({ adapter: { driver, cluster } }).adapterDriver).toBe(driver);
  });
});

function node(host: string, port: number): BrokerNode {
  return { ...NODE, host, port };
}
