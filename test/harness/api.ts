// Requests to the HTTP API as they are on the wire: signed, and then with headers, a body or parts of an
// event that the server library does not send.
import { request } from "./http-connection.ts";
import { askInOrder } from "./request-line.ts";
import { type Signing, signRequest } from "./signing.ts";
import { httpUrl, resource, type Target } from "./target.ts";

/** What a request has beside its method and path. */
export interface Call {
  readonly body?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signing?: Signing;
  /** Stands before the signed path, and is no part of it. */
  readonly prefix?: string;
  /** The time after which the request is given up; none by default. */
  readonly giveUpMs?: number;
}

/** Signs and sends a request. */
export function call(
  target: Target,
  method: string,
  path: string,
  { body = "", headers = {}, signing, prefix = "", giveUpMs }: Call = {},
): Promise<Response> {
  const url = httpUrl(target, prefix + signRequest(method, path, body, signing));
  return fetch(url, {
    method,
    headers,
    ...(body === "" ? {} : { body }),
    ...(giveUpMs === undefined ? {} : { signal: AbortSignal.timeout(giveUpMs) }),
  });
}

/** What the API answers. */
export interface ApiAnswer {
  readonly status: number;
  readonly body: string;
}

/** Posts a value, whatever it is, to a resource of the app, after all that was posted to the server before. */
export async function post(target: Target, path: string, content: unknown): Promise<ApiAnswer> {
  const body = JSON.stringify(content);
  const line = `POST ${signRequest("POST", resource(path), body)}`;
  const headers = `Content-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n`;
  return askInOrder(target, request(line, headers, body));
}

/** One event. */
export interface Publishing {
  readonly name: string;
  readonly channel: string;
  readonly data: string;
  readonly tags?: Readonly<Record<string, string>>;
  /** False asks for a whole message. */
  readonly delta?: boolean;
  /** The socket that is left out. */
  readonly socket_id?: string;
}

/** Publishes one event. @throws when the answer is not 200. */
export async function publish(target: Target, event: Publishing): Promise<void> {
  accepted(await post(target, "/events", event));
}

/** Events of one batch that an app takes unless it is configured otherwise. */
const MAX_BATCH_SIZE = 10;

/** Publishes the events in their order, in batches as large as they may be. @throws when an answer is not 200. */
export async function publishInBatches(
  target: Target,
  events: readonly Publishing[],
): Promise<void> {
  for (let at = 0; at < events.length; at += MAX_BATCH_SIZE)
    accepted(await post(target, "/batch_events", { batch: events.slice(at, at + MAX_BATCH_SIZE) }));
}

function accepted({ status, body }: ApiAnswer): void {
  if (status !== 200) throw new Error(`Cannot publish: the answer is ${status} ${body}`);
}
