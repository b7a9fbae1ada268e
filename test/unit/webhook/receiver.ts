// A webhook endpoint: a real HTTP server that keeps the requests it gets.

/** A received request. */
export interface Received {
  readonly path: string;
  /** By lower-case name. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly atMs: number;
}

/** Returns the answer, given the number of earlier requests. */
export type Answer = (received: Received, before: number) => Response | Promise<Response>;

/** A server that listens until it is disposed of. */
export class Receiver implements Disposable {
  readonly received: Received[] = [];
  readonly #server: Bun.Server<undefined>;

  constructor(
    answer: Answer = () => new Response("thank you"),
    tls?: { readonly cert: string; readonly key: string },
  ) {
    this.#server = Bun.serve({
      hostname: "127.0.0.1",
      port: 0,
      idleTimeout: 60,
      ...(tls === undefined ? {} : { tls }),
      fetch: async (request) => {
        const { pathname, search } = new URL(request.url);
        const received: Received = {
          path: pathname + search,
          headers: request.headers.toJSON(),
          body: await request.text(),
          atMs: performance.now(),
        };
        this.received.push(received);
        return answer(received, this.received.length - 1);
      },
    });
  }

  get port(): number {
    return this.#server.port ?? 0;
  }

  url(path = "/hook"): string {
    return `http://127.0.0.1:${this.port}${path}`;
  }

  /** The events of all requests to the path, in order of arrival. */
  events(path?: string): readonly Readonly<Record<string, unknown>>[] {
    return this.received
      .filter((each) => path === undefined || each.path === path)
      .flatMap(({ body }) => JSON.parse(body).events);
  }

  [Symbol.dispose](): void {
    // Also ends requests that are never answered; nothing waits for it.
    void this.#server.stop(true);
  }
}
