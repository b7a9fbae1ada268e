// One POST to one endpoint, as plain data: what a queue holds. It is signed when it is made, over
// the bytes that will be sent, so that no secret of an app ever lies in a queue. The endpoint's own
// headers do, and they may be secret: a durable queue must be as private as the configuration.
import { sign } from "../protocol/signatures.ts";
import type { Job } from "../queue/queue.ts";
import type { Batch } from "./batches.ts";

/** What is posted. It stays the same over all attempts. */
export interface Delivery {
  readonly appId: string;
  readonly url: string;
  /** The endpoint's own headers. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly key: string;
  readonly signature: string;
  readonly body: string;
  readonly eventCount: number;
}

/** An entry's bookkeeping beside its texts, roughly. */
const ENTRY_BYTES = 512;

/** The batch as a job with this id, or null when the app has no key to sign with. */
export function deliveryJob(batch: Batch, id: string, nowMs: number): Job<Delivery> | null {
  const { app, route, events, happenedMs } = batch;
  // Receivers look the secret up by the key, and rotate by adding the new pair after the old one.
  const oldest = app.credentials[0];
  if (oldest === undefined) return null;
  const body = `{"time_ms":${happenedMs},"events":[${events.join(",")}]}`;
  const delivery: Delivery = {
    appId: app.id,
    url: route.endpoint.url,
    headers: route.endpoint.headers,
    key: oldest.key,
    signature: sign(oldest.secret, body),
    body,
    eventCount: events.length,
  };
  const sizeBytes = ENTRY_BYTES + Buffer.byteLength(body);
  return { id, lane: route.lane, madeMs: nowMs, sizeBytes, payload: delivery };
}
