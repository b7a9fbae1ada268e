// One attempt to post a delivery. It follows no redirect, ignores proxies that the environment
// configures, reads only the status of the response, and ends within the timeout whatever the other
// side does.
//
// The connection is made to an address that was checked before: the URL given to Bun's fetch holds the
// address, the `Host` header the host name, and `serverName` the name that TLS sends and verifies.
import { isIP } from "node:net";
import type { Clock } from "../queue/clock.ts";
import type { Job } from "../queue/queue.ts";
import type { Delivery } from "./delivery.ts";
import {
  type Allowance,
  errorCode,
  findDestination,
  hostOf,
  plainName,
  type Resolve,
} from "./destination.ts";
import { type DeliveryRequest, deliveryRequest } from "./request.ts";

/** A request, with Bun's own options for TLS and proxies. */
export interface PostInit extends BunFetchRequestInit {
  readonly headers: Headers;
  readonly body: string;
}

/** Makes HTTP requests: Bun's `fetch`. */
export type Fetch = (url: string, init: PostInit) => Promise<Response>;

/** The effects and settings that posting needs. */
export interface Network {
  readonly fetch: Fetch;
  readonly resolve: Resolve;
  readonly clock: Clock;
  readonly allowed: Allowance;
  /** For resolving, connecting and waiting for the response's head together. */
  readonly requestTimeoutMs: number;
  readonly userAgent: string;
}

/** How an attempt ended. */
export type Outcome =
  | { readonly kind: "answered"; readonly status: number }
  | { readonly kind: "failed"; readonly cause: FailureCause; readonly reason: string }
  /** Nothing was sent, and trying again is useless. */
  | { readonly kind: "refused"; readonly reason: string };

/** Why there was no response. */
export type FailureCause = "timeout" | "network" | "dns";

/** Codes of errors that occur before any byte is sent, so that another address can be tried. */
const NOT_CONNECTED: ReadonlySet<string> = new Set([
  "ECONNREFUSED",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "EADDRNOTAVAIL",
  "EAFNOSUPPORT",
]);

/** Posts the job's delivery. Never rejects. `number` counts the attempts from 1; each attempt begins with another of the host's addresses. */
export async function post(
  network: Network,
  job: Job<Delivery>,
  number: number,
  stopped: AbortSignal,
): Promise<Outcome> {
  const { clock, requestTimeoutMs } = network;
  const abort = new AbortController();
  const timeout = Promise.withResolvers<Outcome>();
  const cancel = clock.after(requestTimeoutMs, () => {
    timeout.resolve(failed("timeout", `timeout after ${requestTimeoutMs} ms`));
    abort.abort();
  });
  stopped.addEventListener("abort", () => abort.abort(), { once: true });
  try {
    // The signal alone is not enough, because resolving a name cannot be aborted.
    return await Promise.race([timeout.promise, send(network, job, number, abort.signal)]);
  } finally {
    cancel();
  }
}

async function send(
  network: Network,
  job: Job<Delivery>,
  number: number,
  signal: AbortSignal,
): Promise<Outcome> {
  const request = tryRequest(job, network.userAgent);
  if (request === null)
    return { kind: "refused", reason: "Cannot deliver: the URL or a header is not valid" };
  const { url, headers } = request;
  const destination = await findDestination(url, network.allowed, network.resolve);
  if (destination.kind === "refused") return destination;
  if (destination.kind === "unresolved") return failed("dns", destination.reason);
  return postToOne(network.fetch, url, rotated(destination.addresses, number - 1), {
    method: "POST",
    headers,
    body: job.payload.body,
    signal,
    // A redirect leads to an address that was not checked, and its response would not be the endpoint's.
    redirect: "manual",
    proxy: false,
    decompress: false,
    ...(isIP(hostOf(url)) === 0 ? { tls: { serverName: plainName(hostOf(url)) } } : {}),
  });
}

function tryRequest(job: Job<Delivery>, userAgent: string): DeliveryRequest | null {
  try {
    return deliveryRequest(job, userAgent);
  } catch {
    return null;
  }
}

/** Tries the addresses in turn until a connection is made. */
async function postToOne(
  fetch: Fetch,
  url: URL,
  addresses: readonly string[],
  init: PostInit,
): Promise<Outcome> {
  let code = "no address";
  for (const address of addresses) {
    try {
      const response = await fetch(urlAt(url, address), init);
      discard(response);
      return { kind: "answered", status: response.status };
    } catch (error) {
      code = errorCode(error);
      if (!NOT_CONNECTED.has(code)) break;
    }
  }
  return failed("network", code);
}

/** Cancels the rest of the response, so that a long or slow body costs nothing. */
function discard(response: Response): void {
  // Only the status matters: an error while cancelling the body is not a failed attempt.
  response.body?.cancel().catch(() => undefined);
}

function urlAt(url: URL, address: string): string {
  const at = new URL(url);
  at.hostname = address.includes(":") ? `[${address}]` : address;
  return at.href;
}

function rotated<Entry>(entries: readonly Entry[], by: number): readonly Entry[] {
  const at = by % entries.length;
  return [...entries.slice(at), ...entries.slice(0, at)];
}

function failed(cause: FailureCause, reason: string): Outcome {
  return { kind: "failed", cause, reason };
}
