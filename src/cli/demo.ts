// `fanwire demo`: an ordinary server with a temporary app, a simulated market that publishes to it, and a page that
// shows the quotes. It ignores configuration files and the environment, so that it works anywhere.
import { readConfig } from "../config/read.ts";
import type { Config } from "../config/config.ts";
import { formatConfigErrors } from "../config/config-error.ts";
import { Market, type Quote } from "../demo/market.ts";
import { DEMO_CHANNEL, DEMO_EVENT, DEMO_PATH, demoPages } from "../demo/pages.ts";
import type { App } from "../protocol/app.ts";
import { readArguments } from "./arguments.ts";
import { reachableHost } from "./banner.ts";
import { makeDevelopmentApp } from "./development.ts";
import { complain, paint, type Terminal } from "./terminal.ts";

/** A running server. */
export interface DemoServer {
  readonly port: number;
  /** Publishes an event, given as the body of `POST /events`. */
  readonly publish: (app: App, body: Record<string, unknown>) => void;
  /** Registers `action`, to be called when the server begins to stop. */
  readonly onLeave: (action: () => void) => void;
}

/** Starts the server with additional pages. Null when it could not start, after the error was printed. */
export type StartDemo = (
  config: Config,
  pages: (path: string) => Response | null,
) => Promise<DemoServer | null>;

const FLAGS = { host: "once", port: "once" } as const;
const HOST = "127.0.0.1";
const QUOTES_PER_SECOND = 50;
const TICK_MS = 20;
/** The most quotes that are published at once after the timer was late. The rest is skipped. */
const MAX_QUOTES_PER_TICK = 10;

/** Runs the command. Returns null if the server is running, 1 if it could not start, 2 for wrong arguments. */
export async function runDemo(
  args: readonly string[],
  terminal: Terminal,
  start: StartDemo,
): Promise<number | null> {
  const read = readArguments(args, FLAGS);
  if (read.kind === "error") return complain(terminal, read.message, 2);
  const [surplus] = read.positions;
  if (surplus !== undefined)
    return complain(terminal, `Cannot use "${surplus}": demo takes --port and --host alone`, 2);
  const { host = HOST, port } = read.flags;
  const reading = readConfig({ env: {}, overrides: { host, port } });
  if (reading.kind === "errors") {
    for (const error of reading.errors) complain(terminal, formatConfigErrors([error]), 2);
    return 2;
  }
  const app = makeDemoApp();
  // Metrics are off, since another server on this machine may use their port.
  const config: Config = { ...reading.config, metricsEnabled: false, apps: [app] };
  const [credential] = app.credentials;
  const server = await start(config, demoPages(credential?.key ?? ""));
  if (server === null) return 1;
  server.onLeave(publishQuotes(app, server.publish));
  terminal.write(announcement(terminal, config.host, server.port));
  return null;
}

/** An app whose deltas on the market's channel have the symbol as conflation key. */
function makeDemoApp(): App {
  return {
    ...makeDevelopmentApp((bytes) => crypto.getRandomValues(bytes)),
    channelDelta: [
      {
        pattern: DEMO_CHANNEL,
        enabled: true,
        algorithm: "fossil",
        conflationKey: "symbol",
        maxKeys: null,
        deliverTags: null,
      },
    ],
  };
}

/** Publishes quotes at a constant rate, even if the timer is late. Returns a function that stops it. */
function publishQuotes(app: App, publish: DemoServer["publish"]): () => void {
  const [seed = 0] = crypto.getRandomValues(new Int32Array(1));
  const market = new Market(seed);
  let dueMs = performance.now();
  const timer = setInterval(() => {
    const nowMs = performance.now();
    const missed = ((nowMs - dueMs) * QUOTES_PER_SECOND) / 1000;
    const count = Math.min(Math.floor(missed), MAX_QUOTES_PER_TICK);
    dueMs = missed > MAX_QUOTES_PER_TICK ? nowMs : dueMs + (count * 1000) / QUOTES_PER_SECOND;
    for (let index = 0; index < count; index++) publish(app, eventOf(market.next(Date.now())));
  }, TICK_MS);
  return () => clearInterval(timer);
}

/** A quote as the body of `POST /events`. */
function eventOf(quote: Quote): Record<string, unknown> {
  return {
    name: DEMO_EVENT,
    channel: DEMO_CHANNEL,
    data: JSON.stringify(quote),
    tags: { exchange: quote.exchange },
  };
}

function announcement(terminal: Terminal, host: string, port: number): string {
  const reachable = reachableHost(host);
  const name = reachable.includes(":") && !reachable.startsWith("[") ? `[${reachable}]` : reachable;
  const address = paint(terminal, "cyan", `http://${name}:${port}${DEMO_PATH}`);
  return [
    "",
    `  ${paint(terminal, "bold", "Fanwire demo")}  a simulated market of 20 symbols, ${QUOTES_PER_SECOND} quotes a second`,
    "",
    `  Open   ${address}`,
    `  Stop   Ctrl+C`,
    "",
    "",
  ].join("\n");
}
