import { describe, expect, test } from "bun:test";
import {
  allowance,
  type Destination,
  findDestination,
  PUBLIC_ONLY,
  systemResolve,
} from "../../../src/webhook/destination.ts";

async function never(): Promise<readonly string[]> {
  throw new Error("an address needs no resolver");
}

async function notFound(): Promise<never> {
  throw Object.assign(new Error("getaddrinfo"), { code: "ENOTFOUND" });
}

function find(url: string, resolved: readonly string[] | null = null): Promise<Destination> {
  const resolve = resolved === null ? never : async () => resolved;
  return findDestination(new URL(url), PUBLIC_ONLY, resolve);
}

/** Addresses as a resolver returns them, with the word in the refusal. */
const RESERVED: readonly (readonly [address: string, what: string])[] = [
  ["0.0.0.0", "unspecified"],
  ["0.1.2.3", "unspecified"],
  ["10.0.0.0", "private"],
  ["10.255.255.255", "private"],
  ["100.64.0.1", "carrier"],
  ["100.100.100.200", "carrier"],
  ["100.127.255.255", "carrier"],
  ["127.0.0.1", "loopback"],
  ["127.255.255.254", "loopback"],
  ["168.63.129.16", "metadata"],
  ["169.254.0.1", "link-local"],
  ["169.254.169.254", "link-local"],
  ["172.16.0.1", "private"],
  ["172.31.255.255", "private"],
  ["192.0.0.192", "reserved"],
  ["192.0.2.1", "documentation"],
  ["192.88.99.1", "reserved"],
  ["192.168.1.1", "private"],
  ["198.18.0.1", "benchmark"],
  ["198.19.255.255", "benchmark"],
  ["198.51.100.1", "documentation"],
  ["203.0.113.1", "documentation"],
  ["224.0.0.1", "multicast"],
  ["239.255.255.255", "multicast"],
  ["240.0.0.1", "reserved"],
  ["255.255.255.255", "reserved"],
  ["::", "unspecified"],
  ["::1", "loopback"],
  ["0:0:0:0:0:0:0:1", "loopback"],
  ["::2", "reserved"],
  ["::127.0.0.1", "reserved"],
  ["::ffff:127.0.0.1", "loopback"],
  ["::ffff:7f00:1", "loopback"],
  ["::FFFF:10.1.2.3", "private"],
  ["0:0:0:0:0:ffff:192.168.0.1", "private"],
  ["::ffff:0:127.0.0.1", "reserved"],
  ["64:ff9b::10.0.0.1", "private"],
  ["64:ff9b::a9fe:a9fe", "link-local"],
  ["64:ff9b:1::8.8.8.8", "reserved"],
  ["100::1", "reserved"],
  ["2001::1", "reserved"],
  ["2001:2::1", "reserved"],
  ["2001:1ff:ffff::1", "reserved"],
  ["2001:db8::1", "documentation"],
  ["2002:7f00:1::", "reserved"],
  ["3fff::1", "documentation"],
  ["4000::1", "reserved"],
  ["5f00::1", "reserved"],
  ["fc00::1", "private"],
  ["fd00:ec2::254", "private"],
  ["fe80::1", "link-local"],
  ["fe80::1%eth0", "link-local"],
  ["febf::1", "link-local"],
  ["fec0::1", "reserved"],
  ["ff02::1", "multicast"],
  ["not an address", "not an IP address"],
];

const PUBLIC: readonly string[] = [
  "1.1.1.1",
  "9.255.255.255",
  "11.0.0.0",
  "100.63.255.255",
  "100.128.0.0",
  "126.255.255.255",
  "128.0.0.0",
  "168.63.129.17",
  "169.253.255.255",
  "172.15.255.255",
  "172.32.0.0",
  "192.0.1.0",
  "192.167.255.255",
  "192.169.0.0",
  "198.17.255.255",
  "198.20.0.0",
  "223.255.255.255",
  "2001:200::1",
  "2001:4860:4860::8888",
  "2003::1",
  "2606:4700::1111",
  "::ffff:1.1.1.1",
  "64:ff9b::1.1.1.1",
];

describe("findDestination()", () => {
  test.each(RESERVED)("refuses a name that resolves to %s", async (address, what) => {
    const found = await find("https://hooks.example.com/a?b", [address]);
    expect(found).toEqual({
      kind: "refused",
      reason: expect.stringMatching(
        new RegExp(`^Cannot deliver to "hooks.example.com": .* (is|of) .*${what}`),
      ),
    });
  });

  test.each(PUBLIC)("accepts a name that resolves to %s", async (address) => {
    expect(await find("https://hooks.example.com/", [address])).toEqual({
      kind: "found",
      addresses: [address],
    });
  });

  test.each([
    "http://127.0.0.1/",
    "http://127.1/",
    "http://2130706433/",
    "http://0x7f000001/",
    "http://0x7f.1/",
    "http://0177.0.0.1/",
    "http://%31%32%37.0.0.1/",
    "http://１２７.0.0.1/",
    "http://127.0.0.1./",
    "http://0/",
    "http://[::1]/",
    "http://[::ffff:127.0.0.1]/",
    "http://[0:0:0:0:0:ffff:a9fe:a9fe]:8080/",
    "http://[64:ff9b::7f00:1]/",
    "https://user:secret@10.0.0.1/",
  ])("refuses %s without a name look-up", async (url) => {
    const found = await find(url);
    expect(found.kind).toBe("refused");
    expect(JSON.stringify(found)).not.toContain("secret");
  });

  test.each(["ftp://1.1.1.1/", "file:///etc/passwd", "data:text/plain,x", "ws://1.1.1.1/"])(
    "refuses the scheme of %s",
    async (url) => {
      expect((await find(url)).kind).toBe("refused");
    },
  );

  test("refuses a name if any of its addresses is reserved", async () => {
    const found = await find("http://hooks.example.com/", ["1.1.1.1", "2606:4700::1", "10.0.0.7"]);
    expect(found).toEqual({
      kind: "refused",
      reason:
        'Cannot deliver to "hooks.example.com": 10.0.0.7 is a private address, it must be public unless webhooks.allow_private_addresses is true',
    });
  });

  test("reports that a name has no address", async () => {
    expect(await find("http://hooks.example.com/", [])).toEqual({
      kind: "unresolved",
      reason: "no address of hooks.example.com",
    });
    const url = new URL("http://hooks.example.com/");
    expect(await findDestination(url, PUBLIC_ONLY, notFound)).toEqual({
      kind: "unresolved",
      reason: "no address of hooks.example.com: ENOTFOUND",
    });
  });

  test("refuses localhost with the system's resolver", async () => {
    const found = await findDestination(new URL("http://localhost/"), PUBLIC_ONLY, systemResolve);
    expect(found.kind).toBe("refused");
  });
});

describe("allowance()", () => {
  const allowed = allowance(
    ["10.1.0.0/16", "192.168.7.7", "fd00:1::/32", "Hooks.Internal", "localhost."],
    false,
  );

  test.each([
    ["http://10.1.2.3/", true],
    ["http://10.2.0.0/", false],
    ["http://192.168.7.7/", true],
    ["http://192.168.7.8/", false],
    ["http://[fd00:1::5]/", true],
    ["http://[fd00:2::5]/", false],
    ["http://[::ffff:10.1.2.3]/", true],
    ["http://1.1.1.1/", true],
  ])("%s: %p", async (url, found) => {
    const { kind } = await findDestination(new URL(url), allowed, never);
    expect(kind).toBe(found ? "found" : "refused");
  });

  test.each([
    ["http://hooks.internal/", true],
    ["http://HOOKS.internal./", true],
    ["http://localhost:3000/", true],
    ["http://other.internal/", false],
    ["http://hooks.internal.example.com/", false],
  ])("the name of %s, whatever it resolves to: %p", async (url, found) => {
    const { kind } = await findDestination(new URL(url), allowed, async () => ["127.0.0.1"]);
    expect(kind).toBe(found ? "found" : "refused");
  });

  test("can allow all addresses, but no other scheme", async () => {
    const all = allowance([], true);
    expect((await findDestination(new URL("http://[::1]/"), all, never)).kind).toBe("found");
    expect((await findDestination(new URL("ftp://[::1]/"), all, never)).kind).toBe("refused");
  });

  test.each(["10.0.0.0/33", "10.0.0/8", "fd00::/129", "http://x", "", "a b", "::ffff:0:0/96", "1"])(
    "refuses the entry %j",
    (entry) => {
      expect(() => allowance([entry], false)).toThrow(
        `Cannot allow destination "${entry}": it must`,
      );
    },
  );
});
