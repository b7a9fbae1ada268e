// One POST to one endpoint, as plain data that a queue can store. It is signed when it is made, over
// the bytes that will be sent, so that a queue never holds an app's secret. It does hold the endpoint's
// own headers, which may be secret too: a durable queue must be as private as the configuration.
import type { App, WebhookEvent } from "../protocol/app.ts";
import { sign } from "../protocol/signatures.ts";
import type { Job } from "../queue/queue.ts";
import type { QueuedEvent } from "./outbox.ts";
import type { Route } from "./routes.ts";

/** What is posted. All attempts send the same. */
export interface Delivery {
  readonly appId: string;
  /** The id of the endpoint's route. */
  readonly routeId: string;
  readonly url: string;
  /** The endpoint's own headers. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly key: string;
  readonly signature: string;
  readonly body: string;
  /** The kinds of its events, in their order. */
  readonly kinds: readonly WebhookEvent[];
}

/** What a delivery is made from. */
export interface Contents {
  readonly app: App;
  readonly route: Route;
  /** The queue's lane for it. */
  readonly lane: string;
  /** At least one. */
  readonly events: readonly QueuedEvent[];
}

/** The contents as a job with this id, or null when the app has no key to sign with. */
export function deliveryJob(contents: Contents, id: string, nowMs: number): Job<Delivery> | null {
  const { app, route, lane, events } = contents;
  // Receivers look the secret up by the key, and secrets are rotated by adding the new pair after the old one. So the oldest pair is the one that every receiver knows.
  const oldest = app.credentials[0];
  if (oldest === undefined) return null;
  // The minimum, not the first: a delayed event is queued behind events that happened after it.
  const timeMs = Math.min(...events.map(({ happenedMs }) => happenedMs));
  const body = `{"time_ms":${timeMs},"events":[${events.map(({ text }) => text).join(",")}]}`;
  const delivery: Delivery = {
    appId: app.id,
    routeId: route.id,
    url: route.endpoint.url,
    headers: route.endpoint.headers,
    key: oldest.key,
    signature: sign(oldest.secret, body),
    body,
    kinds: events.map(({ kind }) => kind),
  };
  return { id, lane, madeMs: nowMs, payload: delivery };
}
