// A delivery as an HTTP request: its address and its headers. Nothing is sent here.
import { RESERVED_WEBHOOK_HEADERS } from "../protocol/app.ts";
import type { Job } from "../queue/queue.ts";
import type { Delivery } from "./delivery.ts";

/** Says which delivery this is; the same over all attempts, so that a receiver can tell repetitions. */
export const DELIVERY_HEADER = "X-Fanwire-Delivery";

/** What is requested. */
export interface DeliveryRequest {
  readonly url: URL;
  readonly headers: Headers;
}

/**
 * The job's delivery as a request. Where an endpoint has a header twice, the later counts.
 * @throws TypeError when the endpoint is no URL or a header is not allowed in HTTP
 */
export function deliveryRequest(
  { id, payload }: Job<Delivery>,
  userAgent: string,
): DeliveryRequest {
  const url = new URL(payload.url);
  const headers = new Headers({ "User-Agent": userAgent });
  for (const [name, value] of payload.headers)
    if (!RESERVED_WEBHOOK_HEADERS.has(name.toLowerCase())) headers.set(name, value);
  headers.set("Host", url.host);
  // Exactly this: libraries compare it as a whole, and a charset makes them refuse the request.
  headers.set("Content-Type", "application/json");
  headers.set("X-Pusher-Key", payload.key);
  headers.set("X-Pusher-Signature", payload.signature);
  headers.set(DELIVERY_HEADER, id);
  return { url, headers };
}
