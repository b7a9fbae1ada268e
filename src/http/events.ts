// `POST /events`: publishes one event. The response is sent when the other nodes are sure to get
// the event; it does not wait for delivery.
import { type Awaitable, whenReady } from "../node/awaitable.ts";
import { publish } from "../node/publish.ts";
import { type Fault, isFault } from "../protocol/faults.ts";
import { readEvent } from "../protocol/publication.ts";
import type { Answer } from "./answer.ts";
import { answerTo } from "./attributes.ts";
import { keyOf, once } from "./once.ts";
import { type ApiRequest, readBody } from "./request.ts";

/** Publishes one event to one or more channels. */
export function postEvents(request: ApiRequest): Awaitable<Answer> {
  const body = readBody(request);
  if (isFault(body)) return body;
  const key = keyOf(request, "event", body, request.idempotencyKey());
  if (isFault(key)) return key;
  return once(request, key, () => publishOne(request, body));
}

function publishOne(request: ApiRequest, body: Record<string, unknown>): Awaitable<string | Fault> {
  const { node, hub } = request;
  const event = readEvent(body, hub.app.limits);
  if (isFault(event)) return event;
  const fault = request.spend(1);
  if (fault !== null) return fault;
  return whenReady(publish(node, hub, event.publication, request.outcome), (refused) =>
    isFault(refused) ? refused : answerTo(request, event),
  );
}
