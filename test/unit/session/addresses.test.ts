import { describe, expect, test } from "bun:test";
import { AddressRate, TrustedProxies } from "../../../src/session/addresses.ts";

describe("TrustedProxies", () => {
  const proxies = new TrustedProxies(["10.0.0.0/8", "::1", "2001:db8::/32"]);

  test.each([
    ["192.0.2.1", "1.2.3.4", "192.0.2.1"],
    ["10.0.0.1", null, "10.0.0.1"],
    ["10.0.0.1", "1.2.3.4", "1.2.3.4"],
    ["::ffff:10.0.0.1", "1.2.3.4", "1.2.3.4"],
    ["::1", "6.6.6.6, 1.2.3.4, 10.0.0.2", "1.2.3.4"],
    ["2001:db8::5", "2001:4860::1", "2001:4860::1"],
    ["10.0.0.1", "10.0.0.3, 10.0.0.2", "10.0.0.3"],
    ["10.0.0.1", "1.2.3.4, nonsense", "10.0.0.1"],
    ["10.0.0.1", "", "10.0.0.1"],
    ["10.0.0.1", ",1.2.3.4", "1.2.3.4"],
    ["10.0.0.1", ",10.0.0.2", "10.0.0.1"],
    ["10.0.0.1", `1.2.3.4${", 10.0.0.2".repeat(15)}`, "1.2.3.4"],
    ["10.0.0.1", `nonsense, 10.0.0.3${", 10.0.0.2".repeat(15)}`, "10.0.0.3"],
  ])("peer %s with %j is %s", (peer, forwardedFor, address) => {
    expect(proxies.clientAddress(peer, forwardedFor)).toBe(address);
  });

  test("reports whether there are any", () => {
    expect([proxies.any, new TrustedProxies([]).any]).toEqual([true, false]);
  });
});

test("AddressRate.take() counts each address in its window", () => {
  let nowMs = 0;
  const rate = new AddressRate(2, 1000, () => nowMs);
  expect(["a", "a", "a", "b"].map((address) => rate.take(address))).toEqual([
    true,
    true,
    false,
    true,
  ]);
  nowMs = 1000;
  expect(rate.take("a")).toBe(true);
  expect(rate.fault.message).toBe("Too many requests: the maximum is 2 in 1 s for one address");
});

test("AddressRate.take() never forgets an address that keeps coming, however many others there are", () => {
  const rate = new AddressRate(2, 1000, () => 0);
  const taken: boolean[] = [];
  for (let count = 0; count < 250_000; count++) {
    rate.take(`2001:db8:0:${count.toString(16)}::/64`);
    if (count % 10_000 === 0) taken.push(rate.take("a"));
  }
  expect(taken.filter(Boolean)).toHaveLength(2);
});
