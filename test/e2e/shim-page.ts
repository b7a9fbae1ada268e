// An application's pages in Chromium: pusher-js as it is distributed, with the shim that the
// executable serves or without. A page keeps what its handlers were called with, and the test what
// came over its WebSocket.
import type { Browser, Page } from "playwright-core";
import { until } from "../harness/deadline.ts";
import { ROOT } from "../harness/program.ts";
import type { Scope } from "../harness/scope.ts";
import { httpUrl, type Target } from "../harness/target.ts";

/** How a page has the shim: not at all, by a line with these attributes, or as a module. */
export type Shim = { readonly attributes: string } | "module" | null;

/** What a page is to do. */
export interface Visit {
  readonly shim: Shim;
  readonly channels: readonly string[];
  /** Where the WebSocket goes, when not to the server itself. */
  readonly front?: Target;
}

/** A call of a handler. */
export type Call = readonly [channel: string, event: string, data: unknown];

/** What the shim counts. */
export interface Stats {
  readonly messages: number;
  readonly deltas: number;
  readonly bytesReceived: number;
  readonly bytesWithoutDelta: number;
  readonly bytesSaved: number;
  readonly resyncs: number;
  readonly undecoded: number;
}

const PUSHER = `${ROOT}/node_modules/pusher-js/dist/web/pusher.min.js`;

/** One page. */
export class ShimPage {
  readonly #page: Page;
  /** The frames that have come, as texts or bytes. */
  readonly frames: (string | Buffer)[];

  constructor(page: Page, frames: (string | Buffer)[]) {
    this.#page = page;
    this.frames = frames;
  }

  /** Waits for so many calls of handlers, and returns all there are. */
  async seen(count: number): Promise<readonly Call[]> {
    const calls = await until(async () => {
      const found: readonly Call[] = await this.#page.evaluate("seen");
      return found.length >= count ? found : null;
    }, `${count} events on the page`);
    return calls ?? [];
  }

  /** The calls of the client's global handler, without the channel. */
  everything(): Promise<readonly (readonly [event: string, data: unknown])[]> {
    return this.#page.evaluate("everything");
  }

  /** What went wrong on the page. */
  problems(): Promise<readonly string[]> {
    return this.#page.evaluate("problems");
  }

  stats(): Promise<Stats> {
    return this.#page.evaluate("Fanwire.stats()");
  }

  /** What the page was last told of the counts, by an event. */
  told(): Promise<Stats | null> {
    return this.#page.evaluate("told.at(-1) ?? null");
  }

  /** Waits until it is subscribed to everything. */
  async subscribed(): Promise<void> {
    await this.#page.waitForFunction("channels.every(({ subscribed }) => subscribed)");
  }

  /** Bytes of all frames except the handshake, whose length varies. */
  get receivedBytes(): number {
    return this.frames.reduce((sum, frame) => sum + Buffer.byteLength(frame), 0) - this.firstBytes;
  }

  /** Bytes of the handshake frame. */
  get firstBytes(): number {
    return Buffer.byteLength(this.frames[0] ?? "");
  }
}

/** Opens a page in a profile of its own, and waits until it is subscribed. */
export async function openPage(
  scope: Scope,
  browser: Browser,
  target: Target,
  visit: Visit,
): Promise<ShimPage> {
  const application = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    development: false,
    routes: {
      "/": new Response(html(target, visit), { headers: { "content-type": "text/html" } }),
      "/pusher.js": Bun.file(PUSHER),
    },
    fetch: () => new Response("Not found\n", { status: 404 }),
  });
  scope.add(() => application.stop(true));
  const context = await browser.newContext();
  scope.add(() => context.close());
  const page = await context.newPage();
  const frames: (string | Buffer)[] = [];
  page.on("websocket", (socket) => {
    socket.on("framereceived", ({ payload }) => void frames.push(payload));
  });
  await page.goto(`http://127.0.0.1:${application.port}/`);
  const opened = new ShimPage(page, frames);
  await opened.subscribed();
  return opened;
}

function html(target: Target, { shim, channels, front = target }: Visit): string {
  const given = JSON.stringify({ channels, host: front.host, port: front.port, key: target.key });
  const source = (file: string): string => httpUrl(target, `/client/${file}`);
  const line =
    shim === null || shim === "module"
      ? ""
      : `<script ${shim.attributes} src="${source("fanwire.js")}"></script>`;
  const begin =
    shim === "module"
      ? `<script type="module">import { stats } from "${source("fanwire.mjs")}"; window.Fanwire = { stats }; connect();</script>`
      : "<script>connect()</script>";
  return `<!doctype html><title>An application</title>${line}<script src="/pusher.js"></script>
<script>
  const given = ${given};
  const seen = [], everything = [], told = [], problems = [], channels = [];
  addEventListener("error", ({ message }) => problems.push(message));
  addEventListener("fanwire:stats", ({ detail }) => told.push(detail));
  function connect() {
    const pusher = new Pusher(given.key, {
      cluster: "", wsHost: given.host, wsPort: given.port, forceTLS: false, enabledTransports: ["ws"],
    });
    pusher.connection.bind("error", (error) => problems.push(JSON.stringify(error)));
    pusher.bind_global((event, data) => everything.push([event, data]));
    for (const name of given.channels) {
      const channel = pusher.subscribe(name);
      for (const event of ["quote", "trade", "note"])
        channel.bind(event, (data) => seen.push([name, event, data]));
      channels.push(channel);
    }
  }
</script>${begin}`;
}
