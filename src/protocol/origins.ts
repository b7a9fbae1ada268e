// An app's list of allowed origins, which decides which web pages may connect.

/**
 * Whether the list allows the origin. An empty list allows all. Entries: `*` or `any`; an origin with a scheme; a
 * host, with or without a port, for any scheme; `*.example.com` for a domain and all of its subdomains. Case is
 * ignored.
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
