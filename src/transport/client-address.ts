// Whose request it is, by address.
import { addressKey } from "../session/address-book.ts";
import type { RuntimeServer, ServerParts } from "./entrance.ts";

/** The key under which requests of the client are counted. */
export function clientOf(parts: ServerParts, request: Request, server: RuntimeServer): string {
  return addressKey(addressOf(parts, request, server));
}

/** The client's address; empty for a client without a proxy on a Unix socket. */
export function addressOf(
  { proxies }: ServerParts,
  request: Request,
  server: RuntimeServer,
): string {
  const peer = server.requestIP(request)?.address ?? "";
  return proxies.any ? proxies.clientAddress(peer, request.headers.get("x-forwarded-for")) : peer;
}
