// Where a webhook may go. The address in a configuration names a host, and whoever owns the name
// decides what it points to, which may be inside our own network. So the name is resolved here,
// every address is judged, and the connection is made to a judged address and to no other: a name
// that is resolved again when connecting could point elsewhere by then.
import { lookup } from "node:dns/promises";
import { isIP } from "node:net";
import {
  type Address,
  inRange,
  parseAddress,
  parseRange,
  type Range,
  reservedFor,
} from "./address.ts";

/** All addresses of a host name. Rejects when there are none. */
export type Resolve = (host: string) => Promise<readonly string[]>;

/** What may be reached besides the public internet. */
export interface Allowance {
  /** Everything may. */
  readonly private: boolean;
  readonly hosts: ReadonlySet<string>;
  readonly ranges: readonly Range[];
}

/** What an endpoint's URL leads to. */
export type Destination =
  /** The host has these addresses and all may be reached. */
  | { readonly kind: "found"; readonly addresses: readonly string[] }
  /** It must not be reached, now or later. */
  | { readonly kind: "refused"; readonly reason: string }
  /** Its name has no address now. */
  | { readonly kind: "unresolved"; readonly reason: string };

/** Only the public internet. */
export const PUBLIC_ONLY: Allowance = { private: false, hosts: new Set(), ranges: [] };

/**
 * Reads a list of host names, addresses and ranges (`10.0.0.0/8`). A host name allows exactly that
 * name, wherever it points.
 * @throws Error when an entry is none of these
 */
export function allowance(entries: readonly string[], allowPrivate: boolean): Allowance {
  const hosts = new Set<string>();
  const ranges: Range[] = [];
  for (const entry of entries) {
    const range = parseRange(entry);
    if (range !== null) ranges.push(range);
    else if (HOST_NAME.test(entry)) hosts.add(plainName(entry));
    else
      throw new Error(
        `Cannot allow destination "${entry}": it must be a host name, an IP address or a range as "10.0.0.0/8"`,
      );
  }
  return { private: allowPrivate, hosts, ranges };
}

/** Judges where a URL leads. Never rejects. */
export async function findDestination(
  url: URL,
  allowed: Allowance,
  resolve: Resolve,
): Promise<Destination> {
  if (url.protocol !== "http:" && url.protocol !== "https:")
    return refused(url, `its scheme is ${url.protocol.slice(0, -1)}, it must be http or https`);
  const host = hostOf(url);
  if (isIP(host) !== 0) return judge(url, [host], allowed);
  try {
    const addresses = await resolve(host);
    if (addresses.length === 0) return { kind: "unresolved", reason: `no address of ${host}` };
    return judge(url, addresses, allowed);
  } catch (error) {
    return { kind: "unresolved", reason: `no address of ${host}: ${errorCode(error)}` };
  }
}

/** The URL's host without the brackets of an IPv6 address. */
export function hostOf(url: URL): string {
  return url.hostname.replace(/^\[|\]$/g, "");
}

/** Asks the system, in the order that it prefers. */
export const systemResolve: Resolve = async (host) => {
  const entries = await lookup(host, { all: true });
  return entries.map(({ address }) => address);
};

/** An error's code, or what else names it without telling details. */
export function errorCode(error: unknown): string {
  if (!(error instanceof Error)) return "unknown error";
  return "code" in error && typeof error.code === "string" ? error.code : error.name;
}

const HOST_NAME = /^(?=.*[a-z])[a-z0-9_]([a-z0-9_.-]*[a-z0-9_])?\.?$/i;

/** One that must not be reached refuses all: which one is used must not matter. */
function judge(url: URL, addresses: readonly string[], allowed: Allowance): Destination {
  if (allowed.private || allowed.hosts.has(plainName(hostOf(url))))
    return { kind: "found", addresses };
  for (const text of addresses) {
    const address = parseAddress(text);
    if (address === null) return refused(url, `${text} is not an IP address`);
    const what = isAllowed(address, allowed) ? null : reservedFor(address);
    if (what !== null)
      return refused(
        url,
        `${text} is ${what}, it must be public unless webhooks.allow_private_addresses is true`,
      );
  }
  return { kind: "found", addresses };
}

function isAllowed(address: Address, { ranges }: Allowance): boolean {
  return ranges.some((range) => inRange(address, range));
}

function refused(url: URL, reason: string): Destination {
  return { kind: "refused", reason: `Cannot deliver to "${url.host}": ${reason}` };
}

/** A host name as it is compared and certified: lower case, without the dot of the root. */
export function plainName(host: string): string {
  return host.toLowerCase().replace(/\.$/, "");
}
