// An application that takes webhooks: a web server that checks each with the Pusher server library,
// as applications do, and keeps it.
import type PusherServer from "pusher";
import { Inbox } from "./inbox.ts";
import { isObject } from "./json.ts";
import type { Scope } from "./scope.ts";

/** An event of a webhook. */
export type HookEvent = Readonly<Record<string, unknown>>;

/** A request as it arrived. */
export interface Hook {
  readonly path: string;
  /** By lower-case name. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** What the server library says of its signature, its type and its body. */
  readonly valid: boolean;
  readonly timeMs: number;
  readonly events: readonly HookEvent[];
  /** When it arrived, on the clock of `performance.now`. */
  readonly atMs: number;
}

/** The endpoint of an application. */
export class HookReceiver {
  readonly hooks: Inbox<Hook> = new Inbox();
  readonly origin: string;
  /** The statuses of the next answers; then it is 200. */
  readonly answers: number[] = [];
  /** Requests that it had at once, at most. */
  mostAtOnce = 0;
  #now = 0;

  /** Takes so long for each request, as an endpoint that asks a database does. */
  constructor(scope: Scope, library: PusherServer, tookMs = 0) {
    const server = Bun.serve({
      hostname: "127.0.0.1",
      port: 0,
      development: false,
      fetch: async (request) => {
        this.mostAtOnce = Math.max(this.mostAtOnce, ++this.#now);
        this.hooks.push(await readHook(library, request));
        if (tookMs > 0) await Bun.sleep(tookMs);
        this.#now--;
        return new Response(null, { status: this.answers.shift() ?? 200 });
      },
    });
    this.origin = `http://127.0.0.1:${server.port}`;
    scope.add(() => server.stop(true));
  }

  /** Waits for this many events, in the order of their arrival. @throws when a hook is not valid. */
  async events(count: number): Promise<readonly HookEvent[]> {
    const events: HookEvent[] = [];
    while (events.length < count) {
      const hook = await this.hooks.next();
      if (!hook.valid) throw new Error(`Cannot accept webhook ${hook.body}: it is not valid`);
      events.push(...hook.events);
    }
    return events;
  }
}

async function readHook(library: PusherServer, request: Request): Promise<Hook> {
  const headers = request.headers.toJSON();
  const body = await request.text();
  const atMs = performance.now();
  const webhook = library.webhook({ headers, rawBody: body });
  const content: unknown = JSON.parse(body);
  if (!isObject(content) || !Array.isArray(content["events"]))
    throw new Error(`Cannot read webhook ${body}: it has no events`);
  return {
    path: new URL(request.url).pathname,
    headers,
    body,
    valid: webhook.isValid() && webhook.isContentTypeValid(),
    timeMs: Number(content["time_ms"]),
    events: content["events"],
    atMs,
  };
}
