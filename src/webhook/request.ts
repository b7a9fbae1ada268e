// Builds the HTTP request for a delivery: URL and headers. Nothing is sent here.
import { RESERVED_WEBHOOK_HEADERS } from "../protocol/app.ts";
import type { Job } from "../queue/queue.ts";
import type { Delivery } from "./delivery.ts";

/** The header with the delivery's id. All attempts send the same id, so that a receiver can recognise a repetition. */
export const DELIVERY_HEADER = "X-Fanwire-Delivery";

/** Where to post, and with which headers. */
export interface DeliveryRequest {
  readonly url: URL;
  readonly headers: Headers;
}

/**
 * The request for the job's delivery. Where an endpoint configures a header twice, the later one counts.
 * @throws TypeError when the endpoint's address is not a URL or a header is not valid in HTTP
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
  // Without a charset: libraries compare the whole value, and refuse the request when it has one.
  headers.set("Content-Type", "application/json");
  headers.set("X-Pusher-Key", payload.key);
  headers.set("X-Pusher-Signature", payload.signature);
  headers.set(DELIVERY_HEADER, id);
  return { url, headers };
}
