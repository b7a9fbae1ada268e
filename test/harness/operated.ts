// A server as a service manager runs it: with its process id, so that any signal reaches it, and on
// addresses of any kind. What listens on plain TCP and needs SIGTERM alone is startServer's.
import { readFileSync } from "node:fs";
import { EXECUTABLE, makeDirectory, Program } from "./program.ts";
import type { Scope } from "./scope.ts";
import { APP, type Target } from "./server.ts";

/** A server that listens. */
export interface Operated {
  readonly program: Program;
  /** Has the process get the signal. */
  readonly signal: (name: NodeJS.Signals) => void;
}

/** Starts a server with these members of the configuration file, beside the app of these tests, and waits until it listens. */
export async function startOperated(
  scope: Scope,
  config: Readonly<Record<string, unknown>>,
): Promise<Operated> {
  const directory = makeDirectory(scope);
  const file = `${directory}/config.json`;
  await Bun.write(file, JSON.stringify({ host: "127.0.0.1", port: 0, apps: [APP], ...config }));
  // The shell becomes the server: its process id is the server's.
  const become = 'echo $$ >pid; exec "$@"';
  const program = new Program(scope, ["sh", "-c", become, "sh", EXECUTABLE, "--config", file], {
    directory,
  });
  await program.says(/Connections .*\n/);
  const pid = Number(readFileSync(`${directory}/pid`, "utf8"));
  return { program, signal: (name) => void process.kill(pid, name) };
}

/** Where clients find a server that speaks TLS. */
export async function secureTarget({ program }: Operated): Promise<Target> {
  const [, port] = await program.says(/wss:\/\/[^/]+:(\d+)\//);
  return { host: "127.0.0.1", port: Number(port), ...APP };
}

/** Where a server says that its metrics are. */
export async function metricsUrl(program: Program): Promise<string> {
  const [, url = ""] = await program.says(/Metrics\s+(http:\/\/\S+)/);
  return url;
}
