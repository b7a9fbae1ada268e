// The program: reads the command line, starts what it asks for and ends it on a signal.
import manifest from "../package.json" with { type: "json" };
import { banner } from "./cli/banner.ts";
import { runConfig } from "./cli/config.ts";
import { announceDevelopment } from "./cli/development.ts";
import { HELP } from "./cli/help.ts";
import { runPublish } from "./cli/publish.ts";
import { readServeSettings, type ServeSettings } from "./cli/serve.ts";
import { runTail } from "./cli/tail.ts";
import type { Target } from "./cli/snippets.ts";
import type { Terminal } from "./cli/terminal.ts";
import { type Node, startNode } from "./wire.ts";

const terminal: Terminal = {
  env: process.env,
  colour: process.stdout.isTTY && !process.env["NO_COLOR"],
  write: (text) => void process.stdout.write(text),
  writeError: (text) => void process.stderr.write(text),
};

const [command = "serve", ...rest] = process.argv.slice(2);
// A server runs until a signal ends it; every other command ends with its code.
const code = await run(command, rest);
if (code !== null) process.exit(code);

async function run(name: string, args: readonly string[]): Promise<number | null> {
  switch (name) {
    case "--help":
    case "-h":
    case "help":
      terminal.write(HELP);
      return 0;
    case "--version":
    case "version":
      terminal.write(`${manifest.version}\n`);
      return 0;
    case "publish":
      return runPublish(args, terminal);
    case "tail":
      return runTail(args, terminal);
    case "config":
      return runConfig(args, terminal);
    case "serve":
      return serve(args);
    default:
      return serve([name, ...args]);
  }
}

async function serve(args: readonly string[]): Promise<number | null> {
  const settings = await readServeSettings(args, terminal);
  if (settings === null) return 2;
  const node = start(settings);
  if (node === null) return 1;
  const target = settings.development ? developmentTarget(settings, node) : null;
  const forget =
    target === null
      ? () => {}
      : announceDevelopment(terminal.env, node.port, credentialsOf(target));
  terminal.write(
    banner(terminal, {
      version: manifest.version,
      startMs: Date.now() - performance.timeOrigin,
      host: settings.config.host,
      port: node.port,
      pathPrefix: settings.config.pathPrefix,
      apps: settings.config.apps.length,
      capacity: node.capacity,
      development: target,
    }),
  );
  endOnSignal(node, forget);
  return null;
}

function start({ config }: ServeSettings): Node | null {
  try {
    return startNode(config, (error) =>
      terminal.writeError(`Unexpected error: ${describe(error)}\n`),
    );
  } catch (error) {
    terminal.writeError(`Cannot listen on ${config.host}:${config.port}: ${describe(error)}\n`);
    return null;
  }
}

/** The first signal sends the clients elsewhere and ends in order; the second ends at once. */
function endOnSignal(node: Node, forget: () => void): void {
  let ending = false;
  const end = async (): Promise<void> => {
    forget();
    if (ending) process.exit(1);
    ending = true;
    await node.stop();
    process.exit(0);
  };
  process.on("SIGTERM", () => void end());
  process.on("SIGINT", () => void end());
}

function developmentTarget({ config }: ServeSettings, node: Node): Target | null {
  const [app] = config.apps;
  const [credential] = app?.credentials ?? [];
  if (app === undefined || credential === undefined) return null;
  const everywhere = config.host === "0.0.0.0" || config.host === "::";
  return {
    host: everywhere ? "127.0.0.1" : config.host,
    port: node.port,
    pathPrefix: config.pathPrefix,
    id: app.id,
    ...credential,
  };
}

function credentialsOf({
  host,
  port,
  pathPrefix,
  id,
  key,
  secret,
}: Target): Parameters<typeof announceDevelopment>[2] {
  return { url: `http://${host}:${port}${pathPrefix}`, id, key, secret };
}

function describe(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
