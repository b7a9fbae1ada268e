// A server with workers: the primary starts them, has the metrics of all, carries their bus, and ends them. It accepts no
// client itself.
import { join } from "node:path";
import { Router } from "../cluster/local/router.ts";
import type { Config } from "../config/config.ts";
import type { Log } from "../log/log.ts";
import { reasonOf } from "../log/reason.ts";
import { primaryMetrics } from "../metrics/primary-metrics.ts";
import { openFileLimit } from "../process/machine.ts";
import { makePrivateFolder, removePrivateFolder } from "../process/private-folder.ts";
import { assertFree } from "../transport/listener.ts";
import type { OperatorListener } from "../transport/operators.ts";
import { serveMetrics } from "./operators.ts";
import { StartError } from "./start-error.ts";
import { shareOf } from "./share.ts";
import { WorkerFigures } from "./worker-figures.ts";
import type { Order } from "./worker-messages.ts";
import { type Listening, type Worker, Workers } from "./workers.ts";

/** A server with workers that listens. */
export interface RunningPrimary {
  readonly port: number;
  readonly metricsPort: number | null;
  /** Connections that all workers can hold. */
  readonly capacity: number;
  /** All workers load the certificate's files again. @throws when one of them cannot. */
  readonly renewCertificate: () => Promise<void>;
  /** Ends all workers in order. */
  readonly stop: () => Promise<void>;
  /** Ends all workers at once. */
  readonly abandon: () => void;
}

/** What a primary is started with, besides its configuration. */
export interface PrimarySurroundings {
  readonly log: Log;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly workerCount: number;
  /** A worker ends over and over, so that the server has to end. Called once at most, and only after the start. */
  readonly hopeless: (problem: string) => void;
}

/** Refusing new connects, and the last webhooks, take this much longer than the grace at most. */
const DRAIN_SLACK_MS = 5000;
/** A renewal waits for the clients that are connecting to the former listener. */
const RENEWAL_MS = 10_000;
const SOCKET = "bus";

/** Starts a server with workers. @throws when an address cannot be bound or no worker can run. */
export async function startPrimary(
  config: Config,
  surroundings: PrimarySurroundings,
): Promise<RunningPrimary> {
  const { log, workerCount } = surroundings;
  // The workers share the port with one another, and would share it with any other server as well.
  if (!config.reusePort)
    assertFree({ kind: "tcp", host: config.host, port: config.port, shared: false, tls: null });
  const bus = openLocalBus(config, surroundings);
  const share = shareOf(config, workerCount, config.port);
  let port = config.port;
  let hopeless = (_problem: string): void => {};
  const workers: Workers = new Workers({
    log,
    startOrder: (worker) => bus.startOrder(worker, { ...share, port }),
    ended(worker) {
      bus.ended(worker);
      figures.ended(worker);
    },
    hopeless: (problem) => hopeless(problem),
  });
  const figures = new WorkerFigures(workers, log);
  let operators: OperatorListener | null = null;
  const abandon = (): void => {
    workers.kill();
    bus.close();
  };
  try {
    const first = workers.add();
    // The first one chooses the port for all.
    if (port === 0) port = (await first).port;
    const others = Array.from({ length: workerCount - 1 }, () => workers.add());
    const all = await Promise.all([first, ...others]);
    const metrics = primaryMetrics(config.metricsPrefix, openFileLimit(), {
      workerCount: () => workers.listening.length,
      restartCount: () => workers.restartCount,
      unansweredCount: () => figures.unansweredCount,
      router: bus.figures,
    });
    operators = serveMetrics(config, () => figures.collect(metrics));
    hopeless = surroundings.hopeless;
    return {
      port,
      metricsPort: operators?.port ?? null,
      capacity: capacityOf(config, all),
      renewCertificate: () => renewAll(workers),
      async stop() {
        log.info("stopping", { workers: workers.listening.length });
        await workers.drain(config.shutdownDelayMs + config.shutdownGracePeriodMs + DRAIN_SLACK_MS);
        await operators?.stop();
        bus.close();
        log.info("stopped");
      },
      abandon,
    };
  } catch (error) {
    abandon();
    throw error;
  }
}

/** The bus between the workers, where no broker is configured. */
interface LocalBus {
  readonly startOrder: (worker: number, config: Config) => Order;
  readonly ended: (worker: Worker) => void;
  readonly figures: (() => Router["figures"]) | null;
  readonly close: () => void;
}

function openLocalBus(config: Config, { env }: PrimarySurroundings): LocalBus {
  if (config.adapterDriver !== "local")
    return {
      startOrder: (worker, share) => ({
        kind: "start",
        worker,
        config: share,
        bus: null,
        folder: null,
      }),
      ended() {},
      figures: null,
      close() {},
    };
  const folder = folderOf(env);
  const path = join(folder, SOCKET);
  const router = new Router(path);
  /** By the number of the worker. */
  const tokens = new Map<number, string>();
  return {
    startOrder(worker, share) {
      const token = router.invite();
      tokens.set(worker, token);
      return { kind: "start", worker, config: share, bus: { path, token }, folder };
    },
    ended({ number }) {
      const token = tokens.get(number);
      tokens.delete(number);
      if (token !== undefined) router.ended(token);
    },
    figures: () => router.figures,
    close() {
      router.close();
      removePrivateFolder(folder);
    },
  };
}

function folderOf(env: PrimarySurroundings["env"]): string {
  try {
    return makePrivateFolder(env, SOCKET);
  } catch (error) {
    throw new StartError(reasonOf(error), { cause: error });
  }
}

async function renewAll(workers: Workers): Promise<void> {
  const answers = await Promise.all(
    workers.listening.map(async (worker) => {
      const answer = await workers.ask(
        worker,
        (question) => ({ kind: "renew", question }),
        RENEWAL_MS,
      );
      if (answer?.kind === "renewed") return answer.failure;
      return workers.listening.includes(worker) ? `worker ${worker.number} does not answer` : null;
    }),
  );
  const failures = new Set(answers.filter((failure) => failure !== null));
  if (failures.size > 0) throw new Error([...failures].join("; "));
}

/** Shares are rounded up, so that their sum may be more than all may have. */
function capacityOf({ maxConnections }: Config, all: readonly Listening[]): number {
  return Math.min(
    maxConnections,
    all.reduce((sum, { capacity }) => sum + capacity, 0),
  );
}
