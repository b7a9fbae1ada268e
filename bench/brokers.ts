// Brokers for the bench of clusters: a Redis and a NATS server of this machine, each in memory alone.

import { type Daemon, freePort, type Workshop } from "./workshop.ts";

const START_LIMIT_MS = 10_000;

/** A running broker. */
export interface Broker {
  /** What a node must be configured with. */
  readonly adapter: object;
  readonly pid: number;
  /** Ends it. */
  stop(): Promise<void>;
}

/** Starts a Redis server, or returns null if there is none on the path. */
export async function startRedis(workshop: Workshop): Promise<Broker | null> {
  const program = Bun.which("redis-server");
  if (program === null) return null;
  const port = freePort();
  const words = ["--bind", "127.0.0.1", "--port", String(port), "--save", "", "--appendonly", "no"];
  const adapter = { driver: "redis", redis: { host: "127.0.0.1", port } };
  return await start(workshop, [program, ...words], port, adapter);
}

/** Starts a NATS server, or returns null if there is none on the path. */
export async function startNats(workshop: Workshop): Promise<Broker | null> {
  const program = Bun.which("nats-server");
  if (program === null) return null;
  const port = freePort();
  const adapter = { driver: "nats", nats: { servers: [`nats://127.0.0.1:${port}`] } };
  return await start(workshop, [program, "-a", "127.0.0.1", "-p", String(port)], port, adapter);
}

async function start(
  workshop: Workshop,
  command: readonly string[],
  port: number,
  adapter: object,
): Promise<Broker> {
  const daemon = workshop.startDaemon(command, -1);
  await untilListening(daemon, port);
  return {
    adapter,
    pid: daemon.process.pid,
    async stop() {
      daemon.process.kill("SIGKILL");
      await daemon.process.exited;
    },
  };
}

async function untilListening(daemon: Daemon, port: number): Promise<void> {
  for (const end = performance.now() + START_LIMIT_MS; performance.now() < end;) {
    if (daemon.process.exitCode !== null) break;
    try {
      (await Bun.connect({ hostname: "127.0.0.1", port, socket: { data() {} } })).end();
      return;
    } catch {
      // It does not listen yet.
      await Bun.sleep(20);
    }
  }
  const output = (await daemon.output.text()).trim();
  throw new Error(
    `Cannot start a broker: it must listen on port ${port}, and printed: ${output.slice(-1000)}`,
  );
}
