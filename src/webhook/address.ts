// IP addresses as numbers, ranges of addresses, and the ranges that do not belong to the public internet.
// Sources: the IANA special-purpose address registries for IPv4 and IPv6.
import { isIP } from "node:net";

/** An address. An IPv4 address that is written as IPv6 (mapped, or NAT64) counts as the IPv4 address. */
export interface Address {
  readonly bits: 32 | 128;
  readonly value: bigint;
}

/** All addresses whose first `prefixBits` bits are those of `address`. */
export interface Range {
  readonly address: Address;
  readonly prefixBits: number;
}

/** Reads an address as resolvers and URLs write it, with or without a zone. Null when it is none. */
export function parseAddress(text: string): Address | null {
  const [plain = ""] = text.split("%");
  const version = isIP(plain);
  if (version === 4) return { bits: 32, value: parseV4(plain) };
  if (version === 6) return unwrap(parseV6(plain));
  return null;
}

/** Reads `10.0.0.0/8`, `fd00::/8` or a single address. Null when it is neither; IPv4 inside IPv6 must be written as IPv4. */
export function parseRange(text: string): Range | null {
  const [, address = "", length] = /^([^/]*)(?:\/(\d{1,3}))?$/.exec(text) ?? [];
  const parsed = parseAddress(address);
  if (parsed === null) return null;
  if (isIP(address) === 6 && parsed.bits === 32) return null;
  const prefixBits = length === undefined ? parsed.bits : Number(length);
  return prefixBits > parsed.bits ? null : { address: parsed, prefixBits };
}

/** Whether the address lies in the range. */
export function inRange(address: Address, range: Range): boolean {
  if (address.bits !== range.address.bits) return false;
  const rest = BigInt(address.bits - range.prefixBits);
  return address.value >> rest === range.address.value >> rest;
}

/** Why the address is not a public one, for example `a loopback address`; null when it is. */
export function reservedFor(address: Address): string | null {
  for (const { range, what } of RESERVED) if (inRange(address, range)) return what;
  return null;
}

const V4_MAPPED = 0xffffn << 32n;
const NAT64 = 0x64ff9bn << 96n;

function unwrap(value: bigint): Address {
  const high = value >> 32n;
  const wrapsV4 = high === V4_MAPPED >> 32n || high === NAT64 >> 32n;
  return wrapsV4 ? { bits: 32, value: value & 0xffffffffn } : { bits: 128, value };
}

function parseV4(text: string): bigint {
  return text.split(".").reduce((value, part) => (value << 8n) | BigInt(part), 0n);
}

/** Parses text that `isIP` has accepted: `::` occurs at most once and stands for the missing zero groups. */
function parseV6(text: string): bigint {
  const [head = "", tail] = text.split("::");
  const left = groups(head);
  const right = tail === undefined ? [] : groups(tail);
  const zeros = Array.from({ length: 8 - left.length - right.length }, () => 0n);
  return [...left, ...zeros, ...right].reduce((value, group) => (value << 16n) | group, 0n);
}

function groups(text: string): readonly bigint[] {
  if (text === "") return [];
  return text.split(":").flatMap((group) => {
    if (!group.includes(".")) return [BigInt(`0x${group}`)];
    const v4 = parseV4(group);
    return [v4 >> 16n, v4 & 0xffffn];
  });
}

const RESERVED: readonly { readonly range: Range; readonly what: string }[] = [
  ["0.0.0.0/8", "an unspecified address"],
  ["10.0.0.0/8", "a private address"],
  ["100.64.0.0/10", "a carrier's private address"],
  ["127.0.0.0/8", "a loopback address"],
  ["168.63.129.16/32", "a cloud's metadata address"],
  ["169.254.0.0/16", "a link-local address"],
  ["172.16.0.0/12", "a private address"],
  ["192.0.0.0/24", "a reserved address"],
  ["192.0.2.0/24", "a documentation address"],
  ["192.88.99.0/24", "a reserved address"],
  ["192.168.0.0/16", "a private address"],
  ["198.18.0.0/15", "a benchmark address"],
  ["198.51.100.0/24", "a documentation address"],
  ["203.0.113.0/24", "a documentation address"],
  ["224.0.0.0/4", "a multicast address"],
  ["240.0.0.0/4", "a reserved address"],
  ["::/128", "an unspecified address"],
  ["::1/128", "a loopback address"],
  ["2001:db8::/32", "a documentation address"],
  // Teredo, benchmarking and ORCHID: reserved for protocols, never the address of a host.
  ["2001::/23", "a reserved address"],
  // 6to4 wraps an IPv4 address that may be private.
  ["2002::/16", "a reserved address"],
  ["3fff::/20", "a documentation address"],
  ["fc00::/7", "a private address"],
  ["fe80::/10", "a link-local address"],
  ["ff00::/8", "a multicast address"],
  // Global unicast is 2000::/3. No address outside it belongs to a public host, and neither does the local NAT64 range.
  ["::/3", "a reserved address"],
  ["4000::/2", "a reserved address"],
  ["8000::/1", "a reserved address"],
].map(([range = "", what = ""]) => ({ range: knownRange(range), what }));

function knownRange(text: string): Range {
  const range = parseRange(text);
  if (range === null) throw new Error(`Cannot read range "${text}": it must be an address range`);
  return range;
}
