// Handles requests to the metrics port, which is separate from the port for clients because metrics are
// for the operator alone.
import { createHash, timingSafeEqual } from "node:crypto";
import type { Exposition } from "./exposition.ts";

/** Who may read the metrics. */
export interface MetricsAccess {
  /** The bearer token that `/metrics` requires; null lets everybody read who can reach the port. */
  readonly token: string | null;
}

const BEARER = /^bearer +(.+)$/i;

/**
 * Makes the handler. `/metrics` answers in Prometheus' text format, or as JSON with `?json`; `/` answers
 * that the process is alive; every other path is 404.
 */
export function metricsHandler(
  figures: Exposition,
  { token }: MetricsAccess,
): (request: Request) => Response | Promise<Response> {
  const expected = token === null ? null : digest(token);
  return (request) => {
    // A request that names no host, as HTTP/1.0 allows, has a relative URL.
    const { pathname, searchParams } = new URL(request.url, "http://localhost");
    if (pathname !== "/" && pathname !== "/metrics") return plain(404, "Not found\n");
    if (request.method !== "GET" && request.method !== "HEAD")
      return plain(405, "Method not allowed: must be GET\n", { Allow: "GET, HEAD" });
    if (pathname === "/") return plain(200, "OK\n");
    if (expected !== null && !isSame(expected, request.headers.get("authorization")))
      return plain(401, "A bearer token is required\n", { "WWW-Authenticate": "Bearer" });
    return searchParams.has("json") ? json(figures) : text(figures);
  };
}

async function text(figures: Exposition): Promise<Response> {
  return new Response(await figures.text(), { headers: { "Content-Type": figures.contentType } });
}

async function json(figures: Exposition): Promise<Response> {
  return new Response(await figures.json(), { headers: { "Content-Type": "application/json" } });
}

function plain(status: number, body: string, headers: Record<string, string> = {}): Response {
  return new Response(body, {
    status,
    headers: { "Content-Type": "text/plain; charset=utf-8", ...headers },
  });
}

/** Compares digests instead of tokens: they have the same length, so that the time taken reveals nothing about the token. */
function isSame(expected: Buffer, authorization: string | null): boolean {
  const [, given] = authorization?.match(BEARER) ?? [];
  return given !== undefined && timingSafeEqual(expected, digest(given));
}

function digest(token: string): Buffer {
  return createHash("sha256").update(token).digest();
}
