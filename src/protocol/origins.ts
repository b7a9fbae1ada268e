// Which pages may connect: an app's list of origins.

/**
 * Whether the list lets the origin in. An empty list lets in all. Entries: `*` or `any`; an origin
 * with scheme; a host, with or without port, for any scheme; `*.example.com` for a domain and all
 * below it. Case does not matter.
 */
export function isAllowedOrigin(origin: string, allowed: readonly string[]): boolean {
  return (
    allowed.length === 0 ||
    allowed.some((entry) => matches(origin.toLowerCase(), entry.toLowerCase()))
  );
}

function matches(origin: string, entry: string): boolean {
  if (entry === "*" || entry === "any") return true;
  const [entryScheme, entryHost] = split(entry);
  const [scheme, host] = split(origin);
  if (entryScheme !== null && entryScheme !== scheme) return false;
  if (!entryHost.startsWith("*.")) return host === entryHost;
  return host === entryHost.slice(2) || host.endsWith(entryHost.slice(1));
}

function split(origin: string): readonly [scheme: string | null, host: string] {
  const colon = origin.indexOf("://");
  return colon < 0 ? [null, origin] : [origin.slice(0, colon), origin.slice(colon + 3)];
}
