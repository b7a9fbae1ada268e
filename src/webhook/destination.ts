// Decides where a webhook may be sent, against server-side request forgery. The owner of a host name
// decides which addresses it resolves to, and these may lie inside our own network. So the name is
// resolved here, every address is checked, and the connection is made to a checked address: a second
// resolution while connecting could give another one (DNS rebinding).
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
  /** Whether every address may be reached. */
  readonly private: boolean;
  readonly hosts: ReadonlySet<string>;
  readonly ranges: readonly Range[];
}

/** Where an endpoint's URL leads. */
export type Destination =
  /** The host has these addresses, and all of them may be reached. */
  | { readonly kind: "found"; readonly addresses: readonly string[] }
  /** It must not be reached; trying again is useless. */
  | { readonly kind: "refused"; readonly reason: string }
  /** The host name has no address at the moment. */
  | { readonly kind: "unresolved"; readonly reason: string };

/** Allows the public internet alone. */
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

/** Resolves a URL's host and checks its addresses. Never rejects. */
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

/** Resolves by the system's resolver, in the system's order of preference. */
export const systemResolve: Resolve = async (host) => {
  const entries = await lookup(host, { all: true });
  return entries.map(({ address }) => address);
};

/** An error's code, or its class name: short, and without details that may be secret. */
export function errorCode(error: unknown): string {
  if (!(error instanceof Error)) return "unknown error";
  return "code" in error && typeof error.code === "string" ? error.code : error.name;
}

const HOST_NAME = /^(?=.*[a-z])[a-z0-9_]([a-z0-9_.-]*[a-z0-9_])?\.?$/i;

/** Refuses the host if any of its addresses must not be reached, because any of them may be used. */
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

/** A host name in the form in which it is compared and stands in certificates: lower case, without the trailing dot. */
export function plainName(host: string): string {
  return host.toLowerCase().replace(/\.$/, "");
}
