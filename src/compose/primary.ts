// A server with workers: the primary starts them, has the metrics of all, carries their bus, and ends them. It accepts no
// client itself.
import type { Config } from "../config/config.ts";
import type { Log } from "../log/log.ts";
import { primaryMetrics } from "../metrics/primary-metrics.ts";
import { openFileLimit } from "../process/machine.ts";
import { assertFree } from "../transport/listener.ts";
import type { OperatorListener } from "../transport/operators.ts";
import { serveMetrics } from "./operators.ts";
import { shareOf } from "./share.ts";
import { openWorkerBus, type WorkerBus } from "./worker-bus.ts";
import { WorkerFigures } from "./worker-figures.ts";
import { Workers, type WorkerListening } from "./workers.ts";

/** What a primary is started with, besides its configuration. */
export interface PrimarySurroundings {
  readonly log: Log;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly workerCount: number;
  /** A worker ends over and over, so that the server has to end. Not called before the server has started. */
  readonly hopeless: (problem: string) => void;
}

/** Refusing new connects, and the last webhooks, take this much longer than the grace at most. */
const DRAIN_SLACK_MS = 5000;
/** The workers of a primary that was killed, of this server most likely, take so long at most to leave the port. */
const ORPHANS_MS = 2000;
const CHECK_MS = 50;
/** A renewal waits for the clients that are connecting to the former listener. */
const RENEWAL_MS = 10_000;

/** Starts a server with workers. @throws when an address cannot be bound or no worker can run. */
export async function startPrimary(
  config: Config,
  surroundings: PrimarySurroundings,
): Promise<Primary> {
  // The workers share the port with one another, and would share it with any other server as well.
  if (!config.reusePort) await untilFree(config);
  const bus = await openWorkerBus(config, surroundings.env);
  const primary = new Primary(config, surroundings, bus);
  try {
    await primary.start();
    return primary;
  } catch (error) {
    primary.abandon();
    throw error;
  }
}

/** Waits for the port. @throws when another server has it. */
async function untilFree({ host, port }: Config): Promise<void> {
  const deadlineMs = performance.now() + ORPHANS_MS;
  for (;;) {
    try {
      return assertFree({ kind: "tcp", host, port, shared: false, tls: null });
    } catch (error) {
      if (performance.now() > deadlineMs) throw error;
      await Bun.sleep(CHECK_MS);
    }
  }
}

/** A server with workers. */
export class Primary {
  readonly #config: Config;
  readonly #surroundings: PrimarySurroundings;
  readonly #bus: WorkerBus;
  readonly #workers: Workers;
  readonly #figures: WorkerFigures;
  #operators: OperatorListener | null = null;
  #port: number;
  #capacity = 0;
  #isStarted = false;

  constructor(config: Config, surroundings: PrimarySurroundings, bus: WorkerBus) {
    const { log, workerCount } = surroundings;
    this.#config = config;
    this.#surroundings = surroundings;
    this.#port = config.port;
    this.#bus = bus;
    this.#workers = new Workers({
      log,
      startOrder: (worker) => ({
        kind: "start",
        worker,
        config: {
          ...shareOf(config, workerCount, this.#port),
          // One that is started anew must not end because the broker is away, which the others survive.
          waitForBroker: config.waitForBroker || this.#isStarted,
        },
        ...this.#bus.invite(worker),
      }),
      ended: (worker) => {
        this.#bus.ended(worker.number);
        this.#figures.ended(worker);
      },
      hopeless: (problem) => {
        if (this.#isStarted) surroundings.hopeless(problem);
      },
    });
    this.#figures = new WorkerFigures(this.#workers, log);
  }

  get port(): number {
    return this.#port;
  }

  /** The port of the metrics, or null when they are off. */
  get metricsPort(): number | null {
    return this.#operators?.port ?? null;
  }

  /** Connections that all workers together can hold. */
  get capacity(): number {
    return this.#capacity;
  }

  /** Starts the workers. Rejects when one cannot listen. */
  async start(): Promise<void> {
    const { workerCount } = this.#surroundings;
    const first = this.#workers.add();
    // The first one chooses the port for all.
    if (this.#port === 0) this.#port = (await first).port;
    const others = Array.from({ length: workerCount - 1 }, () => this.#workers.add());
    this.#capacity = capacityOf(this.#config, await Promise.all([first, ...others]));
    this.#operators = this.#serveMetrics();
    this.#isStarted = true;
  }

  /** Has all workers load the certificate's files again. Rejects when one of them cannot. */
  async renewCertificate(): Promise<void> {
    const workers = this.#workers;
    const answers = await Promise.all(
      workers.listening.map(async (worker) => {
        const answer = await workers.ask(
          worker,
          (question) => ({ kind: "renew", question }),
          RENEWAL_MS,
        );
        if (answer?.kind === "renewed") return answer.failure;
        const isThere = workers.listening.includes(worker);
        return isThere ? `worker ${worker.number} does not answer` : null;
      }),
    );
    const failures = new Set(answers.filter((failure) => failure !== null));
    if (failures.size > 0) throw new Error([...failures].join("; "));
  }

  /** Ends all workers in order. */
  async stop(): Promise<void> {
    const { log } = this.#surroundings;
    const { reusePort, shutdownDelayMs, shutdownGracePeriodMs } = this.#config;
    log.info("stopping", { workers: this.#workers.listening.length });
    await this.#workers.drain(reusePort, shutdownDelayMs + shutdownGracePeriodMs + DRAIN_SLACK_MS);
    await this.#operators?.stop();
    this.#bus.close();
    log.info("stopped");
  }

  /** Ends all workers at once. */
  abandon(): void {
    this.#workers.kill();
    this.#bus.close();
  }

  #serveMetrics(): OperatorListener | null {
    const metrics = primaryMetrics(this.#config.metricsPrefix, openFileLimit(), {
      workerCount: () => this.#workers.listening.length,
      restartCount: () => this.#workers.restartCount,
      unansweredCount: () => this.#figures.unansweredCount,
      router: this.#bus.figures,
    });
    return serveMetrics(this.#config, () => this.#figures.collect(metrics));
  }
}

/** Shares are rounded up, so that their sum may be more than all may have. */
function capacityOf({ maxConnections }: Config, all: readonly WorkerListening[]): number {
  return Math.min(
    maxConnections,
    all.reduce((sum, { capacity }) => sum + capacity, 0),
  );
}
