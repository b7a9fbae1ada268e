// A signed request of an app's server, as the routes see it.
import { type Fault, REJECT } from "../protocol/faults.ts";
import { excessOfJson, isRecord, parseJson } from "../protocol/json.ts";
import { isChannelName, isUserChannelName } from "../protocol/names.ts";
import { type QueryParameter, queryValue } from "../protocol/query.ts";
import type { AppHub } from "../hub/app-hub.ts";
import type { Node } from "../node/node.ts";
import type { Outcome } from "../node/outcome.ts";
import type { AppKeys } from "./idempotency.ts";

/** Runs work in steps. Resolves to its result. */
export type InSteps = <Result>(work: Generator<undefined, Result>) => Promise<Result>;

/** A request with a valid signature. */
export interface ApiRequest {
  readonly node: Node;
  readonly hub: AppHub;
  /** The decoded segments of the path after `/apps/ID/`. */
  readonly segments: readonly string[];
  readonly parameters: readonly QueryParameter[];
  readonly body: Uint8Array;
  /** To be called before that many events are published. Returns null, or the fault if they are over the limit. */
  readonly spend: (eventCount: number) => Fault | null;
  /** The idempotency key in the request's header, or null. */
  readonly idempotencyKey: () => string | null;
  /** Runs long work in steps, with other work in between. */
  readonly inSteps: InSteps;
  /** The app's idempotency keys. */
  readonly keys: AppKeys;
  /** What the caller must know about the answer besides. */
  readonly outcome: Outcome;
}

const DECODER = new TextDecoder("utf-8", { fatal: true });
const SIGNATURE_PARAMETERS = new Set([
  "auth_key",
  "auth_timestamp",
  "auth_version",
  "auth_signature",
  "body_md5",
]);

/** The JSON object in the body. Without a body the query's parameters are used, as the API allows. */
export function readBody(request: ApiRequest): Record<string, unknown> | Fault {
  if (request.body.length === 0) return readParameters(request.parameters);
  const text = decodeText(request.body) ?? "";
  const value = parseJson(text);
  if (isRecord(value)) return value;
  return REJECT.unreadBody(excessOfJson(text));
}

/** A fault that names the parameters which the route does not know, or null. */
export function findExtraneous(request: ApiRequest, known: readonly string[]): Fault | null {
  const names = request.parameters
    .map(([name]) => name)
    .filter((name) => !SIGNATURE_PARAMETERS.has(name) && !known.includes(name));
  return names.length === 0 ? null : REJECT.extraneous(names);
}

/** The channel that the path names, or the fault if the name is invalid. */
export function readChannelName({ hub, segments }: ApiRequest): string | Fault {
  const name = segments[1] ?? "";
  const known = isChannelName(name, hub.app.limits) || isUserChannelName(name);
  return known ? name : REJECT.invalidChannel();
}

/** The value of a query parameter, or null. */
export function parameter(request: ApiRequest, name: string): string | null {
  return queryValue(request.parameters, name);
}

function readParameters(parameters: readonly QueryParameter[]): Record<string, unknown> {
  const lists = new Map<string, string[]>();
  const values = new Map<string, unknown>();
  for (const [name, value] of parameters) {
    if (!name.endsWith("[]")) {
      values.set(name, value);
      continue;
    }
    const key = name.slice(0, -2);
    const list = lists.get(key) ?? [];
    list.push(value);
    lists.set(key, list);
    values.set(key, list);
  }
  // With fromEntries, a name such as __proto__ becomes an ordinary member.
  return Object.fromEntries(values);
}

/** The bytes as text, or null if they are not UTF-8. */
export function decodeText(bytes: Uint8Array): string | null {
  try {
    return DECODER.decode(bytes);
  } catch {
    return null;
  }
}
