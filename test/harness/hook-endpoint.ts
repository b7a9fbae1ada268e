// An application's endpoint of webhooks that takes its time, as those do that ask a database, and
// notes when it was told of what.
import type { Scope } from "./scope.ts";

/** An event of a webhook, and when it came. */
export interface Told {
  readonly name: string;
  readonly channel: string;
  readonly user_id?: string;
  readonly atMs: number;
}

/** See the file's head. */
export class HookEndpoint {
  readonly url: string;
  /** In the order of their arrival. */
  readonly told: Told[] = [];
  requestCount = 0;
  /** Requests that it had at once, at most. */
  mostAtOnce = 0;
  #now = 0;

  /** Takes so long for each request. */
  constructor(scope: Scope, tookMs: number) {
    const server = Bun.serve({
      hostname: "127.0.0.1",
      port: 0,
      development: false,
      fetch: async (request) => {
        this.requestCount++;
        this.mostAtOnce = Math.max(this.mostAtOnce, ++this.#now);
        const events: readonly Told[] = JSON.parse(await request.text()).events;
        const atMs = performance.now();
        for (const event of events) this.told.push({ ...event, atMs });
        await Bun.sleep(tookMs);
        this.#now--;
        return new Response();
      },
    });
    this.url = `http://127.0.0.1:${server.port}/hooks`;
    scope.add(() => server.stop(true));
  }
}
