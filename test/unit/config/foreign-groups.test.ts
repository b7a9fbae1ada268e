// Unknown keys in a group of another server are a warning, so that a newer release of it does not prevent a
// start. At the top level of a file and in our own groups they are errors.

import { describe, expect, test } from "bun:test";
import { APP, configOf, errorsOf, nested, tomlOf, warningsOf } from "./reading.ts";

/** The groups in which all keys are those of another server. */
const FOREIGN = [
  "adapter",
  "app_manager",
  "app_manager.array",
  "cache",
  "cache.memory",
  "database",
  "echo_control",
  "event_limits",
  "event_name_filtering",
  "http_api.accept_traffic",
  "instance",
  "logging",
  "metrics.prometheus",
  "presence",
  "queue",
  "rate_limiter",
  "rate_limiter.api_rate_limit",
  "rate_limiter.websocket_rate_limit",
];

/** The groups that have an option of our own, or that decide who may connect. */
const OWN = [
  "channel_limits",
  "cors",
  "delta_compression",
  "http_api",
  "idempotency",
  "log",
  "metrics",
  "server",
  "ssl",
  "tag_filtering",
  "unix_socket",
  "webhooks",
  "webhooks.retry",
  "websocket",
];

describe("an unknown key in a group of another server", () => {
  test.each(FOREIGN)("%s is a warning that names it", (group) => {
    for (const value of [true, null, "x", [1], { a: { b: 1 } }]) {
      const file = nested(`${group}.quantum_mode`, value);
      expect(warningsOf(file)).toEqual([
        `fanwire.json: ${group}.quantum_mode has no effect: this version does not know it`,
      ]);
      expect(configOf(file)).toEqual(configOf({}));
    }
    const toml = `${group}.quantum_mode = ${tomlOf({ a: 1 })}`;
    expect(warningsOf(toml, { path: "config.toml" })).toEqual([
      `config.toml: ${group}.quantum_mode has no effect: this version does not know it`,
    ]);
  });

  test("is named as its author wrote it, and its value is not shown", () => {
    expect(
      warningsOf({ "queue.newThing": "geheim", rateLimiter: { "a\nb": { c: "geheim" } } }),
    ).toEqual([
      "fanwire.json: queue.newThing has no effect: this version does not know it",
      'fanwire.json: rateLimiter["a\\nb"] has no effect: this version does not know it',
    ]);
  });

  test("does not affect the keys beside it", () => {
    const file = { cache: { memory: { ttl: 60, shards: 4 }, driver: "memory", warm_up: true } };
    expect(configOf(file).cacheTtlSeconds).toBe(60);
    expect(warningsOf(file)).toEqual([
      "fanwire.json: cache.memory.shards has no effect: this version does not know it",
      "fanwire.json: cache.warm_up has no effect: this version does not know it",
    ]);
  });

  test("is an error if it is one typing error away from an option of ours", () => {
    for (const [file, key, meant] of [
      [{ adapter: { drivr: "local" } }, "adapter.drivr", "driver"],
      [{ cache: { memory: { tll: 60 } } }, "cache.memory.tll", "ttl"],
      [{ rateLimiter: { enabeld: true } }, "rateLimiter.enabeld", "enabled"],
      [
        { rate_limiter: { api_rate_limit: { max_request: 5 } } },
        "rate_limiter.api_rate_limit.max_request",
        "max_requests",
      ],
      [
        { presence: { maxMemberPerChannel: 5 } },
        "presence.maxMemberPerChannel",
        "maxMembersPerChannel",
      ],
    ] as const)
      expect(errorsOf(file)).toEqual([
        `fanwire.json: Cannot use ${key}: it is not a known key, did you mean ${meant}`,
      ]);
  });

  test("is a warning in the policy of an app, and an error beside it", () => {
    const policy = { limits: { quantum_limit: 1 }, tenants: {}, features: { flying: true } };
    expect(warningsOf({ apps: [{ ...APP, policy }] })).toEqual([
      "fanwire.json: apps[0].policy.limits.quantum_limit has no effect: this version does not know it",
      "fanwire.json: apps[0].policy.tenants has no effect: this version does not know it",
      "fanwire.json: apps[0].policy.features.flying has no effect: this version does not know it",
    ]);
    expect(errorsOf({ apps: [{ ...APP, quantum_limit: 1 }] })).toEqual([
      'fanwire.json: Cannot use apps[0].quantum_limit: it is not a known key, see "fanwire config docs"',
    ]);
  });

  test("does not allow the group to be another type", () => {
    expect(errorsOf({ adapter: 5 })).toEqual([
      "fanwire.json: Cannot use adapter (a number): it must be a group of keys",
    ]);
  });
});

describe("an unknown key of our own", () => {
  test.each(OWN)("is an error in %s", (group) => {
    expect(errorsOf(nested(`${group}.quantum_mode`, true))).toEqual([
      `fanwire.json: Cannot use ${group}.quantum_mode: it is not a known key, see "fanwire config docs"`,
    ]);
  });

  test("is an error at the top level of a file, group or not", () => {
    expect(errorsOf({ quantum: 1, quantum_group: { enabled: true }, adaptor: {} })).toEqual([
      'fanwire.json: Cannot use quantum: it is not a known key, see "fanwire config docs"',
      'fanwire.json: Cannot use quantum_group: it is not a known key, see "fanwire config docs"',
      "fanwire.json: Cannot use adaptor: it is not a known key, did you mean adapter",
    ]);
  });
});
