// `POST /events` and `POST /batch_events`: publishing. Everything is checked before anything is
// published, and the answer does not wait for delivery.
import { type Fault, isFault, REJECT } from "../protocol/faults.ts";
import { isRecord, parseJson } from "../protocol/json.ts";
import { type EventRequest, readBatchItem, readEvent } from "../protocol/publication.ts";
import type { AppHub } from "../hub/app-hub.ts";
import { publishFromApi } from "../hub/publish.ts";
import { type Answer, EMPTY } from "./answer.ts";
import { describeChannel } from "./attributes.ts";
import { keyOf, once, recall, remember } from "./once.ts";
import { type ApiRequest, readBody } from "./request.ts";

/** Publishes one event to one or more channels. */
export function postEvents(request: ApiRequest): Answer {
  const body = readBody(request);
  if (isFault(body)) return body;
  const key = keyOf(request, "event", body, request.idempotencyKey());
  if (isFault(key)) return key;
  return once(request, key, () => publishOne(request, body));
}

function publishOne(request: ApiRequest, body: Record<string, unknown>): string | Fault {
  const { hub } = request;
  const event = readEvent(body, hub.app.limits);
  if (isFault(event)) return event;
  const fault = request.spend(1);
  if (fault !== null) return fault;
  publishFromApi(hub, event.publication);
  return answerOf(hub, event);
}

/** Publishes several events to one channel each: all of them, or none when one is wrong. */
export function postBatchEvents(request: ApiRequest): Answer {
  const body = readBody(request);
  if (isFault(body)) return body;
  const key = keyOf(request, "batch", body, request.idempotencyKey());
  if (isFault(key)) return key;
  return once(request, key, () => publishBatch(request, body["batch"]));
}

/** An event of a batch, with its key or null. */
interface Item {
  readonly event: EventRequest;
  readonly key: string | null;
}

function publishBatch(request: ApiRequest, batch: unknown): string | Fault {
  const { hub } = request;
  const items = readBatch(request, batch);
  if (isFault(items)) return items;
  const firsts = firstsOf(request, items);
  const fault = request.spend(firsts.length);
  if (fault !== null) return fault;
  for (const { event } of firsts) publishFromApi(hub, event.publication);
  for (const { event, key } of firsts)
    if (key !== null) remember(request, key, answerOf(hub, event));
  if (items.every(({ event }) => event.info.length === 0)) return EMPTY;
  // In the order of the request, with an empty object for an item that asked for nothing.
  return JSON.stringify({ batch: items.map((item) => figuresOf(request, item)) });
}

function readBatch(request: ApiRequest, batch: unknown): readonly Item[] | Fault {
  const { limits } = request.hub.app;
  if (batch === undefined) return REJECT.missingParameter("batch");
  if (!Array.isArray(batch)) return REJECT.batchNotList();
  const { maxBatchEvents } = limits;
  if (batch.length > maxBatchEvents) return REJECT.batchTooLarge(batch.length, maxBatchEvents);
  const items: Item[] = [];
  for (const given of batch) {
    const event = readBatchItem(given, limits);
    if (isFault(event)) return event;
    const key = isRecord(given) ? keyOf(request, "event", given, null) : null;
    if (isFault(key)) return key;
    items.push({ event, key });
  }
  return items;
}

/** The items that are no repeats, neither of another request's event nor of one before them. */
function firstsOf(request: ApiRequest, items: readonly Item[]): readonly Item[] {
  const keys = new Set<string>();
  return items.filter(({ key }) => {
    if (key === null) return true;
    if (recall(request, key) !== null) return false;
    if (keys.has(key)) request.hub.counters.repeatedPublishes++;
    return keys.size < keys.add(key).size;
  });
}

/** What the answer has for an item: of a repeat what the first was answered. */
function figuresOf({ hub, keys }: ApiRequest, { event, key }: Item): unknown {
  const answer = key === null ? null : keys.find(key);
  if (answer === null) return describeChannel(hub, event.publication.channels[0] ?? "", event.info);
  const first = parseJson(answer);
  const channels = isRecord(first) && isRecord(first["channels"]) ? first["channels"] : {};
  return Object.values(channels)[0] ?? {};
}

/** The answer to the publish of one event. */
function answerOf(hub: AppHub, { publication, info }: EventRequest): string {
  if (info.length === 0) return EMPTY;
  const figures = publication.channels.map(
    (channel) => [channel, describeChannel(hub, channel, info)] as const,
  );
  return JSON.stringify({ channels: Object.fromEntries(figures) });
}
