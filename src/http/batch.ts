// `POST /batch_events`: publishes several events. All of them are checked before any is published.
import { allReady, type Awaitable, whenReady } from "../node/awaitable.ts";
import { publish } from "../node/publish.ts";
import { type Fault, isFault, REJECT } from "../protocol/faults.ts";
import { isRecord, parseJson } from "../protocol/json.ts";
import { type EventRequest, readBatchItem } from "../protocol/publication.ts";
import { type Answer, EMPTY } from "./answer.ts";
import { answerTo, describeChannel, known } from "./attributes.ts";
import { keyOf, once, recall, remember } from "./once.ts";
import { type ApiRequest, readBody } from "./request.ts";

/** Publishes several events, each to one channel. If one is invalid, none is published. */
export function postBatchEvents(request: ApiRequest): Awaitable<Answer> {
  const body = readBody(request);
  if (isFault(body)) return body;
  const key = keyOf(request, "batch", body, request.idempotencyKey());
  if (isFault(key)) return key;
  return once(request, key, () => publishBatch(request, body["batch"]));
}

/** An event of a batch, with its idempotency key or null. */
interface Item {
  readonly event: EventRequest;
  readonly key: string | null;
}

function publishBatch(request: ApiRequest, batch: unknown): Awaitable<string | Fault> {
  const items = readBatch(request, batch);
  if (isFault(items)) return items;
  return publishItems(request, items);
}

function publishItems(request: ApiRequest, items: readonly Item[]): Awaitable<string | Fault> {
  const { node, hub, keys } = request;
  const pending = items.flatMap(({ key }) => (key === null ? [] : (keys.pending(key) ?? [])));
  if (pending.length > 0) return Promise.all(pending).then(() => publishItems(request, items));
  const firsts = withoutRepeats(request, items);
  const fault = request.spend(firsts.length);
  if (fault !== null) return fault;
  const accepted = firsts.map(({ event, key }) => {
    const outcome = whenReady(publish(node, hub, event.publication, request.outcome), (refused) =>
      isFault(refused) ? refused : note(request, event, key),
    );
    if (key !== null && outcome instanceof Promise) keys.begin(key, outcome);
    return outcome;
  });
  return whenReady(
    allReady(accepted),
    (outcomes) => outcomes.find(isFault) ?? answerOfBatch(request, items),
  );
}

/** Remembers the answer to an item that was published. */
function note(request: ApiRequest, event: EventRequest, key: string | null): Awaitable<string> {
  if (key === null) return EMPTY;
  return whenReady(answerTo(request, event), (answer) => {
    remember(request, key, answer);
    return answer;
  });
}

/** The answers to the items, in the order of the request. An item that asked for nothing has an empty object. */
function answerOfBatch(request: ApiRequest, items: readonly Item[]): Awaitable<string> {
  if (items.every(({ event }) => event.info.length === 0)) return EMPTY;
  return whenReady(allReady(items.map((item) => figuresOf(request, item))), (figures) =>
    JSON.stringify({ batch: figures }),
  );
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

/** The items that are not repeats, neither of an earlier request's event nor of an earlier item. */
function withoutRepeats(request: ApiRequest, items: readonly Item[]): readonly Item[] {
  const keys = new Set<string>();
  return items.filter(({ key }) => {
    if (key === null) return true;
    if (recall(request, key) !== null) return false;
    if (keys.has(key)) request.hub.counters.repeatedPublishes++;
    return keys.size < keys.add(key).size;
  });
}

/** The answer to one item. A repeat gets the answer that the first publish got. */
function figuresOf(request: ApiRequest, { event, key }: Item): Awaitable<object> {
  const answer = key === null ? null : request.keys.find(key);
  if (answer === null) {
    const [channel = ""] = event.publication.channels;
    return whenReady(describeChannel(request, channel, event.info), known);
  }
  const first = parseJson(answer);
  const channels = isRecord(first) && isRecord(first["channels"]) ? first["channels"] : {};
  const [figures] = Object.values(channels);
  return isRecord(figures) ? figures : {};
}
