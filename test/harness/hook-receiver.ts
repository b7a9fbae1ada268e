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
}

/** See the file's head. */
export class HookReceiver {
  readonly hooks: Inbox<Hook> = new Inbox();
  readonly origin: string;
  /** The statuses of the next answers; then it is 200. */
  readonly answers: number[] = [];

  constructor(scope: Scope, library: PusherServer) {
    const server = Bun.serve({
      hostname: "127.0.0.1",
      port: 0,
      development: false,
      fetch: async (request) => {
        this.hooks.push(await readHook(library, request));
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
  };
}
