// The server that is to stand: the executable with metrics, its process id and, where a test wants
// that, few open files. Every test of this folder ends by asking whether this process is still well.
import { expect } from "bun:test";
import { EXECUTABLE, makeDirectory, Program } from "./program.ts";
import type { Scope } from "./scope.ts";
import { APP, httpUrl, portOf, type Server, type ServerSettings } from "./server.ts";

/** A server that listens, and where its figures are. */
export interface Victim extends Server {
  /** Of the server's own process: the shell that has set its limits has become it. */
  readonly pid: number;
  readonly metricsPort: number;
}

/** What differs from the configuration of these tests. */
export interface VictimSettings extends Omit<ServerSettings, "port"> {
  /** Files that the process may have open, soft and hard. */
  readonly openFiles?: number;
  /** The file that its log goes to, instead of `program.stderr`. */
  readonly logTo?: string;
}

const HOST = "127.0.0.1";

/** Starts a server and waits until it listens. */
export async function startVictim(scope: Scope, settings: VictimSettings = {}): Promise<Victim> {
  const directory = makeDirectory(scope);
  const file = `${directory}/config.json`;
  await Bun.write(
    file,
    JSON.stringify({
      host: HOST,
      port: 0,
      metrics: { enabled: true, port: 0 },
      apps: [{ ...APP, enable_client_messages: true, ...settings.app }],
      ...settings.config,
    }),
  );
  const limit = settings.openFiles === undefined ? "" : `ulimit -n ${settings.openFiles}; `;
  const { logTo } = settings;
  const log = logTo === undefined ? "" : ' 2>"$2"';
  const script = `${limit}echo "process $$"; exec "$0" --config "$1"${log}`;
  const program = new Program(scope, ["sh", "-c", script, EXECUTABLE, file, logTo ?? ""], {
    directory,
  });
  const port = await portOf(program);
  const [, metricsPort] = await program.says(/(?:Metrics +http:\/\/[^/]+:|"metrics_port":)(\d+)/);
  const [, pid] = await program.says(/^process (\d+)$/m);
  return {
    program,
    host: HOST,
    port,
    ...APP,
    pid: Number(pid),
    metricsPort: Number(metricsPort),
  };
}

/** What the server says when something has happened that it was not written for. */
const SURPRISE = /unexpected error|uncaught exception|unhandled rejection|metric left out/;

/** Checks that the server is alive and answers, and that nothing of what was done to it was a surprise to it. */
export async function expectWell(victim: Victim): Promise<void> {
  expect((await fetch(httpUrl(victim, "/"))).status).toBe(200);
  expect(victim.program.stderr).not.toMatch(SURPRISE);
}
