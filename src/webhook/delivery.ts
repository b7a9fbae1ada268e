// One POST to one endpoint, as plain data: what a queue holds. It is signed when it is made, over
// the bytes that will be sent, so that no secret of an app ever lies in a queue. The endpoint's own
// headers do, and they may be secret: a durable queue must be as private as the configuration.
import type { App, WebhookEvent } from "../protocol/app.ts";
import { sign } from "../protocol/signatures.ts";
import type { Job } from "../queue/queue.ts";
import type { WaitingEvent } from "./outbox.ts";
import type { Route } from "./routes.ts";

/** What is posted. It stays the same over all attempts. */
export interface Delivery {
  readonly appId: string;
  /** The id of the route that it takes. */
  readonly routeId: string;
  readonly url: string;
  /** The endpoint's own headers. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly key: string;
  readonly signature: string;
  readonly body: string;
  /** Of its events, in their order. */
  readonly kinds: readonly WebhookEvent[];
}

/** What a delivery is made of. */
export interface Contents {
  readonly app: App;
  readonly route: Route;
  /** The queue's lane that it goes through. */
  readonly lane: string;
  /** At least one. */
  readonly events: readonly WaitingEvent[];
}

/** The contents as a job with this id, or null when the app has no key to sign with. */
export function deliveryJob(contents: Contents, id: string, nowMs: number): Job<Delivery> | null {
  const { app, route, lane, events } = contents;
  // Receivers look the secret up by the key, and rotate by adding the new pair after the old one.
  const oldest = app.credentials[0];
  if (oldest === undefined) return null;
  // Not simply the first one's: what was held back comes after what happened later.
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
