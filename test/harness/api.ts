// Requests to the HTTP API as they are on the wire: signed, and then with headers or a body that no
// library sends.
import { type Signing, signRequest } from "./signing.ts";
import { APP, httpUrl, type Target } from "./target.ts";

/** What a request has beside its method and path. */
export interface Call {
  readonly body?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signing?: Signing;
  /** Stands before the signed path, and is no part of it. */
  readonly prefix?: string;
}

/** The path of a resource of the tests' app. */
export function resource(path: string): string {
  return `/apps/${APP.id}${path}`;
}

/** Signs and sends a request. */
export function call(
  target: Target,
  method: string,
  path: string,
  { body = "", headers = {}, signing, prefix = "" }: Call = {},
): Promise<Response> {
  const url = httpUrl(target, prefix + signRequest(method, path, body, signing));
  return fetch(url, { method, headers, ...(body === "" ? {} : { body }) });
}
