// Cross-origin requests: which pages may call the API from a browser, and with what.

import { isAllowedOrigin } from "../protocol/origins.ts";

/** What is allowed. */
export interface CorsOptions {
  /** Forms as of an app's origins; empty for nobody. */
  readonly origins: readonly string[];
  readonly methods: readonly string[];
  readonly headers: readonly string[];
  readonly credentials: boolean;
}

const MAX_AGE_SECONDS = "86400";

/** The headers of every answer, by the request's origin. */
export class Cors {
  readonly #options: CorsOptions;
  readonly #everybody: Readonly<Record<string, string>> | null;
  readonly #nobody: Readonly<Record<string, string>>;

  constructor(options: CorsOptions) {
    this.#options = options;
    const open = options.origins.includes("*");
    this.#everybody = open ? this.#grant("*") : null;
    this.#nobody = { "Content-Type": "application/json", ...(open ? {} : { Vary: "Origin" }) };
  }

  /** The headers for the answer to a request, or to nobody in particular. */
  headers(request: Request | null): Readonly<Record<string, string>> {
    if (this.#everybody !== null) return this.#everybody;
    const origin = request?.headers.get("origin") ?? null;
    if (origin === null || !this.#allows(origin)) return this.#nobody;
    return { ...this.#grant(origin), Vary: "Origin" };
  }

  /** The answer with the headers that let a page read it; its own stay. */
  allow(response: Response, request: Request): Response {
    for (const [name, value] of Object.entries(this.headers(request)))
      if (name !== "Content-Type") response.headers.set(name, value);
    return response;
  }

  /** The answer to a browser's question before the request proper. */
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
      // A browser refuses credentials for everybody.
      ...(this.#options.credentials && origin !== "*"
        ? { "Access-Control-Allow-Credentials": "true" }
        : {}),
    };
  }
}
