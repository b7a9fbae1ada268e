// Cross-origin requests: which web pages may call the API from a browser, and how.

import { isAllowedOrigin } from "../protocol/origins.ts";

/** What is allowed. */
export interface CorsOptions {
  /** In the same forms as an app's allowed origins. An empty list allows no page. */
  readonly origins: readonly string[];
  readonly methods: readonly string[];
  readonly headers: readonly string[];
  readonly credentials: boolean;
}

const MAX_AGE_SECONDS = "86400";

/** The CORS headers of every response, depending on the request's origin. */
export class Cors {
  readonly #options: CorsOptions;
  readonly #wildcardHeaders: Readonly<Record<string, string>> | null;
  readonly #otherHeaders: Readonly<Record<string, string>>;

  constructor(options: CorsOptions) {
    this.#options = options;
    const open = options.origins.includes("*");
    this.#wildcardHeaders = open ? this.#grant("*") : null;
    this.#otherHeaders = {
      "Content-Type": "application/json",
      ...(open ? {} : { Vary: "Origin" }),
    };
  }

  /** The headers of the response to a request. Pass null for a response that does not depend on the origin. */
  headers(request: Request | null): Readonly<Record<string, string>> {
    if (this.#wildcardHeaders !== null) return this.#wildcardHeaders;
    const origin = request?.headers.get("origin") ?? null;
    if (origin === null || !this.#allows(origin)) return this.#otherHeaders;
    return { ...this.#grant(origin), Vary: "Origin" };
  }

  /** The response, with the added headers that let a page read it. Its other headers are unchanged. */
  allow(response: Response, request: Request): Response {
    for (const [name, value] of Object.entries(this.headers(request)))
      if (name !== "Content-Type") response.headers.set(name, value);
    return response;
  }

  /** The response to a browser's preflight request. */
  preflight(request: Request): Response {
    return new Response(null, {
      status: 204,
      headers: {
        ...this.headers(request),
        "Access-Control-Allow-Methods": this.#options.methods.join(", "),
        "Access-Control-Allow-Headers": this.#options.headers.join(", "),
        "Access-Control-Max-Age": MAX_AGE_SECONDS,
      },
    });
  }

  #allows(origin: string): boolean {
    const { origins } = this.#options;
    return origins.length > 0 && isAllowedOrigin(origin, origins);
  }

  #grant(origin: string): Readonly<Record<string, string>> {
    return {
      "Content-Type": "application/json",
      "Access-Control-Allow-Origin": origin,
      // Browsers reject credentials in combination with the wildcard origin.
      ...(this.#options.credentials && origin !== "*"
        ? { "Access-Control-Allow-Credentials": "true" }
        : {}),
    };
  }
}
