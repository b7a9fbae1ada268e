// A server to measure: Fanwire, another server given by its command or process id, or the bare Bun
// server for reference. Only its port and its processes are known.

import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Options } from "./options.ts";
import { APP } from "./sign.ts";
import { type Daemon, freePort, type Workshop } from "./workshop.ts";

const START_LIMIT_MS = 20_000;
const EXECUTABLE = join(import.meta.dir, "../dist/fanwire");

/** A running server. */
export interface Target {
  readonly name: string;
  readonly port: number;
  readonly pids: readonly number[];
  /** Ends the server, if it was started here. */
  stop(): Promise<void>;
}

/** Starts the servers that are measured in alternate rounds: the server under test, and if the options say so, the baseline and the bare Bun server.
 *
 * @throws if one of them does not answer within twenty seconds. */
export async function startServers(workshop: Workshop, options: Options): Promise<Target[]> {
  const { baseline, bare } = options;
  const servers = [await startServer(workshop, options)];
  if (baseline !== undefined) servers.push(await startExecutable(workshop, "baseline", baseline));
  if (bare) servers.push(await startBare(workshop));
  return servers;
}

/** Starts the server under test, or takes the running one that the options name.
 *
 * @throws if it does not answer within twenty seconds. */
export async function startServer(workshop: Workshop, options: Options): Promise<Target> {
  const { port, pids, server } = options;
  if (port !== undefined) return { name: "server", port, pids, async stop() {} };
  if (server.length > 0) {
    const free = freePort();
    const command = server.map((word) => word.replaceAll("{port}", String(free)));
    return await start(workshop, "server", command, free);
  }
  return await startExecutable(workshop, "fanwire", EXECUTABLE);
}

/** Starts Fanwire with so many workers, or another release of it.
 *
 * @throws if it does not answer within twenty seconds. */
export async function startWorkers(
  workshop: Workshop,
  count: number,
  baseline?: string,
): Promise<Target> {
  const name = `${baseline === undefined ? "" : "baseline, "}${count === 1 ? "1 process" : `${count} workers`}`;
  const executable = baseline ?? EXECUTABLE;
  return await startExecutable(workshop, name, executable, ["--workers", String(count)]);
}

/** Starts Fanwire with these arguments.
 *
 * @throws if it does not answer within twenty seconds. */
export async function startFanwire(
  workshop: Workshop,
  name: string,
  args: readonly string[],
): Promise<Target> {
  return await startExecutable(workshop, name, EXECUTABLE, args);
}

async function startExecutable(
  workshop: Workshop,
  name: string,
  executable: string,
  args: readonly string[] = [],
): Promise<Target> {
  if (!existsSync(executable))
    throw new Error(
      `Cannot start the server "${executable}": it does not exist, it must be built first, or another named with --server`,
    );
  const port = freePort();
  const app = `${APP.id}:${APP.key}:${APP.secret}`;
  const command = [executable, "serve", "--host", "127.0.0.1", "--port", String(port)];
  return await start(workshop, name, [...command, "--app", app, ...args], port);
}

/** Starts the bare Bun server.
 *
 * @throws if it does not answer within twenty seconds. */
async function startBare(workshop: Workshop): Promise<Target> {
  const port = freePort();
  const command = [process.execPath, join(import.meta.dir, "bare.ts"), String(port)];
  return await start(workshop, "bare Bun", command, port);
}

async function start(
  workshop: Workshop,
  name: string,
  command: readonly string[],
  port: number,
): Promise<Target> {
  const daemon = workshop.startDaemon(command, workshop.serverCore);
  await untilAnswering(daemon, command, port);
  return {
    name,
    port,
    pids: [daemon.process.pid],
    async stop() {
      daemon.process.kill("SIGTERM");
      // A server may take long to drain its sockets; no client is left that would notice a kill.
      const timer = setTimeout(() => daemon.process.kill("SIGKILL"), 2000);
      await daemon.process.exited;
      clearTimeout(timer);
    },
  };
}

async function untilAnswering(
  daemon: Daemon,
  command: readonly string[],
  port: number,
): Promise<void> {
  for (const end = performance.now() + START_LIMIT_MS; performance.now() < end;) {
    if (daemon.process.exitCode !== null || daemon.process.signalCode !== null) break;
    if (await answers(port)) return;
    await Bun.sleep(50);
  }
  const output = (await daemon.output.text()).trim();
  daemon.process.kill("SIGKILL");
  throw new Error(
    `Cannot start the server "${command.join(" ")}": it must answer on port ${port}, and printed: ${output.slice(-2000)}`,
  );
}

// Any answer will do, since servers differ in the paths that they serve.
async function answers(port: number): Promise<boolean> {
  try {
    await fetch(`http://127.0.0.1:${port}/`, { signal: AbortSignal.timeout(1000) });
    return true;
  } catch (error) {
    if (
      error instanceof Error &&
      ["ECONNREFUSED", "ConnectionRefused", "TimeoutError"].includes(codeOf(error))
    )
      return false;
    throw error;
  }
}

function codeOf(error: Error): string {
  return "code" in error && typeof error.code === "string" ? error.code : error.name;
}
