import { describe, expect, test } from "bun:test";
import { call } from "../harness/api.ts";
import type { Closing } from "../harness/frames.ts";
import { RawClient } from "../harness/raw-client.ts";
import { testScope } from "../harness/scope.ts";
import { type Server, startServer } from "../harness/server.ts";
import { resource } from "../harness/target.ts";

const scope = testScope();
const FULL: Closing = { code: 4100, reason: "Over capacity: too many connections of one address" };

/** A client behind a proxy. */
function from(server: Server, forwardedFor: string): RawClient {
  return new RawClient(scope, server, { headers: { "X-Forwarded-For": forwardedFor } });
}

describe("behind a proxy that is trusted", () => {
  test("connections are counted by the address that it names", async () => {
    const server = await startServer(scope, {
      config: { trusted_proxies: ["127.0.0.1", "10.0.0.0/8"], max_connections_per_address: 2 },
    });
    const first = from(server, "203.0.113.7");
    await first.established();
    // The last hop that is not a trusted proxy counts; the entries before it may be forged by the client.
    await from(server, "198.51.100.1, 203.0.113.7, 10.1.2.3").established();
    expect(await from(server, "203.0.113.7").closed()).toEqual(FULL);
    await from(server, "203.0.113.8").established();
    await from(server, "2001:db8::1").established();
    await first.leave();
    await from(server, "203.0.113.7").established();
    expect(await from(server, "203.0.113.7").closed()).toEqual(FULL);
  });

  test("an IPv6 client counts by its network of 64 bits, an IPv4 client however its address is written", async () => {
    const server = await startServer(scope, {
      config: { trusted_proxies: ["127.0.0.1"], max_connections_per_address: 1 },
    });
    for (const [first, second] of [
      ["2001:db8:0:1::1", "2001:0DB8:0:1:ffff:ffff:ffff:ffff"],
      ["2001:db8:0:2::1", "2001:db8:0:2::2"],
      ["203.0.113.7", "::ffff:203.0.113.7"],
    ] as const) {
      await from(server, first).established();
      expect(await from(server, second).closed()).toEqual(FULL);
    }
  });

  test("a refused client counts no longer than it is there", async () => {
    const server = await startServer(scope, {
      config: { trusted_proxies: ["127.0.0.1"], max_connections_per_address: 1 },
    });
    const first = from(server, "203.0.113.7");
    await first.established();
    for (let tries = 0; tries < 3; tries++)
      expect((await from(server, "203.0.113.7").closed()).code).toBe(4100);
    await first.leave();
    await from(server, "203.0.113.7").established();
  });
});

test("where no proxy is trusted, what a client says of its address does not count", async () => {
  const server = await startServer(scope, { config: { max_connections_per_address: 1 } });
  await from(server, "203.0.113.7").established();
  expect(await from(server, "203.0.113.8").closed()).toEqual(FULL);
});

test("IPv4 and IPv6 clients of one listener are counted apart", async () => {
  const server = await startServer(scope, {
    config: { host: "::", max_connections_per_address: 1 },
  });
  for (const host of ["127.0.0.1", "[::1]"]) {
    await new RawClient(scope, { ...server, host }).established();
    expect(await new RawClient(scope, { ...server, host }).closed()).toEqual(FULL);
  }
});

describe("with limits for each address", () => {
  const PROXY = { trusted_proxies: ["127.0.0.1"] };

  test("new connections of one address are refused with 4100, and others are not", async () => {
    const limits = { enabled: true, websocket_rate_limit: { max_requests: 2 } };
    const server = await startServer(scope, { config: { ...PROXY, rate_limiter: limits } });
    for (let times = 0; times < 2; times++) {
      const guest = from(server, "203.0.113.7");
      await guest.established();
      await guest.leave();
    }
    expect((await from(server, "203.0.113.7").closed()).code).toBe(4100);
    await from(server, "203.0.113.8").established();
  });

  test("requests of one address are refused with 429, and others are not", async () => {
    const limits = { enabled: true, api_rate_limit: { max_requests: 2 } };
    const server = await startServer(scope, { config: { ...PROXY, rate_limiter: limits } });
    const ask = (address: string): Promise<Response> =>
      call(server, "GET", resource("/channels"), { headers: { "X-Forwarded-For": address } });
    expect((await ask("203.0.113.7")).status).toBe(200);
    expect((await ask("203.0.113.7")).status).toBe(200);
    const refused = await ask("203.0.113.7");
    expect(refused.status).toBe(429);
    expect(refused.headers.get("Retry-After")).not.toBeNull();
    expect((await ask("203.0.113.8")).status).toBe(200);
  });
});

test("a node that is full closes with 4100, and takes one when another has gone", async () => {
  const server = await startServer(scope, { config: { max_connections: 1 } });
  const first = new RawClient(scope, server);
  await first.established();
  const second = new RawClient(scope, server);
  expect(await second.closed()).toEqual({ code: 4100, reason: "Over capacity" });
  await first.leave();
  await new RawClient(scope, server).established();
});
