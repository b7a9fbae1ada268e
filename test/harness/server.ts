// Starts the server under test: the compiled executable, always by `launch`, so that another form of
// running it is another row of one table.
import { EXECUTABLE, makeDirectory, Program, type Surroundings } from "./program.ts";
import type { Scope } from "./scope.ts";
import { APP, type Target } from "./target.ts";

/** The ways in which a server runs: as one process, or as two workers with their primary. */
type Form = "alone" | "workers";

/** The command line of a server in each form. */
const FORMS: Readonly<Record<Form, (args: readonly string[]) => readonly string[]>> = {
  alone: (args) => [EXECUTABLE, ...args],
  // The demo is one process always.
  workers: (args) => [EXECUTABLE, ...args, ...(args[0] === "demo" ? [] : ["--workers", "2"])],
};

/** The form of all servers of this run. */
export const FORM: Form = formOf(process.env["FANWIRE_TEST_FORM"] ?? "alone");

function formOf(name: string): Form {
  if (name === "alone" || name === "workers") return name;
  throw new Error(
    `Cannot test in form "${name}": FANWIRE_TEST_FORM must be one of ${Object.keys(FORMS).join(", ")}`,
  );
}

/** Where, with what and under which limits a server runs. */
export interface Launch extends Surroundings {
  /** Files that the process may have open, soft and hard. */
  readonly openFiles?: number;
  /** The file that standard error, and with it the log, goes to. */
  readonly logTo?: string;
  /** The file that standard output goes to. */
  readonly outputTo?: string;
}

/** Starts a server with these arguments, and does not wait for it. */
export function launch(scope: Scope, args: readonly string[], settings: Launch): Program {
  const { openFiles, logTo, outputTo } = settings;
  const command = FORMS[FORM](args);
  if (openFiles === undefined && logTo === undefined && outputTo === undefined)
    return new Program(scope, command, settings);
  const limit = openFiles === undefined ? "" : `ulimit -n ${openFiles}; `;
  const output = outputTo === undefined ? "" : ` >'${outputTo}'`;
  const log = logTo === undefined ? "" : ` 2>'${logTo}'`;
  // The shell becomes the server: its process id is the server's.
  const script = `${limit}exec "$0" "$@"${output}${log}`;
  return new Program(scope, ["sh", "-c", script, ...command], settings);
}

/** The port for clients and the port of the metrics. */
export interface Ports {
  /** 0 for a server that listens on a Unix socket. */
  readonly port: number;
  /** 0 when there are no metrics. */
  readonly metricsPort: number;
}

/** Waits until a server says that it listens, on its screen or in its log. */
export async function listening(program: Program): Promise<Ports> {
  await program.says(/Connections .*\n|"msg":"listening".*\n/);
  const said = program.stdout + program.stderr;
  const number = (pattern: RegExp): number => Number(pattern.exec(said)?.[1] ?? 0);
  return {
    port: number(/(?:wss?:\/\/[^/]+:|"port":)(\d+)/),
    metricsPort: number(/(?:Metrics +http:\/\/[^/]+:|"metrics_port":)(\d+)/),
  };
}

/** A server that listens. */
export interface Server extends Target, Ports {
  readonly program: Program;
}

/** What differs from the configuration of these tests. */
export interface ServerSettings extends Pick<Launch, "openFiles" | "logTo"> {
  /** A port that is known to be free; by default any. */
  readonly port?: number;
  /** Members of the app's group in the configuration file. Client events are on unless turned off here. */
  readonly app?: Readonly<Record<string, unknown>>;
  /** Members of the configuration file. Metrics are on unless they are overridden here. */
  readonly config?: Readonly<Record<string, unknown>>;
}

const HOST = "127.0.0.1";

/** Starts a server and waits until it listens. */
export async function startServer(
  scope: Scope,
  { port = 0, app, config, ...limits }: ServerSettings = {},
): Promise<Server> {
  const directory = makeDirectory(scope);
  const file = `${directory}/config.json`;
  await Bun.write(
    file,
    JSON.stringify({
      host: HOST,
      port,
      metrics: { enabled: true, port: 0 },
      apps: [{ ...APP, enable_client_messages: true, ...app }],
      ...config,
    }),
  );
  const program = launch(scope, ["--config", file], { directory, ...limits });
  return { program, host: HOST, ...APP, ...(await listening(program)) };
}
