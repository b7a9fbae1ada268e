// Which bus a configuration names, seen by what opening it says when nothing listens.

import { expect, test } from "bun:test";
import { busOf } from "../../../src/compose/backends.ts";
import { configOf } from "../config/reading.ts";

const MEMBER = {
  nodeId: "n1",
  message: () => undefined,
  lost: () => undefined,
  regained: () => undefined,
  gone: () => undefined,
};

const NO_SENTINEL = "no sentinel answers, or none accepts the user and password";

/** Nothing listens on port 1 of this machine. */
const CASES: readonly (readonly [file: object, url: string, reason?: string])[] = [
  [{ adapter: { driver: "redis", redis: { host: "127.0.0.1", port: 1 } } }, "redis://127.0.0.1:1"],
  [
    { adapter: { driver: "redis" }, database: { redis: { host: "rediss://127.0.0.1", port: 1 } } },
    "rediss://127.0.0.1:1",
  ],
  [
    {
      adapter: { driver: "redis" },
      database: { redis: { url: "rediss://:hidden@127.0.0.1:1/2" } },
    },
    "rediss://127.0.0.1:1",
  ],
  [
    {
      adapter: { driver: "redis" },
      database: { redis: { sentinels: [{ host: "127.0.0.1", port: 1 }], name: "main" } },
    },
    "redis+sentinel://127.0.0.1:1/main",
    NO_SENTINEL,
  ],
  [
    { adapter: { driver: "redis-cluster", cluster: { nodes: ["127.0.0.1:1", "127.0.0.1:2"] } } },
    "redis://127.0.0.1:1,127.0.0.1:2",
  ],
  [
    {
      adapter: { driver: "redis", redis: { cluster_mode: true } },
      database: { redis: { cluster: { nodes: ["127.0.0.1:1"], useTLS: true } } },
    },
    "rediss://127.0.0.1:1",
  ],
  [{ adapter: { driver: "nats", nats: { servers: "127.0.0.1:1" } } }, "nats://127.0.0.1:1"],
  [
    { adapter: { driver: "nats", nats: { servers: ["tls://u:hidden@127.0.0.1:1"] } } },
    "tls://127.0.0.1:1",
  ],
];

for (const [file, url, reason = "connection refused"] of CASES)
  test(`busOf() makes the bus of ${JSON.stringify(file)}`, async () => {
    const open = busOf(configOf(file));
    if (open === null) throw new Error("There is no bus");
    const said = await open(MEMBER).then(
      () => "",
      (error: unknown) => String(error),
    );
    expect(said).toBe(`Error: Cannot open bus "${url}": ${reason}`);
  });

test("busOf() makes none for a node that runs alone", () => {
  expect(busOf(configOf({}))).toBeNull();
});
