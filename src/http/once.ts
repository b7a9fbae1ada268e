// Carrying out a publish once for each idempotency key.
import { type Awaitable, whenReady } from "../node/awaitable.ts";
import { isFault, type Fault } from "../protocol/faults.ts";
import { readIdempotencyKey } from "../protocol/publish-extras.ts";
import type { ApiRequest } from "./request.ts";

/** Keys of whole batches are not those of events. */
const SPACES = { event: "e", batch: "b" } as const;

/** What a key is of. */
export type KeySpace = keyof typeof SPACES;

/** The key of an event or batch, in its space; null when it has none or the app recognises none. */
export function keyOf(
  { hub, keys }: ApiRequest,
  space: KeySpace,
  body: Record<string, unknown>,
  requestKey: string | null,
): string | null | Fault {
  if (!hub.app.limits.idempotency) return null;
  const key = readIdempotencyKey(body, requestKey, keys.maxLength);
  return typeof key === "string" ? SPACES[space] + key : key;
}

/** The answer of `publish`, or that of the first publish with the key. */
export function once(
  request: ApiRequest,
  key: string | null,
  publish: () => Awaitable<string | Fault>,
): Awaitable<string | Fault> {
  if (key === null) return publish();
  const before = recall(request, key);
  if (before !== null) return before;
  const pending = request.keys.pending(key);
  // It may fail, and then this one is carried out.
  if (pending !== null) return pending.then(() => once(request, key, publish));
  const outcome = whenReady(publish(), (answer) => {
    if (!isFault(answer)) remember(request, key, answer);
    return answer;
  });
  if (outcome instanceof Promise) request.keys.begin(key, outcome);
  return outcome;
}

/** The answer to the first publish with the key, which makes this one a repeat; else null. */
export function recall({ hub, keys }: ApiRequest, key: string): string | null {
  const before = keys.find(key);
  if (before !== null) hub.counters.repeatedPublishes++;
  return before;
}

/** Notes the answer to the first publish with the key. */
export function remember({ hub, keys }: ApiRequest, key: string, answer: string): void {
  hub.counters.keyedPublishes++;
  if (!keys.remember(key, answer)) hub.counters.hit("idempotency_memory");
}
