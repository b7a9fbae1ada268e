// `POST /events` and `POST /batch_events`: publishing. Everything is checked before anything is
// published, and the answer does not wait for delivery.
import { type Fault, isFault, REJECT } from "../protocol/faults.ts";
import { type EventRequest, readBatchItem, readEvent } from "../protocol/publication.ts";
import type { AppHub } from "../hub/hub.ts";
import { publishFromApi } from "../hub/publish.ts";
import { type Answer, EMPTY } from "./answer.ts";
import { describeChannel } from "./attributes.ts";
import { type ApiRequest, readBody } from "./request.ts";

/** Publishes one event to one or more channels. */
export function postEvents(request: ApiRequest): Answer {
  const { hub } = request;
  const body = readBody(request);
  if (isFault(body)) return body;
  const event = readEvent(body, hub.app.limits);
  if (isFault(event)) return event;
  const fault = request.spend(1);
  if (fault !== null) return fault;
  publishFromApi(hub, event.publication);
  if (event.info.length === 0) return EMPTY;
  return JSON.stringify({ channels: describeAll(hub, event) });
}

/** Publishes several events to one channel each: all of them, or none when one is wrong. */
export function postBatchEvents(request: ApiRequest): Answer {
  const { hub } = request;
  const body = readBody(request);
  if (isFault(body)) return body;
  const events = readBatch(body["batch"], hub);
  if (isFault(events)) return events;
  const fault = request.spend(events.length);
  if (fault !== null) return fault;
  for (const { publication } of events) publishFromApi(hub, publication);
  if (events.every(({ info }) => info.length === 0)) return EMPTY;
  // In the order of the request, with an empty object for an item that asked for nothing.
  return JSON.stringify({
    batch: events.map((event) =>
      describeChannel(hub, event.publication.channels[0] ?? "", event.info),
    ),
  });
}

function readBatch(batch: unknown, hub: AppHub): readonly EventRequest[] | Fault {
  if (batch === undefined) return REJECT.missingParameter("batch");
  if (!Array.isArray(batch)) return REJECT.batchNotList();
  const { maxBatchEvents } = hub.app.limits;
  if (batch.length > maxBatchEvents) return REJECT.batchTooLarge(batch.length, maxBatchEvents);
  const events: EventRequest[] = [];
  for (const item of batch) {
    const event = readBatchItem(item, hub.app.limits);
    if (isFault(event)) return event;
    events.push(event);
  }
  return events;
}

function describeAll(hub: AppHub, { publication, info }: EventRequest): Record<string, unknown> {
  return Object.fromEntries(
    publication.channels.map((channel) => [channel, describeChannel(hub, channel, info)]),
  );
}
