// Carries out a publish only once per idempotency key.
import { type Awaitable, whenReady } from "../node/awaitable.ts";
import { isFault, type Fault } from "../protocol/faults.ts";
import { readIdempotencyKey } from "../protocol/publish-extras.ts";
import type { ApiRequest } from "./request.ts";

/** Prefixes of stored keys: a batch and an event with the same key are not repeats of each other. */
const SPACES = { event: "e", batch: "b" } as const;

/** What a key identifies. */
export type KeySpace = keyof typeof SPACES;

/** The stored form of the key of an event or batch. Null if there is no key, or if the app ignores keys. */
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

/** The answer of `publish`, or of the first publish with the key. */
export function once(
  request: ApiRequest,
  key: string | null,
  publish: () => Awaitable<string | Fault>,
): Awaitable<string | Fault> {
  if (key === null) return publish();
  const before = recall(request, key);
  if (before !== null) return before;
  const pending = request.keys.pending(key);
  // If the pending publish fails, this one is carried out.
  if (pending !== null) return pending.then(() => once(request, key, publish));
  const outcome = whenReady(publish(), (answer) => {
    if (!isFault(answer)) remember(request, key, answer);
    return answer;
  });
  if (outcome instanceof Promise) request.keys.begin(key, outcome);
  return outcome;
}

/** The answer to the first publish with the key, or null if there was none. Counts a repeat if there was. */
export function recall({ hub, keys }: ApiRequest, key: string): string | null {
  const before = keys.find(key);
  if (before !== null) hub.counters.repeatedPublishes++;
  return before;
}

/** Remembers the answer to the first publish with the key. */
export function remember({ hub, keys }: ApiRequest, key: string, answer: string): void {
  hub.counters.keyedPublishes++;
  if (!keys.remember(key, answer)) hub.counters.hit("idempotency_memory");
}
